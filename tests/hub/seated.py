"""A participant in a running seat: their code runs in their own kernel, with their uid, environment and tokens."""

from __future__ import annotations

import ast
import inspect
import json
import os
import pwd
import textwrap
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

from tests.hub import burglar
from tests.hub.site import Running

#: Seconds for a seat to start, and for a cell to end.
START, CELL = 120, 60


class Kernel:
    """A kernel of its own in the seat whose server is at *address* and knows the *token*."""

    def __init__(self, address: str, token: str) -> None:
        #: The seat's own: what the hub has given it, and all that it has.
        self.address, self.token = address, token
        made = self.ask("POST", "api/kernels", json={"name": "python3"})
        assert made.status_code == 201, made.text
        self.kernel: str = made.json()["id"]
        self.run(inspect.getsource(burglar))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Return the answer of the seat's server at *path* to the seat's own token."""
        headers = {"authorization": f"token {self.token}"}
        return httpx.request(method, f"{self.address}{path}", headers=headers, timeout=60, **more)

    def do(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Return what the *function* of `burglar` returns when the kernel calls it."""
        given = ", ".join(repr(str(one) if isinstance(one, Path) else one) for one in arguments)
        return self.run(f"answer = {function.__name__}({given})")

    def run(self, code: str) -> Any:
        """Run *code* in the kernel, and return what it leaves in `answer`."""
        mark = uuid.uuid4().hex
        address = f"{self.address.replace('http', 'ws', 1)}api/kernels/{self.kernel}/channels"
        headers = {"authorization": f"token {self.token}"}
        with connect(address, additional_headers=headers, open_timeout=CELL, max_size=None) as socket:
            header = {"msg_id": mark, "msg_type": "execute_request", "session": mark, "username": "", "version": "5.3"}
            content = {
                "code": f"answer = None\n{textwrap.dedent(code)}", "silent": False, "store_history": False,
                "allow_stdin": False, "user_expressions": {"answer": "__import__('json').dumps(answer)"},
            }  # fmt: skip
            asked = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
            socket.send(json.dumps(asked))
            until = time.monotonic() + CELL
            while True:
                said = json.loads(socket.recv(timeout=max(0.1, until - time.monotonic())))
                if said["msg_type"] == "execute_reply" and said["parent_header"]["msg_id"] == mark:
                    break
        told = said["content"]
        assert told["status"] == "ok", "\n".join(told["traceback"])
        return json.loads(ast.literal_eval(told["user_expressions"]["answer"]["data"]["text/plain"]))


class Seat(Kernel):
    """The seat of *name*, which somebody has started, and a kernel in it, reached through the proxy."""

    def __init__(self, site: Running, name: str) -> None:
        self.site, self.name, self.uid = site, name, pwd.getpwnam(name).pw_uid
        self.home = site.home(name)
        until = time.monotonic() + START
        while not (self._ready() and (found := self.processes("-m jupyterhub.singleuser"))):
            assert time.monotonic() < until, site.log("hub")[-3000:]
            time.sleep(0.2)
        [self.pid] = found
        self.environment = environment_of(self.pid)
        self.port = int(httpx.URL(self.environment["JUPYTERHUB_SERVICE_URL"]).port or 0)
        super().__init__(f"{site.site.address}/user/{name}/", self.environment["JUPYTERHUB_API_TOKEN"])

    def _ready(self) -> bool:
        return bool(self.site.ask("GET", f"users/{self.name}").json()["servers"].get("", {}).get("ready"))

    def processes(self, words: str) -> list[int]:
        """Return the owner's processes in whose command *words* stand."""
        found = []
        for path in Path("/proc").iterdir():
            try:
                if path.name.isdigit() and path.stat().st_uid == self.uid:
                    command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found += [int(path.name)] if words in command else []
            except OSError:
                continue
        return found

    @property
    def connection(self) -> Path:
        """Return the file in which the ports and keys of the kernel stand."""
        return self.home / ".local" / "share" / "jupyter" / "runtime" / f"kernel-{self.kernel}.json"


def environment_of(pid: int) -> dict[str, str]:
    """Return what the process finds in its environment."""
    text = Path("/proc", str(pid), "environ").read_bytes().decode()
    return dict(one.split("=", 1) for one in text.split("\0") if "=" in one)


def as_account(name: str, function: Callable[..., Any], *arguments: object) -> Any:
    """Return what *function* returns to a process of this one with the uid of *name*, and of its group alone."""
    found = pwd.getpwnam(name)
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setgid(found.pw_gid)
            os.setuid(found.pw_uid)
            told = json.dumps(function(*(str(one) if isinstance(one, Path) else one for one in arguments)))
            os.write(writer, told.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        told = file.read().decode()
    os.waitpid(child, 0)
    return json.loads(told)
