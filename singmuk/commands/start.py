"""The command that runs the whole course on one machine: `singmuk start`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from singmuk.commands.course import COURSE


@click.command()
@COURSE
@click.option("--open/--no-open", "show", default=True, help="Open a browser.")
def start(root: Path, *, show: bool) -> None:
    """Run the course on this machine: the book with its assignments, the trainer's room, and the formgrader.

    It builds the book where that is missing or old, names three addresses, and stops everything at Ctrl-C. All
    that is answered, graded and released lies in state/. If a port is taken, the next free one is used and named.

    \b
    Example:
        singmuk start
        singmuk start --no-open
    """
    from singmuk.desk import start as starting  # noqa: PLC0415  (a web service is not needed by the other commands)
    from singmuk.desk.settings import SettingsError  # noqa: PLC0415

    try:
        starting.start(root, show=show, say=_say)
    except (starting.StartError, SettingsError) as fault:
        raise click.ClickException(str(fault)) from fault
    _say("\nStopped.")
    sys.exit(0)


def _say(text: str) -> None:
    """Print *text*; a terminal that was closed is no fault."""
    with contextlib.suppress(OSError):
        click.echo(text)
