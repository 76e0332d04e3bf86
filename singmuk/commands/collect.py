"""The command that takes in what was handed in: `singmuk collect`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from singmuk.commands.course import COURSE

if TYPE_CHECKING:
    from singmuk.desk.room.collecting import Sources
    from singmuk.gradebook.settings import Settings
    from singmuk.grading.intake import Report
    from singmuk.grading.pieces import Piece

    _Sent = Callable[[str], Iterable[Piece]]

#: Lines of the table that are shown; everything is in state/intake/refused/.
MOST = 50


@click.command()
@COURSE
@click.argument("assignment", required=False)
@click.argument("source", metavar="[FROM]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--roster", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV: name,id.")
def collect(root: Path, assignment: str | None, source: Path | None, roster: Path | None) -> None:
    """Take in what was handed in for ASSIGNMENT (all of them when none is named).

    Without FROM, from the desk and from nbgrader's exchange, whichever is there. FROM is a folder or a zip of
    what people sent in. What holds goes to state/submitted/, the newest of each participant; what does not is
    listed with the reason. Every original is kept in state/intake/. Nothing that was sent is run or unpacked,
    and a second run changes nothing.

    \b
    Whose a file is, in FROM:
        STUDENT/responses.json             the folder names the participant
        STUDENT/NAME/responses.json        so it does with the assignment's folder NAME in it
        STUDENT_responses.json             so do these names: responses-STUDENT.json, STUDENT.json
        STUDENT.zip, STUDENT/any.zip       the folder or the zip does; inside lies responses.json
        Chan_123_assignsubmission_file_/   the number does, as Moodle names its downloads
    With --roster, a CSV file with the columns name and id, such a name stands for the id beside it.
    The time is the file's; in a zip it is read by this machine's clock (set TZ where that is another's).

    \b
    Example:
        singmuk collect pdpo-basics
        singmuk collect pdpo-basics inbox/
        singmuk collect pdpo-basics download.zip --roster roster.csv
    """
    from singmuk.desk.store import StoreError  # noqa: PLC0415
    from singmuk.gradebook import settings  # noqa: PLC0415  (nbgrader is slow to load)
    from singmuk.grading.pieces import SourceError  # noqa: PLC0415
    from singmuk.grading.store import IntakeError  # noqa: PLC0415

    try:
        found = settings.read(root)
        names = _assignments(found, assignment)
        with ExitStack() as stack:
            there = _sent(stack, source, roster) if source else stack.enter_context(_handed_in(found))
            refused = sum(_tell(found, name, _take(found, name, there)) for name in names)
    except (settings.GradebookError, SourceError, IntakeError, StoreError) as fault:
        raise click.ClickException(str(fault)) from fault
    except KeyboardInterrupt:
        click.echo("Stopped. What was taken in is safe; run it again to go on.", err=True)
        sys.exit(130)
    sys.exit(bool(refused))


def _assignments(found: Settings, assignment: str | None) -> list[str]:
    released = found.root / found.coursedir.release_directory
    names = sorted(path.parent.name for path in released.glob("*/items.json"))
    if assignment is None and names:
        return names
    if assignment is None or assignment not in names:
        known = f"use one of {', '.join(names)}" if names else "`singmuk build` makes the releases"
        raise click.UsageError(f"{released.name}/{assignment or ''}: is no release; {known}")
    return [assignment]


@contextmanager
def _handed_in(found: Settings) -> Iterator[Sources]:
    """Open what people handed in to, and say what that is."""
    from singmuk.desk.room.collecting import sources  # noqa: PLC0415

    with sources(found) as there:
        click.echo(f"Taking from {' and '.join(there.places)}.")
        yield there


def _sent(stack: ExitStack, source: Path, roster: Path | None) -> _Sent:
    """Return what gives the pieces that lie in *source*, by the name of an assignment."""
    from singmuk.grading import sources, whose, zips  # noqa: PLC0415

    try:
        names = whose.roster(roster) if roster else None
    except (OSError, ValueError) as fault:
        raise click.ClickException(f"--roster: {fault}") from fault
    if source.is_dir():
        return sources.SentIn(source, names).pieces
    if source.suffix.lower() == ".zip" and source.is_file():
        file = stack.enter_context(source.open("rb"))
        return lambda name: zips.of_many(source, file, name, names)
    raise click.UsageError(f"{source}: is neither a folder nor a zip; put the file into a folder and name that")


def _take(found: Settings, name: str, there: Sources | _Sent) -> Report:
    from singmuk.desk.room import collecting  # noqa: PLC0415
    from singmuk.grading import intake  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def track(students: list[str]) -> Iterator[str]:
            yield from progress.track(students, description=f"Collecting {name}")

        if isinstance(there, collecting.Sources):
            return collecting.collect(found, name, there, track)
        return intake.take(there(name), collecting.places(found, name), track=track)


def _tell(found: Settings, name: str, report: Report) -> int:
    """Print what became of the submissions, return how many were refused.

    What people named themselves is shown, never obeyed.
    """
    counts = {
        "new": len(report.new),
        "newer than the one before": len(report.replaced),
        "as before": len(report.same),
        "older than the one here": len(report.older),
        "refused": len(report.refused),
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    click.echo(f"{name}: {told or 'nothing was handed in'}.")
    if not report.written:
        click.echo("Nothing changed.")
    for note in report.notes[:MOST]:
        click.echo(f"Note: {note}", err=True)
    if len(report.notes) > MOST:
        click.echo(f"… and {len(report.notes) - MOST:,} more notes.", err=True)
    if not report.refused:
        return 0
    table = Table("Refused", "Participant", "Why, and what to do", title=None)
    for refusal in report.refused[:MOST]:
        table.add_row(Text(refusal.place), Text(refusal.student), Text("\n".join(refusal.reasons)))
    Console().print(table)
    if len(report.refused) > MOST:
        click.echo(f"… and {len(report.refused) - MOST:,} more.")
    intake = (Path(found.coursedir.submitted_directory).parent / "intake").as_posix()
    click.echo(f"Originals and reasons are in {intake}/refused/{name}/.")
    return len(report.refused)
