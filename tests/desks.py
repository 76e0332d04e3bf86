"""A real desk on a free port: uvicorn with the desk's own door, in a thread of the test."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from singmuk import exercise, load
from singmuk.desk import settings as configuration
from singmuk.desk.app import create
from singmuk.desk.identity import Person
from singmuk.desk.run import Door
from singmuk.desk.service import Service
from singmuk.desk.settings import Settings
from singmuk.serving import free_port
from tests import nine
from tests.conftest import ROOT

TODAY = datetime.now(UTC).date().isoformat()


def lay(root: Path) -> Path:
    """Put the releases of pdpo-basics and nine-kinds into *root*, and return it; no key is there."""
    shutil.copytree(ROOT / "exercises" / "pdpo-basics", root / "exercises" / "pdpo-basics")
    scenarios = load.course(ROOT).scenarios
    content = exercise.release(nine.ASSIGNMENT, scenarios, ROOT / "scenarios" / "pictures")
    folder = root / "exercises" / nine.NAME
    folder.mkdir()
    (folder / "items.json").write_text(exercise.release_text(content), encoding="utf-8")
    return root


class Named:
    """A provider for tests: the header says who it is, and nothing is checked."""

    async def who(self, request):
        """Return who the header says."""
        name = request.headers.get("x-person")
        return Person(name, request.headers.get("x-role", "participant")) if name else None

    def login(self, request, after):  # noqa: ARG002
        """Return where one would sign in."""
        return f"/login?next={after}"

    def routes(self):
        """Return nothing."""
        return []


def settings(root: Path, **changes: Any) -> Settings:
    """Return the settings of a desk on *root* for one person, with *changes*."""
    found = configuration.read(root, {})
    return found.model_copy(update={"port": free_port(0), "saves_per_minute": 6000, **changes})


@dataclass
class Running:
    """A desk that is being served."""

    address: str
    service: Service
    server: uvicorn.Server

    def client(self, name: str | None = None) -> httpx.Client:
        """Return a client with a session; with *name* it says to be that participant."""
        client = httpx.Client(base_url=self.address, timeout=20, headers={"x-person": name} if name else {})
        client.get("/my")
        return client

    def xsrf(self, client: httpx.Client) -> str:
        """Return the token of the *client*'s session."""
        session = client.cookies.get(self.service.session_cookie)
        assert session
        return self.service.secret.xsrf(session, client.headers.get("x-person", "me"))

    def release(self, name: str = "pdpo-basics") -> dict[str, Any]:
        """Return the content of a release."""
        found = self.service.releases.get(name)
        assert found
        return dict(found.content)

    def change(self, response: Any, name: str = "pdpo-basics", **more: Any) -> dict[str, Any]:
        """Return the body that keeps *response*."""
        whole = {"release": self.release(name)["release"], "response": response, "confidence": None, "day": TODAY}
        return whole | {"language": "en"} | more

    def save(self, client: httpx.Client, item: str, response: Any, name: str = "pdpo-basics", **more: Any) -> Any:
        """Return the desk's answer to the *response* to *item*."""
        return client.put(
            f"/api/assignments/{name}/responses/{item}",
            content=json.dumps(self.change(response, name, **more)),
            headers={"x-xsrf-token": self.xsrf(client), "content-type": "application/json"},
        )

    def hand_in(self, client: httpx.Client, token: str = "0" * 32, name: str = "pdpo-basics") -> Any:
        """Return the desk's answer to handing in."""
        return client.post(
            f"/api/assignments/{name}/hand-in",
            json={"release": self.release(name)["release"], "token": token, "language": "en"},
            headers={"x-xsrf-token": self.xsrf(client)},
        )


@contextlib.contextmanager
def running(found: Settings, identity=None):
    """Serve a desk with the settings *found*, and stop it; with *identity*, that provider says who somebody is."""
    app = create(found, identity)
    config = uvicorn.Config(
        app, host=found.host, port=found.port, http=Door, ws="none", log_config=None, access_log=False,
        server_header=False, timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the desk does not start"
        time.sleep(0.02)
    try:
        yield Running(f"http://127.0.0.1:{found.port}", app.state.service, server)
    finally:
        server.should_exit = True
        thread.join(20)
