"""Start the desk: uvicorn, one process or several, with a door that slow callers cannot hold open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from singmuk.desk import policy
from singmuk.desk import settings as configuration
from singmuk.desk.app import create
from singmuk.desk.settings import Settings, SettingsError
from singmuk.desk.store import StoreError

#: Seconds for the head of a request to arrive.
HEAD = 10.0
#: Seconds for the rest of it, also where nobody reads it; the guard gives up earlier, in words.
BODY = 20.0
#: Seconds for a caller to take the next piece of an answer.
TAKING = 60.0
#: Seconds that open requests have when the desk is stopped.
LEAVE = 10
#: Requests at once in one process; more are told to come back.
AT_ONCE = 2_000
#: By these, a process that uvicorn starts finds its course and its settings again.
ROOT, FILE, PORT = "SINGMUK_DESK_COURSE", "SINGMUK_DESK_FILE", "SINGMUK_DESK_PORT"


class Door(HttpToolsProtocol):
    """A connection that is closed when a request, or the taking of its answer, is too slow."""

    _late: asyncio.TimerHandle | None = None
    _full: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait(HEAD)

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head."""
        super().on_message_begin()
        self._wait(HEAD)

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        self._wait(BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait no more."""
        self._calm()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the caller to take what is written."""
        super().pause_writing()
        self._full = self.loop.call_later(TAKING, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no more for that."""
        if self._full is not None:
            self._full.cancel()
            self._full = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers of every other answer."""
        worn = {**policy.HEADERS, "Content-Security-Policy": policy.text(policy.OWN), "Cache-Control": "no-store"}
        head = "".join(f"{name}: {value}\r\n" for name, value in worn.items())
        about = f"Content-Type: text/plain\r\nContent-Length: {len(msg)}\r\nConnection: close\r\n"
        self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}{about}\r\n{msg}".encode("ascii"))
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._calm()
        self.resume_writing()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._calm()
        self._late = self.loop.call_later(seconds, self.transport.close)

    def _calm(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def application() -> FastAPI:
    """Return the desk that the environment names, for a process that uvicorn starts."""
    quiet()
    file = os.environ.get(FILE)
    try:
        return create(configuration.read(Path(os.environ[ROOT]), file=Path(file) if file else None))
    except (SettingsError, StoreError) as fault:
        print(fault, file=sys.stderr)
        raise SystemExit(1) from None


def quiet() -> None:
    """Log one line of JSON for each request and nothing that names anybody."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name in ("singmuk.desk", "uvicorn.error"):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
    logging.getLogger("singmuk.desk").setLevel(os.environ.get("SINGMUK_DESK_LOG", "INFO"))
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # It would log addresses.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def listen_at(host: str, port: int) -> None:
    """Return when one can listen at *host* and *port*; raise `SettingsError`."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as fault:
        said = os.strerror(fault.errno) if fault.errno else str(fault)
        raise SettingsError(
            f"{host}:{port}: cannot be listened at: {said.lower()}; stop what is there, or set another port"
        ) from fault


def serve(settings: Settings, file: Path | None, listening: socket.socket | None = None) -> int:
    """Serve the desk until it is told to stop; return its exit code. Raise `SettingsError` or `StoreError`."""
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "http": Door,
        "ws": "none",
        "access_log": False,
        "server_header": False,
        "date_header": True,
        "proxy_headers": False,
        "timeout_graceful_shutdown": LEAVE,
        "timeout_keep_alive": 15,
        # On a busy machine a process needs more than the usual five to begin, and would be ended again and again.
        "timeout_worker_healthcheck": 60,
        "limit_concurrency": AT_ONCE,
        "h11_max_incomplete_event_size": 64 * 1024,
        "log_config": None,
        "lifespan": "on",
    }
    if listening is None:
        listen_at(settings.host, settings.port)
    if settings.processes == 1:
        quiet()
        server = uvicorn.Server(uvicorn.Config(create(settings), **options))
        with contextlib.suppress(KeyboardInterrupt):  # by then it has stopped in order
            server.run(sockets=[listening] if listening else None)
        return 0 if server.started else 1
    os.environ[ROOT] = str(settings.root)
    if file:
        os.environ[FILE] = str(file.resolve())
    create(settings).state.service.store.close()  # faults are told once, and the tables made, before there are many
    with tempfile.TemporaryDirectory(prefix="singmuk-desk-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        uvicorn.run("singmuk.desk.run:application", factory=True, workers=settings.processes, **options)
    return 0
