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


@click.command()
@COURSE
@click.option("--port", type=click.IntRange(0, 65535), default=8510, show_default=True, help="Where to listen.")
@click.option("--open/--no-open", "show", default=True, help="Open a browser.")
def room(root: Path, port: int, *, show: bool) -> None:
    """Open the trainer's room: how far each assignment is, and buttons to collect, grade, regrade and release.

    It shows numbers and no names. The address holds a secret and works on this machine alone. `singmuk start`
    opens the room together with the desk and the formgrader.

    \b
    Example:
        singmuk room
        singmuk room --port 9000 --no-open
    """
    from singmuk.desk.room import run  # noqa: PLC0415  (a web server is not needed by the other commands)
    from singmuk.desk.room.access import Access  # noqa: PLC0415
    from singmuk.desk.room.app import Places  # noqa: PLC0415
    from singmuk.desk.settings import SettingsError  # noqa: PLC0415
    from singmuk.gradebook.settings import GradebookError  # noqa: PLC0415

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

    try:
        well = run.serve(root, access, places, open_door, given)
    except (GradebookError, SettingsError) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo("\nStopped.")
    sys.exit(not well)
