"""The command that lets the desk show feedback: `singmuk release`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from singmuk.commands.course import COURSE
from singmuk.commands.grade import MOST, Bar, progress_bar, told


@click.command()
@COURSE
@click.argument("assignment")
@click.option("--waiting", is_flag=True, help="Also to those whose text a trainer has yet to read.")
def release(root: Path, assignment: str, *, waiting: bool) -> None:
    """Let the desk show feedback on ASSIGNMENT: to each participant their own page, their points, passed or not.

    It brings the pages up to date first, as `singmuk feedback` does. Whoever's text waits for a trainer is left
    out and counted. Run it again after texts were read or points were changed: only what changed is written.

    \b
    Example:
        singmuk release pdpo-basics
        singmuk release pdpo-basics --waiting
    """
    from singmuk.desk.room.releasing import release as releasing  # noqa: PLC0415  (nbgrader is slow to load)
    from singmuk.load import CourseError  # noqa: PLC0415

    try:
        with told("What was released is whole; run the command again to go on."), progress_bar() as progress:
            bar = Bar(progress, f"Writing feedback on {assignment}")
            done = releasing(root, assignment, waiting=waiting, advance=bar)
    except CourseError as fault:
        raise click.ClickException(str(fault)) from fault
    if done.skipped:
        click.echo("No feedback:", err=True)
        for student, why in done.skipped[:MOST]:
            click.echo(f"{student}: {why}", err=True)
        if len(done.skipped) > MOST:
            click.echo(f"… and {len(done.skipped) - MOST} more", err=True)
    click.echo(f"{assignment}: {done.changed:,} released to the desk, {done.same:,} there as before.")
    if done.held:
        click.echo(f"{done.held:,} left out: their text waits for a trainer (`singmuk trainer`, or --waiting).")
    if done.waiting:
        click.echo(f"{done.waiting:,} of them still wait for a trainer to read their text.")
    sys.exit(bool(done.skipped))
