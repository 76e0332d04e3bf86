"""The command that opens the trainer's room: `singmuk trainer`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from singmuk.commands.course import COURSE
from singmuk.serving import LOOPBACK, announce, free_port, inherited


def _loopback(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Return *value* when it is this machine alone; fail otherwise."""
    if value not in (LOOPBACK, "localhost"):
        raise click.BadParameter(
            f"{value} can be reached from other machines, and the room shows what people wrote; use {LOOPBACK}. "
            "For several trainers run the formgrader on a JupyterHub, each with a server of their own"
        )
    return LOOPBACK


@click.command()
@COURSE
@click.option("--port", type=click.IntRange(0, 65535), default=8800, show_default=True, help="Where to listen.")
@click.option(
    "--ip", callback=_loopback, default=LOOPBACK, show_default=True, help="This machine; nothing else is taken."
)
@click.option("--open/--no-open", "show", default=True, help="Open a browser.")
def trainer(root: Path, port: int, ip: str, *, show: bool) -> None:  # noqa: ARG001  (checked as it is read)
    """Open nbgrader's formgrader on this course: read written texts, give points, write comments.

    The address holds a secret and works on this machine alone. If the port is taken, the next free one is used
    and named. Nothing that was handed in is run. Afterwards `singmuk feedback` tells participants.

    \b
    Example:
        singmuk trainer
        singmuk trainer --port 9000 --no-open
    """
    from singmuk import trainer as room  # noqa: PLC0415  (Jupyter's server is not needed by the other commands)
    from singmuk.gradebook.settings import GradebookError  # noqa: PLC0415

    given = inherited()
    found = port if given else free_port(port)
    try:
        room.serve(root, found, partial(announce, wanted=port, port=found, show=show), given)
    except GradebookError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo("\nStopped.")
