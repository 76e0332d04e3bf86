"""The hub for demonstration: started, said what it is, used, stopped; and what it refuses."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from singmuk.cli import main
from singmuk.hub import proxy
from singmuk.hub.laptop import TAKEN
from singmuk.serving import free_port
from tests.conftest import ROOT
from tests.desk_processes import clean
from tests.hub import view
from tests.hub.people import accounts, require_root

COMMAND = ["-c", "from singmuk.cli import main; main(prog_name='singmuk')", "hub", "laptop", "--no-open"]


class Started:
    """A hub for demonstration that runs, by the command that people use."""

    def __init__(self, root: Path, stage: Path, name: str | None = None) -> None:
        self.root, self.port = root, free_port(0)
        command = [view.PYTHON, *COMMAND, "--people", "1", "--port", str(self.port), "--course", str(root)]
        path = os.pathsep.join([str(view.ENVIRONMENT / "bin"), os.environ["PATH"]])
        self.process = subprocess.Popen(
            view.command(command, stage, name), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=root,
            env=clean() | {"PYTHONPATH": str(ROOT), "HOME": str(root), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.said = ""
        for line in self.process.stdout or ():
            self.said += line
            if line.startswith("Ctrl-C"):
                break
        assert self.process.poll() is None and "Ctrl-C" in self.said, self.said
        self.address = re.search(r"Open +(\S+)", self.said).group(1)
        self.password = re.search(r"Password +(\S+)", self.said).group(1)

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.stdout.read()
        return self.process.wait(60)


@pytest.fixture
def demonstration():
    """Give a function that lays a course where an account may write, and starts a hub there; nothing is left."""
    require_root()
    proxy.find(ROOT, ROOT / "_build" / "hub", lambda _: None)
    running, folders = [], []

    def start(name=None):
        folder = Path(tempfile.mkdtemp(prefix="singmuk-laptop-"))  # pytest's own folders are closed to others
        folder.chmod(0o711)
        root, stage = folder / "course", folder / "stage"
        root.mkdir()
        stage.mkdir()
        for one in (*TAKEN, "hub"):
            (shutil.copytree if (ROOT / one).is_dir() else shutil.copy)(ROOT / one, root / one)
        work = root / "_build" / "hub"
        work.mkdir(parents=True)
        for one in ("node_modules", ".installed", "package.json", "package-lock.json"):
            (shutil.copytree if (ROOT / "_build" / "hub" / one).is_dir() else shutil.copy)(
                ROOT / "_build" / "hub" / one, work / one, **({"symlinks": True} if one == "node_modules" else {})
            )
        if name:
            subprocess.run(["chown", "-R", f"{name}:", str(root)], check=True)
        folders.append(folder)
        running.append(Started(root, stage, name))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.end()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def left(root):
    """Return the programs that still have to do with the course *root*."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdigit() and int(one.name) != os.getpid():
            try:
                line = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(root) in line:
                found.append(line)
    return found


def free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def enter(started, name):
    """Return a client that is signed in as *name*, and the page it came to."""
    client = httpx.Client(follow_redirects=True, timeout=60)
    page = client.get(f"{started.address}hub/login")
    form = {"username": name, "password": started.password, "_xsrf": client.cookies["_xsrf"]}
    return client, page.text, client.post(f"{started.address}hub/login", data=form)


def seat(started, client):
    """Start the seat of the *client*, wait for it, and return its server's process."""
    client.get(f"{started.address}hub/spawn")
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if found := [line for line in left(started.root) if "jupyterhub.singleuser" in line]:
            page = client.get(f"{started.address}hub/user-redirect/lab")
            if page.status_code == 200 and "jupyter-config-data" in page.text:
                return found[0]
        time.sleep(0.5)
    raise AssertionError((started.root / "_build/hub/laptop/logs/hub.log").read_text()[-3000:])


def test_anybody_may_start_it_see_what_it_is_use_it_and_stop_all_of_it(demonstration, tmp_path):
    with accounts(tmp_path, "somebody") as [name]:
        started = demonstration(name)
        assert "For demonstration and tests only" in started.said and "Seats run as you" in started.said
        client, page, inside = enter(started, "participant-1")
        assert "For demonstration and tests only" in page and "只供示範及測試" in page
        assert inside.url.path == "/services/desk/my", inside.url
        refused = client.get(f"{started.address}services/room/")
        assert refused.status_code == 403
        assert "Your account may not open this" in refused.text and "你的帳戶未獲准開啟此頁" in refused.text
        seat(started, client)
        home = started.root / "_build/hub/laptop/homes/participant-1/singmuk"
        assert (home / "pdpo-basics" / "items.json").is_file()
        _, _, refused = enter(started, "stranger")
        assert refused.status_code == 403
        assert started.end() == 0, started.said
        assert "Stopped." in started.said and left(started.root) == [] and free(started.port)
        assert not (started.root / "state").exists()
        for log in (started.root / "_build/hub/laptop/logs").glob("*.log"):
            assert log.stat().st_mode & 0o077 == 0 and "Traceback" not in log.read_text(encoding="utf-8"), log


def test_where_root_starts_it_each_seat_has_a_uid_of_its_own_and_nothing_outlives_a_kill(demonstration):
    started = demonstration()
    assert "Seats run as" not in started.said
    client, _, _ = enter(started, "participant-1")
    seat(started, client)
    home = started.root / "_build/hub/laptop/homes/participant-1"
    assert home.stat().st_uid > 60_000 and home.stat().st_mode & 0o077 == 0
    os.kill(started.process.pid, signal.SIGKILL)
    until = time.monotonic() + 45
    while left(started.root) and time.monotonic() < until:
        time.sleep(0.2)
    assert left(started.root) == [] and free(started.port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "hub.example"])
def test_another_address_is_refused_by_the_command(host):
    done = CliRunner().invoke(main, ["hub", "laptop", "--course", str(ROOT), "--host", host])
    assert done.exit_code == 2 and "answers on 127.0.0.1 alone" in done.output


@pytest.mark.parametrize("name", ["bind_url", "hub_bind_url"])
def test_another_address_is_refused_by_the_hub_itself(name, tmp_path):
    config = tmp_path / "config.py"
    config.write_text(
        "from singmuk.hub.demo import Demonstration\n"
        "c = get_config()\n"
        "c.JupyterHub.authenticator_class = Demonstration\n"
        f"c.JupyterHub.bind_url = 'http://127.0.0.1:{free_port(0)}'\n"
        f"c.JupyterHub.{name} = 'http://0.0.0.0:{free_port(0)}'\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "jupyterhub", "-f", config], cwd=tmp_path, capture_output=True, text=True, timeout=90,
        env=clean() | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode != 0 and f"JupyterHub.{name}: 0.0.0.0 lets others in" in done.stderr, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
