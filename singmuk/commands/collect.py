"""The command that takes in what was handed in: `singmuk collect`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from singmuk.commands.course import COURSE

if TYPE_CHECKING:
    from singmuk.gradebook.settings import Settings
    from singmuk.grading.intake import Report
    from singmuk.grading.pieces import Piece
    from singmuk.grading.sources import Inbound

#: Lines of the table that are shown; everything is in intake/refused/.
MOST = 50


@click.command()
@COURSE
@click.argument("assignment", required=False)
@click.argument("source", metavar="[FROM]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--roster", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV: name,id.")
def collect(root: Path, assignment: str | None, source: Path | None, roster: Path | None) -> None:
    """Take in what was handed in for ASSIGNMENT (all of them when none is named).

    Without FROM, from nbgrader's exchange. FROM is a folder or a zip of what people sent in. What holds goes
    to submitted/, the newest of each participant; what does not is listed with the reason. Every original is
    kept in intake/. Nothing that was sent is run or unpacked, and a second run changes nothing.

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
    from singmuk.gradebook import settings  # noqa: PLC0415  (nbgrader is slow to load)
    from singmuk.grading.pieces import SourceError  # noqa: PLC0415
    from singmuk.grading.store import IntakeError  # noqa: PLC0415

    try:
        found = settings.read(root)
        refused = 0
        for name in _assignments(found, assignment):
            report = _take(found, name, source, roster)
            _tell(name, report)
            refused += len(report.refused)
    except (settings.GradebookError, SourceError, IntakeError) as fault:
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


def _take(found: Settings, name: str, source: Path | None, roster: Path | None) -> Report:
    from singmuk.grading import intake, sources, whose, zips  # noqa: PLC0415

    directory = found.coursedir
    where = intake.places(
        found.root, found.root / directory.release_directory, found.root / directory.submitted_directory, name
    )
    try:
        names = whose.roster(roster) if roster else None
    except (OSError, ValueError) as fault:
        raise click.ClickException(f"--roster: {fault}") from fault
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ExitStack() as stack:
        due = None
        pieces: Iterable[Piece]
        if source is None:
            inbound, due = _exchange(found, name)
            pieces = inbound.pieces(name)
        elif source.is_dir():
            pieces = sources.SentIn(source, names).pieces(name)
        elif source.suffix.lower() == ".zip" and source.is_file():
            pieces = zips.of_many(source, stack.enter_context(source.open("rb")), name, names)
        else:
            raise click.UsageError(f"{source}: is neither a folder nor a zip; put the file into a folder and name that")
        progress = stack.enter_context(Progress(*columns, console=Console(stderr=True)))

        def track(students: list[str]) -> Iterator[str]:
            yield from progress.track(students, description=f"Collecting {name}")

        return intake.take(pieces, where, due=due, track=track)


def _exchange(found: Settings, name: str) -> tuple[Inbound, datetime | None]:
    """Return the exchange's inbound folder as nbgrader is configured, and the due date where it counts."""
    from nbgrader.api import Gradebook, MissingEntry  # noqa: PLC0415
    from nbgrader.exchange import ExchangeFactory  # noqa: PLC0415
    from nbgrader.exchange.default import ExchangeCollect  # noqa: PLC0415

    from singmuk.gradebook.settings import hushed  # noqa: PLC0415
    from singmuk.grading.pieces import SourceError  # noqa: PLC0415
    from singmuk.grading.sources import Inbound as Exchange  # noqa: PLC0415

    with hushed():
        collecting = ExchangeFactory(config=found.config).Collect(coursedir=found.coursedir, config=found.config)
    if not isinstance(collecting, ExchangeCollect):
        raise SourceError(
            "nbgrader_config.py: the exchange is no folder; fetch with `nbgrader collect`, then collect from there"
        )
    if not found.coursedir.course_id:
        raise SourceError("nbgrader_config.py: c.CourseDirectory.course_id is empty; the exchange is named by it")
    due = None
    if collecting.before_duedate:
        with Gradebook(found.db_url, found.coursedir.course_id) as gradebook:
            try:
                due = gradebook.find_assignment(name).duedate
            except MissingEntry:
                due = None
    folder = Path(collecting.root) / found.coursedir.course_id / "inbound"
    return (
        Exchange(folder, collecting.timezone, collecting.check_owner),
        due.replace(tzinfo=UTC) if due else None,
    )


def _tell(name: str, report: Report) -> None:
    """Print what became of the submissions; what people named themselves is shown, never obeyed."""
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
        return
    table = Table("Refused", "Participant", "Why, and what to do", title=None)
    for refusal in report.refused[:MOST]:
        table.add_row(Text(refusal.place), Text(refusal.student), Text("\n".join(refusal.reasons)))
    Console().print(table)
    if len(report.refused) > MOST:
        click.echo(f"… and {len(report.refused) - MOST:,} more.")
    click.echo(f"Originals and reasons are in intake/refused/{name}/.")
