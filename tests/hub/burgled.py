"""A hub with two seats for a burglar to try: who is robbed has answered and handed in, the trainer has collected."""

from __future__ import annotations

import json
import sqlite3
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from singmuk.desk.secret import Secret
from tests.hub.seated import Seat, as_account
from tests.hub.site import Running, hosted
from tests.hub.visitors import ITEM, NAME

#: The tester may these as well, to show that what is refused to a seat is there.
CONFIG = """
c.JupyterHub.load_roles.append({"name": "more", "services": ["tester"], "scopes": ["shares", "shutdown"]})
"""
#: What the victim has said, and their answer is a part of it.
SAID = "only-my-own-eyes-4711"
#: What the attacker leaves in their home before the seat starts: each says so when it is read.
SETTINGS = """\
from pathlib import Path
with (Path.home() / "read.txt").open("a") as file:
    file.write(__file__ + "\\n")
c.ServerApp.terminals_enabled = True
c.ServerApp.jpserver_extensions = {"jupyter_server_terminals": True, "nbgrader.server_extensions.formgrader": True}
c.KernelManager.transport_encryption = "disabled"
"""
SWITCHES = '{"ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": true}}}'
PLACES = {
    ".jupyter/jupyter_server_config.py": SETTINGS,
    ".jupyter/jupyter_config.py": SETTINGS,
    ".jupyter/jupyter_server_config.d/zzz.json": SWITCHES,
    ".local/etc/jupyter/jupyter_server_config.py": SETTINGS,
    "jupyter_server_config.py": SETTINGS,
    "singmuk/jupyter_server_config.py": SETTINGS,
}
REFUSED = {"EACCES", "EPERM"}
#: What of a colleague's is theirs alone.
OWN = {
    "the home": lambda seat: seat.home,
    "the exercises": lambda seat: seat.home / "singmuk",
    "a notebook": lambda seat: seat.home / "singmuk" / NAME / f"{NAME}.ipynb",
    "the answers": lambda seat: seat.home / "singmuk" / NAME / "responses.json",
    "a receipt": lambda seat: next((seat.home / "singmuk" / NAME).glob("receipt*")),
    "Jupyter's data": lambda seat: seat.home / ".local" / "share" / "jupyter",
    "Jupyter's runtime": lambda seat: seat.connection.parent,
    "the kernel's keys": lambda seat: seat.connection,
    "the server's file": lambda seat: next(seat.connection.parent.glob("jpserver-*.json")),
    "IPython's history": lambda seat: seat.home / ".ipython",
    "the server's environment": lambda seat: f"/proc/{seat.pid}/environ",
    "the server's memory map": lambda seat: f"/proc/{seat.pid}/maps",
    "the server's files": lambda seat: f"/proc/{seat.pid}/fd",
    "the server's folder": lambda seat: f"/proc/{seat.pid}/cwd",
    "the kernel's environment": lambda seat: f"/proc/{seat.processes(seat.kernel)[0]}/environ",
    "what is left in /tmp": lambda seat: f"/tmp/notes-of-{seat.name}",
}
#: What of the course is for its services' account alone.
COURSE = (
    ".", "assignments", "nbgrader_config.py", "scenarios", f"scenarios/{ITEM}.yml", "solutions", "source",
    f"source/{NAME}/{NAME}.ipynb", "state", "state/desk.db", "state/desk.secret", "state/gradebook.db", "state/intake",
    "state/submitted",
)  # fmt: skip
#: What is the hub's alone.
HUB = (
    "hub",
    "hub/hub.sqlite",
    "hub/cookie-secret",
    "hub/site.json",
    "hub/jupyterhub_config.py",
    "logs",
    "logs/hub.log",
)
#: What of the hub's API is the attacker's own, and yet not for the token in their seat.
MINE = [
    ("GET", "users/{attacker}/tokens"), ("POST", "users/{attacker}/tokens"), ("PATCH", "users/{attacker}"),
    ("POST", "users/{attacker}/server"), ("DELETE", "users/{attacker}/server"), ("DELETE", "users/{attacker}"),
    ("POST", "users/{attacker}/servers/second"), ("POST", "groups/singmuk-trainers/users"), ("GET", "services"),
    ("GET", "shares/{attacker}/"), ("POST", "shares/{attacker}/"), ("POST", "share-codes/{attacker}/"),
]  # fmt: skip
#: What the tester changes by the same API, to show that it can be changed.
CHANGES = [
    ("POST", "users/evil", {}), ("PATCH", "users/evil", {"admin": False}), ("POST", "users/evil/tokens", {}),
    ("POST", "groups/evil", {}), ("POST", "groups/evil/users", {"users": ["evil"]}), ("DELETE", "groups/evil", {}),
    ("DELETE", "users/evil", {}), ("POST", "proxy", {}),
]  # fmt: skip
PAGES = {"room": ("",), "grader": ("formgrader/manage_assignments", "formgrader/api/assignments")}
#: What a seat does not answer; a plain Jupyter with nbgrader beside it does.
SWITCHED_OFF = [
    ("GET", "api/terminals"), ("POST", "api/terminals"), ("GET", "formgrader/manage_assignments"),
    ("GET", "formgrader/api/assignments"), ("GET", "courses"), ("GET", "assignments"), ("GET", "formgraders"),
    ("GET", "nbgrader_version"),
]  # fmt: skip
#: What a page of JupyterLab's in a seat does not load, whatever its owner switches on.
LOCKED = {"@jupyter/nbgrader", "@jupyterlab/extensionmanager-extension", "@jupyterlab/terminal-extension"}


def _plant(home: str) -> None:
    for name, text in PLACES.items():
        path = Path(home, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def site():
    with hosted(people=2, auditors=0, config=CONFIG) as running:
        as_account(running.participants[0], _plant, running.home(running.participants[0]))
        for name in running.participants:  # both at once: each takes seconds
            assert running.ask("POST", f"users/{name}/server").status_code in (201, 202)
        yield running


@pytest.fixture(scope="module")
def attacker(site: Running) -> Seat:
    return Seat(site, site.participants[0])


@pytest.fixture(scope="module")
def victim(site: Running) -> Seat:
    """Give a seat whose owner has answered and handed in, as the notebook does it."""
    seat = Seat(site, site.participants[1])
    told = seat.run(f"""
        import os, pathlib
        os.chdir(pathlib.Path.home() / "singmuk" / {NAME!r})
        from singmuk import finish, notebook
        here = notebook._sitting()
        live = here.show({ITEM!r})
        live.response = live.item["choices"][0]["id"]
        panel = finish.Finish(here)
        panel._asked({{"do": "hand-in"}})
        pathlib.Path("/tmp", "notes-of-" + {seat.name!r}).write_text({SAID!r})
        answer = panel.message["words"]["en"]
    """)
    assert "Handed in: 1 of 11 answered" in told, told
    assert "1 new" in site.run("collect", NAME)
    yield seat
    Path("/tmp", f"notes-of-{seat.name}").unlink()


def settings_server(port: int) -> str:
    """Return code that starts a server of Jupyter's own, with no settings of ours, and waits until it answers."""
    return textwrap.dedent(f"""
        import os, pathlib, subprocess, sys, time, httpx
        kept = {{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY", "SINGMUK"))}}
        options = ["--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=mine"]
        plain = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser", *options], env=kept, cwd=pathlib.Path.home(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            try:
                answer = httpx.get("http://127.0.0.1:{port}/api", timeout=5).status_code
                break
            except httpx.HTTPError:
                time.sleep(0.1)
    """)


def secrets_of(site: Running, victim: Seat) -> dict[str, str]:
    """Return every secret of the site's but the attacker's."""
    keys = json.loads(victim.connection.read_text(encoding="utf-8"))
    found = {f"token of {part}": value for part, value in site.hosted.tokens.items()}
    found |= {name: keys[name] for name in ("key", "curve_publickey", "curve_secretkey")}
    found |= {"proxy": site.site.proxy_token, "tester": site.token, "password": site.password}
    found["cookies"] = (site.folder / "hub" / "cookie-secret").read_text(encoding="utf-8").strip()
    found["desk"] = (site.course / "state" / "desk.secret").read_text(encoding="utf-8").strip()
    return found | {"victim": victim.token}


def forged(site: Running, name: str = "") -> list[dict[str, str]]:
    """Return headers that a front would set, or that might say who somebody is: *name*, or a trainer."""
    name = name or site.trainers[0]
    host = site.address.split("/")[2]
    people = ("x-forwarded-user", "x-remote-user", "remote-user", "x-jupyterhub-user", "x-singmuk-participant")
    return [
        {"host": host},
        {"host": host, "x-forwarded-for": "127.0.0.1", "x-forwarded-host": host, "x-forwarded-proto": "https"},
        {"host": host, **dict.fromkeys(people, name)},
        {"host": host, "x-original-url": "/healthz", "x-rewrite-url": "/healthz", "x-http-method-override": "GET"},
        {"host": "localhost"},
    ]


def number_of(site: Running, seat: Seat) -> str:
    """Return the number under which the desk knows the owner of the *seat*."""
    return Secret((site.course / "state" / "desk.secret").read_text(encoding="ascii").strip()).number(seat.name)


def disabled(page: str) -> list[str]:
    """Return which extensions JupyterLab leaves out, as its *page* says."""
    text = page.partition('id="jupyter-config-data" type="application/json">')[2].partition("</script>")[0]
    found: list[str] = json.loads(text)["disabledExtensions"]
    return found


def handed_in(site: Running) -> list[tuple[str, ...]]:
    """Return what the desk holds of every hand-in: whose, its number, its fingerprint."""
    with closing(sqlite3.connect(f"file:{site.course / 'state' / 'desk.db'}?mode=ro", uri=True)) as database:
        return database.execute("select participant, number, sha256, content from handins order by id").fetchall()


def speak(victim: Seat) -> None:
    """Have the kernel of *victim* say what is theirs."""
    victim.run(f"for _ in range(5): print({SAID!r})")


def listening(seat: Seat, port: int, *guesses: tuple[Any, ...]) -> None:
    """Have *seat* listen at *port* with each of *guesses*, in threads: its kernel, or another's, speaks meanwhile."""
    seat.run(f"""
        import threading, time
        heard = []
        def listen(guess):
            heard.append(overhear({port}, 3, *guess))
        ears = [threading.Thread(target=listen, args=(guess,)) for guess in {guesses!r}]
        for one in ears:
            one.start()
        time.sleep(1)
    """)


def heard(seat: Seat) -> list[str]:
    """Return what *seat* has heard, for each guess."""
    found: list[str] = seat.run("for one in ears: one.join()\nanswer = heard")
    return found
