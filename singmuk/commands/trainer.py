"""The command that opens the trainer's room: `singmuk trainer`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from singmuk.commands.course import COURSE
from singmuk.serving import LOOPBACK, announce, free_port, inherited

USUAL = 8800


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
@click.option("--hub", "of_hub", is_flag=True, help="Be a service of a JupyterHub, which says who somebody is.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where to listen.  [default: 8800, or as the hub says]")
@click.option(
    "--ip", callback=_loopback, default=LOOPBACK, show_default=True, help="This machine; nothing else is taken."
)
@click.option("--host", help="With --hub: the address to listen at, in a container 0.0.0.0.  [default: 127.0.0.1]")
@click.option("--open/--no-open", "show", default=True, help="Open a browser; never with --hub.")
def trainer(
    root: Path,
    port: int | None,
    ip: str,  # noqa: ARG001  (checked as it is read)
    host: str | None,
    *,
    of_hub: bool,
    show: bool,
) -> None:
    """Open nbgrader's formgrader on this course: read written texts, give points, write comments.

    The address holds a secret and works on this machine alone. If the port is taken, the next free one is used
    and named. Nothing that was handed in is run. Afterwards `singmuk feedback` tells participants.

    With --hub people sign in through the hub that starts it, and the campaign's trainers alone come in
    (`campaign` and `groups` in desk.yml).

    \b
    Example:
        singmuk trainer
        singmuk trainer --port 9000 --no-open
        singmuk trainer --hub
    """
    from singmuk import trainer as room  # noqa: PLC0415  (Jupyter's server is not needed by the other commands)
    from singmuk.desk.settings import SettingsError  # noqa: PLC0415
    from singmuk.gradebook.settings import GradebookError  # noqa: PLC0415

    if host and not of_hub:
        raise click.UsageError("--host: others would reach what people wrote; use it with --hub, or leave it out")
    try:
        if of_hub:
            _for_hub(root, host or LOOPBACK, port)
        else:
            given = inherited()
            wanted = USUAL if port is None else port
            found = wanted if given else free_port(wanted)
            room.serve(root, found, partial(announce, wanted=wanted, port=found, show=show), given)
    except (GradebookError, SettingsError) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo("\nStopped.")


def _for_hub(root: Path, host: str, port: int | None) -> None:
    """Serve the formgrader of the course *root* as a hub's service."""
    from singmuk.hub import service  # noqa: PLC0415

    found = service.read(root, host, port, USUAL)
    try:
        from singmuk.hub import grader  # noqa: PLC0415
    except ModuleNotFoundError as fault:
        raise click.ClickException(f"{fault.name} is not installed; install singmuk[hub]") from fault
    grader.serve(found, lambda: click.echo(f"The formgrader: {found.address}"))
