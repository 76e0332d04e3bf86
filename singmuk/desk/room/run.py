"""Open the room: a web service on this machine alone and the address that lets a trainer in, or a hub's service."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from singmuk.desk.room.access import Access, Entrance
from singmuk.desk.room.app import Places, create
from singmuk.desk.run import Door, listen_at
from singmuk.gradebook import settings
from singmuk.hub.service import Service
from singmuk.serving import LOOPBACK

#: Seconds that open requests have when the room is closed.
LEAVE = 3


class Server(uvicorn.Server):
    """A server that says when it is ready."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Begin to listen, then say so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self.ready()


def serve(
    root: Path,
    access: Access,
    places: Places,
    announce: Callable[[], None],
    listening: socket.socket | None = None,
) -> bool:
    """Serve the room of the course *root* until Ctrl-C, *listening* where that is open; return whether it could be.

    *announce* is called once the room answers. Raises `GradebookError` and `SettingsError`.
    """
    return _serve(root, access, places, announce, (LOOPBACK, access.port), listening)


def serve_for_hub(service: Service, announce: Callable[[], None]) -> bool:
    """Serve the room as the *service* of a hub until it is told to stop; return whether it could be opened.

    *announce* is called once the room answers. Raises `GradebookError` and `SettingsError`.
    """
    from singmuk.desk.room.hub import HubAccess  # noqa: PLC0415  (jupyterhub is needed nowhere else)

    listen_at(service.host, service.port)
    places = Places(service.desk, service.grader)
    return _serve(service.settings.root, HubAccess(service), places, announce, (service.host, service.port))


def _serve(
    root: Path,
    access: Entrance,
    places: Places,
    announce: Callable[[], None],
    at: tuple[str, int],
    listening: socket.socket | None = None,
) -> bool:
    found = settings.read(root)
    for name in ("uvicorn.error", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    server = Server(
        uvicorn.Config(
            create(found, access, places),
            host=at[0],
            port=at[1],
            http=Door,
            ws="none",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=LEAVE,
            limit_concurrency=100,
            log_config=None,
        )
    )
    server.ready = announce
    # Uvicorn raises what stopped it once more at the end, when nothing is left to be stopped.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listening] if listening else None)
    return server.started
