"""The command that tells each participant what was right and why: `singmuk feedback`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from singmuk.commands.course import COURSE
from singmuk.commands.grade import MOST, Bar, progress_bar, told


@click.command()
@COURSE
@click.argument("assignment")
def feedback(root: Path, assignment: str) -> None:
    """Write each participant's feedback on ASSIGNMENT to state/feedback/, a page in both languages.

    It tells points, what is best, why, and what a trainer wrote. What did not change is left alone, so run it
    again after texts were read. Hand it out with `nbgrader release_feedback ASSIGNMENT`, or send the page.

    \b
    Example:
        singmuk feedback pdpo-basics
        nbgrader release_feedback pdpo-basics
    """
    from singmuk.feedback import run  # noqa: PLC0415  (nbgrader is slow to load)

    with told("The pages that were written are whole; run the command again to go on."), progress_bar() as progress:
        tally = run.feedback(root, assignment, Bar(progress, f"Writing feedback on {assignment}"))
    if tally.skipped:
        click.echo("No feedback:", err=True)
        for student, why in tally.skipped[:MOST]:
            click.echo(f"{student}: {why}", err=True)
        if len(tally.skipped) > MOST:
            click.echo(f"… and {len(tally.skipped) - MOST} more", err=True)
    click.echo(f"{assignment}: {tally.written:,} written, {tally.unchanged:,} unchanged, in state/feedback/.")
    if tally.waiting:
        click.echo(f"{tally.waiting:,} wait for a trainer to read their text: `singmuk trainer`, then run this again.")
    sys.exit(bool(tally.skipped))
