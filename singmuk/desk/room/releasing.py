"""Release feedback: bring everybody's page up to date, and have the desk show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy.engine import Engine

from singmuk.desk.room.collecting import opened
from singmuk.desk.store import FeedbackRow
from singmuk.feedback import run
from singmuk.feedback.results import results, students
from singmuk.gradebook.settings import GradebookError

#: A total may differ from the pass mark in its last bit.
CLOSE = 1e-9


@dataclass
class Released:
    """What became of the participants' feedback."""

    changed: int = 0  # new on the desk, or other than before
    same: int = 0
    held: int = 0  # left out: a text waits for a trainer
    waiting: int = 0  # released with a text that waits for a trainer
    skipped: list[tuple[str, str]] = field(default_factory=list)  # participant and why


def release(
    root: Path, name: str, *, waiting: bool = False, advance: run.Advance = lambda _more, _all: None
) -> Released:
    """Make the feedback on the assignment *name* of the course *root* current, and put it into the desk's store.

    Whoever's text a trainer has yet to read is left out, unless *waiting*. A second run changes nothing. Raises
    `GradebookError`, and `load.CourseError` for a faulty course.
    """
    told = Released()
    with opened(root) as office:
        if office is None:
            raise GradebookError(
                "the desk has no database yet; start it with `singmuk start`. Without a desk, `singmuk feedback` "
                "writes the pages and `nbgrader release_feedback` hands them out"
            )
        told.skipped = run.feedback(root, name, advance).skipped
        with run.opened(root, name) as (maker, engine):
            told.changed = office.put_feedback(name, _rows(maker, engine, told, also_waiting=waiting))
        told.same -= told.changed
    return told


def _rows(maker: run.Press, engine: Engine, told: Released, *, also_waiting: bool) -> Iterator[FeedbackRow]:
    """Yield what the desk shall show, and count in *told* who is left out."""
    needed, most = maker.pages.assignment.pass_mark.points, maker.pages.assignment.points
    excluded = {*str(maker.settings.coursedir.student_id_exclude).split(","), *(one for one, _ in told.skipped)}
    with engine.connect() as connection:
        names = iter([one for one in students(connection, maker.known) if one not in excluded])
    while batch := list(islice(names, run.BATCH)):
        with engine.connect() as connection:
            found = results(connection, maker.known, maker.worth, batch)
        for student in batch:
            result = found[student]
            if result.waiting and not also_waiting:
                told.held += 1
                continue
            told.waiting += bool(result.waiting)
            told.same += 1
            open_ = result.waiting or maker.pages.assignment.pass_mark.compare
            passed = None if open_ else result.total >= needed - CLOSE
            page = maker.folders(student)[1] / f"{maker.known.name}.html"
            yield FeedbackRow(student, page.read_text(encoding="utf-8"), result.total, most, passed)
