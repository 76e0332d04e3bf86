"""A real hub with two campaigns, each with desk, room and formgrader as programs, and one front before all of them.

The hub lets everybody into every service: whom the services refuse, they refuse themselves.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from singmuk.hub.names import PARTS, ROLES, Campaign, Part
from singmuk.serving import free_port
from tests import rooms, submissions
from tests.conftest import ROOT
from tests.desk_campus import CONFIG, Browser, Campus
from tests.desk_processes import clean
from tests.hub import front

CAMPAIGNS = Campaign(), Campaign("spring")
#: Who is in which group; ben is in none.
PEOPLE = {
    "singmuk-participants": ["mei"],
    "singmuk-trainers": ["tara"],
    "singmuk-auditors": ["ann"],
    "singmuk-spring-participants": ["sue"],
    "singmuk-spring-trainers": ["sam"],
    "singmuk-spring-auditors": ["abe"],
}
NAMES = [*(name for one in PEOPLE.values() for name in one), "ben"]
COMMANDS: dict[Part, list[str]] = {"desk": ["desk"], "room": ["room", "--hub"], "grader": ["trainer", "--hub"]}
PROGRAM = [sys.executable, "-c", "from singmuk.cli import main; main()"]
#: What the services prove to the hub with: in no page, in no log, in nothing that they start.
SERVICE_TOKEN = "service-secret-of-"


@dataclass
class Town(Campus):
    """A hub, two campaigns, and the front before them."""

    site: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def at(self, address: str) -> str:
        """Return the whole of an *address*."""
        return address if address.startswith("http") else self.site + address

    def course(self, campaign: Campaign) -> Path:
        """Return the folder of the *campaign*."""
        return self.folder / (campaign.name or "first")

    def log(self, service: str) -> str:
        """Return what the program *service* has said."""
        return (self.folder / f"{service}.log").read_text(encoding="utf-8")

    def environment(self, campaign: Campaign, part: Part) -> dict[str, str]:
        """Return what the service that is *part* of the *campaign* finds in its environment."""
        name = campaign.service(part)
        return {
            "JUPYTERHUB_API_URL": f"http://127.0.0.1:{self.port}/hub/api",
            "JUPYTERHUB_API_TOKEN": SERVICE_TOKEN + name,
            "JUPYTERHUB_CLIENT_ID": f"service-{name}",
            "JUPYTERHUB_SERVICE_NAME": name,
            "JUPYTERHUB_SERVICE_PREFIX": campaign.prefix(part),
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{self.ports[name]}",
            "SINGMUK_DESK_IDENTITY": "hub",
            "SINGMUK_DESK_ORIGIN": self.site,
            "SINGMUK_DESK_CAMPAIGN": campaign.name,
        } | ({"SINGMUK_DESK_PORT": str(self.ports[name])} if part == "desk" else {})

    def run(self, campaign: Campaign, part: Part) -> None:
        """Start the program that is *part* of the *campaign*."""
        name = campaign.service(part)
        command = [*PROGRAM, *COMMANDS[part], "--course", str(self.course(campaign))]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.programs[name] = subprocess.Popen(
                command, cwd=ROOT, env=clean() | self.environment(campaign, part), stdout=log, stderr=log
            )

    def ready(self) -> None:
        """Return when each program answers."""
        until = time.monotonic() + 240
        for name, process in self.programs.items():
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    address = f"http://127.0.0.1:{self.ports[name]}/services/{name}/healthz"
                    if httpx.get(address, timeout=2).status_code == 200:
                        break
                assert process.poll() is None and time.monotonic() < until, self.log(name)[-3000:]
                time.sleep(0.1)

    def end(self) -> None:
        """End every program."""
        for process in self.programs.values():
            process.send_signal(signal.SIGTERM)
        for process in self.programs.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def by_token(self, method: str, path: str, name: str, **more: object) -> httpx.Response:
        """Return the answer at *path* to a program that holds the token of *name*."""
        headers = {"authorization": f"token {token(name)}"}
        return httpx.request(method, self.at(path), headers=headers, timeout=30, **more)  # type: ignore[arg-type]


def token(name: str) -> str:
    """Return the token that *name* has made at the hub."""
    return f"{name}-token-0123456789abcdef"


def config(town: Town) -> str:
    """Return the configuration of the hub of the *town*."""
    names = [campaign.service(part) for campaign in CAMPAIGNS for part in PARTS]
    text = CONFIG.format(port=town.port, folder=town.folder, token=SERVICE_TOKEN + "desk", base="/services/desk/")
    services = [
        {
            "name": name, "api_token": SERVICE_TOKEN + name, "oauth_client_id": f"service-{name}",
            "oauth_no_confirm": True, "oauth_redirect_uri": f"/services/{name}/oauth_callback",
        }
        for name in names
    ]  # fmt: skip
    scopes = ["access:services", "self"]
    return text + "\n".join([
        f"c.JupyterHub.bind_url = {town.site!r}",
        f"c.JupyterHub.load_groups = {json.dumps({group: {'users': one} for group, one in PEOPLE.items()})}",
        f"c.JupyterHub.load_roles = [{{'name': 'course', 'scopes': {scopes}, 'users': {NAMES}}}]",
        f"c.JupyterHub.api_tokens = {json.dumps({token(name): name for name in NAMES})}",
        f"c.JupyterHub.services = {services}".replace("true", "True"),
    ])  # fmt: skip


@contextlib.contextmanager
def running(folder: Path, *wanted: tuple[Campaign, Part]) -> Iterator[Town]:
    """Run a hub with the *wanted* services while the block runs, in the *folder*."""
    names = [campaign.service(part) for campaign, part in wanted]
    town = Town(folder, free_port(0), ports={name: free_port(0) for name in names})
    at = free_port(0)
    town.site = f"http://127.0.0.1:{at}"
    (folder / "hub.py").write_text(config(town), encoding="utf-8")
    (folder / "cookie").write_text("ab" * 32, encoding="utf-8")
    (folder / "cookie").chmod(0o600)
    submissions.lay(folder / "first")
    shutil.copytree(folder / "first", folder / "spring")
    rooms.busy_desk(folder / "first")
    routes = {f"/services/{name}/": f"http://127.0.0.1:{town.ports[name]}" for name in names}
    with front.running(at, routes | {"/": f"http://127.0.0.1:{town.port}"}):
        try:
            for one in wanted:
                town.run(*one)
            town.start()
            town.ready()
            yield town
        finally:
            town.end()
            town.stop()


@pytest.fixture
def visit(town):
    """Give a function that returns the browser of somebody who signed in at a service."""
    with contextlib.ExitStack() as stack:

        def signed_in(name, after):
            found = stack.enter_context(Browser(town))
            found.page = found.sign_in(name, after)
            return found

        yield signed_in


__all__ = ["CAMPAIGNS", "PEOPLE", "ROLES", "Town", "running", "token", "visit"]
