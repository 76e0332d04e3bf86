"""The commands that grade: `singmuk grade` and `singmuk regrade`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from singmuk.commands.course import COURSE

if TYPE_CHECKING:
    from singmuk.gradebook.run import Tally

#: Lines of one sort that are shown; more are counted.
MOST = 20

WORKERS = click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: os.cpu_count() or 1,
    show_default="one for each processor",
    help="How many processes read and score; one writes.",
)


@contextmanager
def told_of(sort: type[Exception], stopped: str) -> Iterator[None]:
    """Turn a fault of the *sort* into a message; *stopped* says how things stand after Ctrl-C."""
    try:
        yield
    except sort as fault:
        raise click.ClickException(str(fault)) from fault
    except KeyboardInterrupt:
        click.echo(f"Stopped. {stopped}", err=True)
        sys.exit(130)


def told(again: str) -> AbstractContextManager[None]:
    """Turn what can go wrong into a message; *again* says how to go on after Ctrl-C."""
    from singmuk.gradebook.settings import GradebookError  # noqa: PLC0415  (nbgrader is slow to load)

    return told_of(GradebookError, again)


class Bar:
    """A progress bar on a terminal; called with how many more are done, and of how many."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._what = what
        self._task: TaskID | None = None

    def __call__(self, more: int, whole: int) -> None:
        """Show that *more* are done, of the *whole*."""
        if self._task is None:
            self._task = self._progress.add_task(self._what, total=whole)
        self._progress.update(self._task, advance=more)


def progress_bar() -> Progress:
    """Return an empty progress bar, which shows on a terminal alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _listed(rows: list[tuple[str, str]], name: str) -> None:
    for student, why in rows[:MOST]:
        click.echo(f"submitted/{student}/{name}: {why}", err=True)
    if len(rows) > MOST:
        click.echo(f"… and {len(rows) - MOST} more of this sort", err=True)


@click.command()
@COURSE
@WORKERS
@click.argument("assignment", required=False)
def grade(root: Path, assignment: str | None, *, workers: int) -> None:
    """Grade what was handed in: points into nbgrader's gradebook, both it and graded notebooks in state/.

    Without ASSIGNMENT, every assignment that somebody handed in. It may be stopped at any time: the next run goes
    on. What was graded from the same responses is left alone; for a corrected key there is `singmuk regrade`.

    \b
    Example:
        singmuk grade
        singmuk grade pdpo-basics --workers 4
    """
    from singmuk.gradebook import run  # noqa: PLC0415  (nbgrader is slow to load)

    bad = False
    with told("What was graded is kept; run the command again to go on."):
        for name in [assignment] if assignment else run.handed_in(root):
            with progress_bar() as progress:
                tally = run.grade(root, name, workers=workers, advance=Bar(progress, f"Grading {name}"))
            bad = _say(name, tally) or bad
    sys.exit(bad)


def _say(name: str, tally: Tally) -> bool:
    """Tell what became of the submissions; return whether a trainer has to do something."""
    from singmuk.gradebook.marks import Fate  # noqa: PLC0415

    if tally.empty:
        click.echo("Graded as nothing, the reason stands in the graded notebook:", err=True)
        _listed(tally.empty, name)
    if tally.refused:
        click.echo("Not graded:", err=True)
        _listed(tally.refused, name)
    click.echo(f"{name}: {tally.fates[Fate.GRADED]:,} graded, {tally.fates[Fate.UNCHANGED]:,} unchanged.")
    if held := tally.fates[Fate.HELD]:
        click.echo(
            f"{name}: {held:,} keep the points they had, because the same responses would now earn others. "
            f'If a key was corrected: singmuk regrade {name} --reason "…"',
            err=True,
        )
    return bool(tally.refused or held)


@click.command()
@COURSE
@WORKERS
@click.argument("assignment")
@click.option("--reason", required=True, help="What was wrong; kept with the old points.")
@click.option("--dry-run", is_flag=True, help="Write nothing; only say what would change.")
def regrade(root: Path, assignment: str, reason: str, *, dry_run: bool, workers: int) -> None:
    """Grade ASSIGNMENT again after a corrected key: new points for everybody, or for nobody if it is stopped.

    The old points are kept in the gradebook's table singmuk_history with date and reason. Points and comments by
    a trainer, and extra credit, stay. No names are shown.

    \b
    Example:
        singmuk regrade pdpo-basics --reason "the key of may-it-go-in was wrong" --dry-run
        singmuk regrade pdpo-basics --reason "the key of may-it-go-in was wrong"
    """
    from singmuk.gradebook import run  # noqa: PLC0415  (nbgrader is slow to load)

    if not reason.strip():
        raise click.UsageError("--reason is empty; say what was wrong, it is kept with the old points")
    with told("Nothing was changed in the gradebook; run the command again."), progress_bar() as progress:
        bar = Bar(progress, f"Regrading {assignment}")
        shift = run.regrade(root, assignment, reason.strip(), dry_run=dry_run, workers=workers, advance=bar)
    click.echo(f"{assignment}: {sum(shift.by.values()):,} submissions{', nothing written' if dry_run else ''}.")
    for word, sign in (("up", 1), ("down", -1)):
        part = shift.part(sign)
        click.echo(f"  {word:<5}{sum(part.values()):>7,}{_by(part)}")
    click.echo(f"  {'same':<5}{shift.by[0.0]:>7,}")
    if shift.trainers:
        click.echo(f"In {shift.trainers:,} cells a trainer's points count as before.")
    if shift.newer:
        click.echo(f"{shift.newer:,} handed in again or for the first time since: run `singmuk grade {assignment}`.")
    if not dry_run:
        click.echo("The old points are in the gradebook's table singmuk_history, with the date and the reason.")


def _by(part: dict[float, int]) -> str:
    """Return by how much participants moved: least, most, mean."""
    if not part:
        return ""
    sizes = sorted(abs(by) for by in part)
    mean = sum(abs(by) * many for by, many in part.items()) / sum(part.values())
    span = f"{sizes[0]:g}" if len(sizes) == 1 else f"{sizes[0]:g} to {sizes[-1]:g}, {mean:.2f} on average"
    return f"  by {span}"
