"""The command that starts a hub for demonstration: `singmuk hub laptop`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from singmuk.commands.course import COURSE
from singmuk.serving import LOOPBACK


@click.command()
@COURSE
@click.option("--port", type=click.IntRange(1024, 65000), default=8000, show_default=True, help="Where to listen.")
@click.option("--host", default=LOOPBACK, show_default=True, help="This machine; no other address is taken.")
@click.option("--people", type=click.IntRange(1, 50), default=3, show_default=True, help="How many participants.")
@click.option("--open/--no-open", "show", default=True, help="Open a browser.")
def laptop(root: Path, port: int, host: str, people: int, *, show: bool) -> None:
    """Start a JupyterHub with the course on this machine, for demonstration and tests only.

    Hub, proxy, desk, trainer's room and formgrader run together until Ctrl-C, with made-up participants and
    trainers and one password, which is said here. It works on a copy of the course below _build/hub/laptop/. The
    proxy is fetched once through npm; without Node.js, that too.

    \\b
    Example:
        singmuk hub laptop
        singmuk hub laptop --people 10 --no-open
    """
    if host != LOOPBACK:
        raise click.UsageError(
            f"--host {host}: this hub is for demonstration and tests, and answers on {LOOPBACK} alone; "
            "hub/machine/ is for a hub that others reach"
        )
    from singmuk.desk.together import StartError  # noqa: PLC0415  (the other commands need no web service)
    from singmuk.hub.proxy import ProxyError  # noqa: PLC0415

    try:
        from singmuk.hub import laptop as starting  # noqa: PLC0415
    except ImportError as fault:
        raise click.ClickException(
            f"{fault.name}: is not installed; `make install` installs what a hub needs"
        ) from fault
    try:
        starting.start(root, port=port, people=people, show=show, say=_say)
    except (StartError, ProxyError) as fault:
        raise click.ClickException(str(fault)) from fault
    _say("Stopped.")
    sys.exit(0)


def _say(text: str) -> None:
    """Print *text*; a terminal that was closed is no fault."""
    with contextlib.suppress(OSError):
        click.echo(text)
