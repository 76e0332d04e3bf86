"""The command that opens the trainer's room: `singmuk room`."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import click

from singmuk.commands.course import COURSE
from singmuk.serving import LOOPBACK, announce, browse, free_port, inherited

#: `singmuk start` tells the room by these what belongs to it; none of them stands in a list of processes.
TOKEN, TICKET = "SINGMUK_ROOM_TOKEN", "SINGMUK_ROOM_TICKET"
DESK, FORMGRADER = "SINGMUK_ROOM_DESK", "SINGMUK_ROOM_FORMGRADER"
USUAL = 8510


@click.command()
@COURSE
@click.option("--hub", "of_hub", is_flag=True, help="Be a service of a JupyterHub, which says who somebody is.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where to listen.  [default: 8510, or as the hub says]")
@click.option("--host", help="With --hub: the address to listen at, in a container 0.0.0.0.  [default: 127.0.0.1]")
@click.option("--open/--no-open", "show", default=True, help="Open a browser; never with --hub.")
def room(root: Path, port: int | None, host: str | None, *, of_hub: bool, show: bool) -> None:
    """Open the trainer's room: how far each assignment is, and buttons to collect, grade, regrade and release.

    It shows numbers and no names. The address holds a secret and works on this machine alone. `singmuk start`
    opens the room together with the desk and the formgrader.

    With --hub people sign in through the hub that starts it: the campaign's trainers act, its auditors see the
    numbers (`campaign` and `groups` in desk.yml).

    \b
    Example:
        singmuk room
        singmuk room --port 9000 --no-open
        singmuk room --hub
    """
    from singmuk.desk.settings import SettingsError  # noqa: PLC0415  (a web server is not needed by others)
    from singmuk.gradebook.settings import GradebookError  # noqa: PLC0415

    if host and not of_hub:
        raise click.UsageError("--host: others would reach a room that knows nobody; use it with --hub, or leave it")
    try:
        well = _for_hub(root, host or LOOPBACK, port) if of_hub else _alone(root, USUAL if port is None else port, show)
    except (GradebookError, SettingsError) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo("\nStopped.")
    sys.exit(not well)


def _for_hub(root: Path, host: str, port: int | None) -> bool:
    """Serve the room of the course *root* as a hub's service; return whether that could be."""
    from singmuk.desk.room import run  # noqa: PLC0415
    from singmuk.hub import service  # noqa: PLC0415

    found = service.read(root, host, port, USUAL)
    return run.serve_for_hub(found, lambda: click.echo(f"The trainer's room: {found.address}"))


def _alone(root: Path, port: int, show: bool) -> bool:
    """Serve the room of the course *root* to this machine; return whether that could be."""
    from singmuk.desk.room import run  # noqa: PLC0415
    from singmuk.desk.room.access import Access  # noqa: PLC0415
    from singmuk.desk.room.app import Places  # noqa: PLC0415

    taken = os.environ.pop
    given = inherited()
    access = Access(
        taken(TOKEN, "") or secrets.token_urlsafe(32),
        taken(TICKET, "") or secrets.token_urlsafe(32),
        port if given else free_port(port),
    )
    places = Places(taken(DESK, None), taken(FORMGRADER, None))

    def open_door() -> None:
        site = f"http://{LOOPBACK}:{access.port}"
        announce(f"{site}/?token={access.token}", port, access.port, show=False)
        if show:
            browse(f"{site}/?token={access.ticket}")  # others may read a program's command line: this one works once

    return run.serve(root, access, places, open_door, given)
