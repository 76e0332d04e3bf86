"""Serve a folder of pages on 127.0.0.1, on the next free port when the wanted one is taken."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

LOOPBACK = "127.0.0.1"
#: The socket that a program finds open when `singmuk start` starts it: so nobody else takes the port in between.
LISTENING = "SINGMUK_LISTENING"
#: How many ports after the wanted one are tried.
TRIES = 50


def free_port(wanted: int) -> int:
    """Return *wanted* or the next port on which nobody listens; 0 means any.

    Raises `click.ClickException` when none of the next ports is free.
    """
    for port in range(wanted, min(wanted + TRIES, 65536)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, port))
                return int(probe.getsockname()[1])
    raise click.ClickException(f"ports {wanted} to {wanted + TRIES - 1} are all taken; name another with --port")


def listening(wanted: int) -> socket.socket:
    """Return a socket that listens at *wanted* or the next port that can be had.

    Raises `click.ClickException` when none of the next ports is free.
    """
    for port in range(wanted, min(wanted + TRIES, 65536)):
        with contextlib.suppress(OSError):
            return socket.create_server((LOOPBACK, port))
    raise click.ClickException(f"ports {wanted} to {wanted + TRIES - 1} are all taken; stop what listens there")


def inherited() -> socket.socket | None:
    """Return the socket that whoever started this program listens at already, None where there is none."""
    number = os.environ.pop(LISTENING, "")
    if not number:
        return None
    found = socket.socket(fileno=int(number))
    found.set_inheritable(False)  # what this program starts has no use for it
    return found


def announce(address: str, wanted: int, port: int, *, show: bool) -> None:
    """Say where the pages are, and open them in a browser if *show*."""
    if wanted not in (0, port):
        click.echo(f"Port {wanted} is taken; using {port}.")
    click.echo(f"Open {address}  (Ctrl-C stops)")
    if show:
        browse(address)


def browse(address: str) -> None:
    """Open *address* in a browser, where there is a screen to show one."""
    blind = sys.platform == "linux" and not any(
        os.environ.get(one) for one in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if not blind:  # else a text browser would take the terminal
        # A browser that takes its time to open must not hold up the server.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it so)
        """Say nothing for each request."""

    def end_headers(self) -> None:
        """Have the browser ask again, so that a new build shows."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def server(pages: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the folder *pages* on 127.0.0.1 and *port*."""
    return ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, directory=str(pages)))


def folder(pages: Path, *, port: int, show: bool) -> None:
    """Serve the folder *pages* until Ctrl-C."""
    found = free_port(port)
    with server(pages, found) as running:
        announce(f"http://{LOOPBACK}:{found}/", port, found, show=show)
        with contextlib.suppress(KeyboardInterrupt):
            running.serve_forever()
    click.echo("\nStopped.")
