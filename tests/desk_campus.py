"""A real JupyterHub and a desk as its service, as if one proxy stood before both; and a browser that goes between."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from singmuk.serving import free_port
from tests import bare_hub
from tests.desk_processes import SECRET, Program, clean, program
from tests.desk_wire import lay

ROOM = "https://room.example/"
BASE = "/services/desk/"
CONFIG = (
    bare_hub.WITHOUT_PROXY
    + """\
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "open"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.load_groups = {{
    "everybody": {{"users": ["mei-ling", "tara", "ann", "kim", "lou"]}},
    "singmuk-trainers": {{"users": ["tara"]}},
    "singmuk-auditors": {{"users": ["ann"]}},
}}
c.JupyterHub.load_roles = [
    {{"name": "course", "scopes": ["access:services!service=desk"], "groups": ["everybody"], "users": ["ben"]}},
]
PEOPLE = ["mei-ling", "olaf", "ben", "kim", "lou"]
c.JupyterHub.api_tokens = {{name + "-token-0123456789abcdef": name for name in PEOPLE}}
c.JupyterHub.services = [{{
    "name": "desk", "api_token": "{token}", "oauth_client_id": "service-desk", "oauth_no_confirm": True,
    "oauth_redirect_uri": "{base}oauth_callback",
}}]
"""
)
TOKEN = "t" * 40


@dataclass
class Campus:
    """A hub and a desk, as if one proxy stood before both."""

    folder: Path
    port: int
    desk: Program | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the hub, and wait until it answers."""
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", self.folder / "hub.py"], cwd=self.folder, stdout=log,
                stderr=log, env=clean() | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            )  # fmt: skip
        until = time.monotonic() + 240  # a busy machine takes its time
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self.port}/hub/api/", timeout=2).status_code == 200:
                    return
            assert self.process.poll() is None and time.monotonic() < until, (self.folder / "hub.log").read_text()[
                -3000:
            ]
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the hub."""
        assert self.process
        bare_hub.end(self.process)

    def at(self, address: str) -> str:
        """Return the whole of an *address* below the proxy."""
        path = re.sub(r"^https?://[^/]*", "", address)
        return (f"http://127.0.0.1:{self.port}" if path.startswith("/hub/") else self.desk.address) + path


@pytest.fixture(scope="module")
def campus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campus")
    found = Campus(folder, free_port(0))
    config = CONFIG.format(port=found.port, folder=folder, token=TOKEN, base=BASE)
    (folder / "hub.py").write_text(config, encoding="utf-8")
    (folder / "cookie").write_text("ab" * 32, encoding="utf-8")
    (folder / "cookie").chmod(0o600)
    environment = {
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{found.port}/hub/api",
        "JUPYTERHUB_API_TOKEN": TOKEN,
        "JUPYTERHUB_CLIENT_ID": "service-desk",
        "JUPYTERHUB_SERVICE_NAME": "desk",
        "JUPYTERHUB_SERVICE_PREFIX": BASE,
        "SINGMUK_DESK_IDENTITY": "hub",
        "SINGMUK_DESK_SECRET": SECRET,
        "SINGMUK_DESK_ROOM": ROOM,
        "SINGMUK_DESK_GROUPS": "{participants: everybody}",
    }
    (folder / "course").mkdir()
    lay(folder / "course")
    # The hub takes a moment to start; so does the desk.
    environment |= {"SINGMUK_DESK_PORT": str(free_port(0))}
    found.start()
    try:
        with running(found, environment):
            yield found
    finally:
        found.stop()


@contextlib.contextmanager
def running(campus, environment):
    """Run the desk of the *campus*."""
    root, port = campus.folder / "course", environment["SINGMUK_DESK_PORT"]
    with program(root, base=BASE, **environment) as desk:
        assert desk.address.endswith(port)
        campus.desk = desk
        yield


class Browser(httpx.Client):
    """A browser that goes where it is led, and remembers where it was."""

    def __init__(self, campus: Campus) -> None:
        super().__init__(timeout=30)
        self.campus = campus
        self.way: list[str] = []

    def go(self, address: str, **form: str) -> httpx.Response:
        """Follow *address* to its end; with a *form*, send that first."""
        answer = self.post(self.campus.at(address), data=form) if form else self.get(self.campus.at(address))
        self.way = [address]
        for _ in range(12):
            if answer.status_code not in (302, 303):
                return answer
            self.way.append(answer.headers["location"])
            answer = self.get(self.campus.at(answer.headers["location"]))
        raise AssertionError(self.way)

    def sign_in(self, name: str, after: str = BASE + "my") -> httpx.Response:
        """Return the page that *name* gets who asks for *after*, not yet signed in."""
        page = self.go(after)
        assert page.status_code == 200 and "/hub/login" in self.way[-1], (page.status_code, self.way)
        return self.go(self.way[-1], username=name, password="open", _xsrf=self.cookies["_xsrf"])


@pytest.fixture
def browser(campus):
    with Browser(campus) as found:
        yield found
