"""The desk as a running program, `singmuk desk`, and a hub that knows everybody by their token."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from singmuk.serving import free_port
from tests import bare_hub
from tests.conftest import ROOT
from tests.desks import TODAY

SECRET = "0123456789abcdef" * 4
PROGRAM = [sys.executable, "-c", "from singmuk.cli import main; main()", "desk", "--course"]


class _Knows(http.server.BaseHTTPRequestHandler):
    """Answers who a token is: the one whose name it ends in."""

    def do_GET(self) -> None:
        name = self.headers.get("Authorization", "").rpartition("-")[2]
        user = {"kind": "user", "name": name, "groups": [], "scopes": ["access:services!service=desk"]}
        content = json.dumps(user).encode()
        self.send_response(200 if self.path.endswith("/user") else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args) -> None:  # noqa: A002
        """Say nothing."""


@contextlib.contextmanager
def hub() -> Iterator[dict[str, str]]:
    """Run a hub that believes everybody; yield what a service finds in its environment."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Knows) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {
            "JUPYTERHUB_API_URL": f"http://127.0.0.1:{server.server_port}/hub/api",
            "JUPYTERHUB_API_TOKEN": "t" * 32,
            "JUPYTERHUB_CLIENT_ID": "service-desk",
            "JUPYTERHUB_SERVICE_NAME": "desk",
            "SINGMUK_DESK_IDENTITY": "hub",
            "SINGMUK_DESK_SECRET": SECRET,
            "SINGMUK_DESK_SAVES_PER_MINUTE": "6000",
        }
        server.shutdown()


@dataclass
class Program:
    """A desk that runs as a program of its own."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path
    release: dict[str, Any]

    def client(self, name: str) -> httpx.Client:
        """Return a client whose token is of the participant *name*."""
        return httpx.Client(base_url=self.address, timeout=20, headers={"authorization": f"token of-{name}"})

    def save(self, client: httpx.Client, item: str, response: Any) -> httpx.Response:
        """Return the desk's answer to the *response* to *item*."""
        body = {"release": self.release["release"], "response": response, "confidence": None, "day": TODAY}
        return client.put(f"/api/assignments/{self.release['assignment']}/responses/{item}", json=body)

    def hand_in(self, client: httpx.Client, token: str) -> httpx.Response:
        """Return the desk's answer to handing in."""
        body = {"release": self.release["release"], "token": token}
        return client.post(f"/api/assignments/{self.release['assignment']}/hand-in", json=body)

    def given(self, client: httpx.Client) -> Any:
        """Return what the desk keeps of the *client*."""
        answer = client.get(f"/api/assignments/{self.release['assignment']}/responses")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def children(self) -> list[int]:
        """Return the numbers of the processes that this one has started."""
        return [
            int(one) for one in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]


def clean() -> dict[str, str]:
    """Return the environment without what a desk would read."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SINGMUK", "JUPYTERHUB"))}


@contextlib.contextmanager
def program(root: Path, base: str = "/", **environment: str) -> Iterator[Program]:
    """Run `singmuk desk` on the folder *root* while the block runs."""
    port = int(environment.setdefault("SINGMUK_DESK_PORT", str(free_port(0))))
    log = root / "desk.log"
    with log.open("ab") as said:
        process = subprocess.Popen([*PROGRAM, root], cwd=ROOT, env=clean() | environment, stdout=said, stderr=said)
    release = json.loads((root / "exercises" / "pdpo-basics" / "items.json").read_text(encoding="utf-8"))
    found = Program(process, f"http://127.0.0.1:{port}", log, release)
    try:
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{found.address}{base}healthz", timeout=2).status_code == 200:
                    break
            assert process.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield found
    finally:
        bare_hub.end(process)
