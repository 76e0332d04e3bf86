"""Show one scenario in a browser while it is written, and reload it on every save."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
from html import escape
from pathlib import Path

import click
from livereload import Server
from livereload.handlers import LiveReloadHandler
from tornado.ioloop import IOLoop

from singmuk import face, load
from singmuk.face import static
from singmuk.lint import lint
from singmuk.serving import LOOPBACK, announce, free_port

PAGE = """<!doctype html>
<html lang="en-HK"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}
body {{ margin: 0 auto; max-width: 48rem; padding: 1rem; font-family: system-ui, sans-serif; }}
.faults {{ border: 2px solid #b3261e; border-radius: .5rem; padding: .75rem 1rem; overflow-x: auto; }}
</style></head><body>{body}<script>{script}</script></body></html>
"""


def page(root: Path, name: str) -> str:
    """Return the page that shows the scenario *name* of the course *root*, its faults above it."""
    course = load.course(root)
    file = f"{name}.yml"
    found = [fault for fault in [*course.faults, *lint(course)] if Path(fault.file).name == file]
    listing = "".join(f"<li><code>{escape(str(fault))}</code></li>" for fault in found)
    body = f'<div class="faults" role="alert"><strong>To mend</strong><ul>{listing}</ul></div>' if found else ""
    scenario = course.scenarios.get(name)
    if scenario:
        halves = face.halves(scenario, root, course.sources, practice=True)
        plain = static.page(scenario, "en", course.sources, root / "scenarios" / "pictures")
        body += (
            f'<div class="singmuk-scenario" data-id="{name}">{plain}'
            f'<script type="application/json">{face.inline_json(halves)}</script></div>'
        )
    data = {"course": "preview", "version": name, "language": "en", "scenarios": None}
    body += f'<script type="application/json" id="singmuk-page">{face.inline_json(data)}</script>'
    return PAGE.format(title=escape(name), style=face.style(), body=body, script=face.script())


class _Quiet(Server):  # type: ignore[misc]  # livereload ships no types
    """A server that says nothing for each request, and reloads at every save, however soon after the last."""

    def _setup_logging(self) -> None:
        LiveReloadHandler.DEFAULT_RELOAD_TIME = 0
        for noisy in ("livereload", "tornado"):
            logging.getLogger(noisy).addHandler(logging.NullHandler())
            logging.getLogger(noisy).setLevel(logging.CRITICAL)


def _stop(loop: IOLoop) -> None:
    """Have *loop* stop soon, whatever it is doing when the signal comes."""
    asyncio_loop: asyncio.AbstractEventLoop = loop.asyncio_loop  # type: ignore[attr-defined]
    asyncio_loop.call_soon_threadsafe(loop.stop)


def serve(root: Path, name: str, *, port: int, show: bool) -> None:
    """Show the scenario *name* on 127.0.0.1 until Ctrl-C; write the page anew whenever a file is saved."""
    found = free_port(port)
    with tempfile.TemporaryDirectory(prefix="singmuk-preview-") as folder:
        target = Path(folder) / "index.html"

        def render() -> None:
            target.write_text(page(root, name), encoding="utf-8")

        render()
        server = _Quiet()
        for watched in (
            "scenarios/*.yml",
            "scenarios/pictures/*",
            "assignments/*.yml",
            "course/references.bib",
        ):
            server.watch(str(root / watched), render)
        announce(f"http://{LOOPBACK}:{found}/", port, found, show=show)
        # Livereload swallows a Ctrl-C that comes while it tells a page to reload, so its loop is told to stop.
        loop = IOLoop.current()
        before = signal.signal(signal.SIGINT, lambda *_: _stop(loop))
        try:
            server.serve(port=found, host=LOOPBACK, root=folder, debug=False, open_url_delay=None)
        finally:
            signal.signal(signal.SIGINT, before)
    click.echo("\nStopped.")
