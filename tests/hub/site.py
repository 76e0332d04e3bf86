"""A real hub for tests: JupyterHub, configurable-http-proxy, desk, and seats with uids of their own.

with hosted(people=2) as site:
    site.participants, site.trainers, site.auditors   # names; each is an account of this machine too
    site.password                                     # everybody's
    site.address, site.desk                           # where a browser goes
    site.ask("GET", "users")                          # the hub's API as an administrator's service
    site.run("collect")                               # a command of the trainer's, on the course
    site.stop("hub"), site.start("hub")               # also: proxy, desk
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from singmuk.hub import proxy, services, stored
from singmuk.hub.names import ROLES, Campaign, Part
from singmuk.hub.site import Hosted, Limits, Site
from singmuk.serving import free_port
from tests.conftest import ROOT
from tests.desk_processes import clean
from tests.hub import ground, view
from tests.hub.people import accounts, require_root
from tests.hub.tls import Certificate

#: Seconds for a program to answer, and to end.
PATIENCE, LEAVE = 90, 30
CONFIG = """\
import os
from pathlib import Path
from singmuk.hub import stored
from singmuk.hub.configure import configure

c = get_config()
configure(c, stored.read(Path(os.environ[stored.VARIABLE])))
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.JupyterHub.services.append({{"name": "tester", "api_token": {token!r}}})
c.JupyterHub.load_roles.append({{"name": "tester", "services": ["tester"], "scopes": {scopes!r}}})
"""
SCOPES = [
    *("admin:users", "admin:servers", "admin:groups", "tokens"),
    *("list:services", "read:services", "read:hub", "proxy"),
]


@dataclass
class Running:
    """A hub with everything that belongs to it."""

    site: Site
    hosted: Hosted
    folder: Path
    password: str
    token: str
    people: Mapping[str, list[str]]
    staff: str
    jupyterhub: Path | None
    environment: dict[str, str]
    certificate: Certificate | None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def participants(self) -> list[str]:
        """Return the names of the participants."""
        return self.people["participants"]

    @property
    def trainers(self) -> list[str]:
        """Return the names of the trainers."""
        return self.people["trainers"]

    @property
    def auditors(self) -> list[str]:
        """Return the names of the auditors."""
        return self.people["auditors"]

    @property
    def address(self) -> str:
        """Return where a browser finds the hub, with a slash at its end."""
        return f"{self.site.address}/"

    @property
    def course(self) -> Path:
        """Return the folder of the course, which services alone may read."""
        return self.hosted.course

    @property
    def desk(self) -> str:
        """Return where a browser finds the desk."""
        return self.site.place(self.hosted, "desk")

    def part(self, part: Part) -> str:
        """Return where a browser finds *part*."""
        return self.site.place(self.hosted, part)

    def sign_in(self, page: Any, name: str) -> None:
        """Sign in as *name* on the *page* on which the hub asks who it is."""
        page.locator("#username_input").fill(name)
        page.locator("#password_input").fill(self.password)
        page.locator("#login_submit").click()

    def home(self, name: str) -> Path:
        """Return the home of *name*."""
        return self.folder / "homes" / name

    def log(self, name: str) -> str:
        """Return what the program *name* has said so far."""
        return (self.folder / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def ask(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        """Return the hub's answer at its API's *path*, asked with *token* or as one who may much."""
        headers = {"authorization": f"token {token or self.token}"}
        return httpx.request(method, f"{self.site.api}/{path}", headers=headers, timeout=60, **more)

    def run(self, *arguments: str, good: bool = True) -> str:
        """Run the command `singmuk` with *arguments* on the course, as its services' account; return what it said."""
        command = [*SINGMUK, *arguments, "--course", str(self.course)]
        done = subprocess.run(
            self._seen(command, self.staff), cwd="/", env=self._plain() | self.environment, capture_output=True,
            check=False,
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert (done.returncode == 0) is good, said[-4000:]
        return said

    # Programs ----------------------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start hub, proxy or a part, and return at once; `ready` waits."""
        assert name not in self.processes
        command, environment = self._program(name)
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def ready(self, *names: str) -> None:
        """Return when each of *names* answers."""
        for name in names:
            self._await(name)

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """End the program *name* with the signal *number*, and wait until it is gone."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, number) if number == signal.SIGKILL else process.send_signal(number)
        try:
            process.wait(LEAVE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _program(self, name: str) -> tuple[list[str], dict[str, str]]:
        if name == "proxy":
            command = [*proxy.find(ROOT, ROOT / "_build" / "hub", say=lambda _: None)]
            files = (self.certificate.file, self.certificate.key) if self.certificate else None
            return [*command, *proxy.arguments(self.site, files)], clean() | {proxy.TOKEN: self.site.proxy_token}
        if name == "hub":
            command = [view.PYTHON, "-m", "jupyterhub", "-f", str(self.folder / "hub" / "jupyterhub_config.py")]
            return self._seen(command, None), self._plain() | {stored.VARIABLE: str(self.folder / "hub" / "site.json")}
        part: Part = name  # type: ignore[assignment]
        command = [*SINGMUK, *services.COMMANDS[part], "--course", str(self.course)]
        environment = self._plain() | services.environment(self.site, self.hosted, part) | self.environment
        return self._seen(command, self.staff), environment

    def _seen(self, command: list[str], name: str | None) -> list[str]:
        stage = Path(tempfile.mkdtemp(dir=self.folder / "stages"))
        return view.command(command, stage, name, *([self.jupyterhub] if self.jupyterhub else []))

    def _plain(self) -> dict[str, str]:
        """Return what programs find in their environment: nothing of who runs the tests."""
        before = [str(self.jupyterhub)] if self.jupyterhub else []
        found = {
            "HOME": str(self.folder / "hub"),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join([str(view.ENVIRONMENT / "bin"), "/usr/local/bin:/usr/bin:/bin"]),
            "PYTHONPATH": os.pathsep.join([*before, str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return found | ({"SSL_CERT_FILE": str(self.certificate.file)} if self.certificate else {})

    def _await(self, name: str) -> None:
        addresses = {"hub": f"{self.site.api}/", "proxy": f"http://127.0.0.1:{self.site.proxy_port}/api/routes"}
        addresses |= {
            part: f"{self.site.inside(self.hosted, part)}{self.hosted.campaign.prefix(part)}healthz"
            for part in self.hosted.ports
        }
        until = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(addresses[name], timeout=5).status_code in (200, 403):  # the proxy's door wants its token
                    return
            assert self.processes[name].poll() is None and time.monotonic() < until, self.log(name)[-4000:]
            time.sleep(0.1)


SINGMUK = [view.PYTHON, "-c", "from singmuk.cli import main; main(prog_name='singmuk')"]


@contextlib.contextmanager
def hosted(
    *,
    people: int = 2,
    trainers: int = 1,
    auditors: int = 1,
    jupyterhub: Path | None = None,
    hub_database: str | None = None,
    desk_database: str | None = None,
    tls: bool = False,
    parts: tuple[Part, ...] | None = None,
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    config: str = "",
    **environment: str,
) -> Iterator[Running]:
    """Run a hub with *people* participants while the block runs.

    *jupyterhub* is a folder with another version of it; *hub_database* and *desk_database* are addresses
    (PostgreSQL); *parts* are the services that run, all of them when None; *tls* gives https, and a name of its
    own below hub.test to each person and service; *config* is added to jupyterhub_config.py; *environment* to
    what the parts find in theirs. Nothing is left running.
    """
    require_root()
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="singmuk-hub-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        for name, mode in {"homes": 0o711, "hub": 0o700, "logs": 0o700, "stages": 0o700}.items():
            (folder / name).mkdir()
            (folder / name).chmod(mode)
        wanted = {"participants": people, "trainers": trainers, "auditors": auditors}
        roles = [f"{role[:-1]}-{number + 1}" for role, many in wanted.items() for number in range(many)]
        names = stack.enter_context(accounts(folder / "homes", "staff", *roles))
        members = {role: [name for name in names if f"-{role[:-1]}-" in name] for role in wanted}
        certificate = Certificate.make(folder, "hub.test") if tls else None
        ports = {part: free_port(0) for part in parts or services.parts()}
        campaign = Campaign()
        mine = Hosted(
            campaign=campaign,
            course=ground.course(folder / "course", names[0]),
            releases=ground.releases(folder / "releases"),
            ports=ports,
            tokens={part: secrets.token_hex(32) for part in ports},
        )
        port, hub_port, proxy_port = (free_port(0) for _ in range(3))
        site = Site(
            campaigns=(mine,),
            state=folder / "hub",
            proxy_token=secrets.token_hex(32),
            port=port,
            hub_port=hub_port,
            proxy_port=proxy_port,
            public=f"https://hub.test:{port}" if tls else None,
            subdomains=tls,
            database=hub_database,
            groups={campaign.group(role): tuple(members[role]) for role in ROLES},
            python=view.PYTHON,
            limits=limits,
        )
        if desk_database:
            environment["SINGMUK_DESK_DATABASE"] = desk_database
        password, token = secrets.token_urlsafe(12), secrets.token_hex(32)
        stored.write(folder / "hub" / "site.json", site)
        text = CONFIG.format(password=password, token=token, scopes=SCOPES) + config
        (folder / "hub" / "jupyterhub_config.py").write_text(text, encoding="utf-8")
        running = Running(site, mine, folder, password, token, members, names[0], jupyterhub, environment, certificate)
        stack.callback(_end, running)
        for name in ("proxy", *ports, "hub"):
            running.start(name)
        running.ready("proxy", *ports, "hub")
        yield running


def _end(running: Running) -> None:
    """End the seats, then every program."""
    if "hub" in running.processes:
        with contextlib.suppress(httpx.HTTPError):
            for user in running.ask("GET", "users?state=active").json():
                running.ask("DELETE", f"users/{user['name']}/server")
    for name in ("hub", *running.hosted.ports, "proxy"):
        if name in running.processes:
            running.stop(name)
    everybody = [running.staff, *(name for names in running.people.values() for name in names)]
    ground.end_all(everybody, LEAVE)
