"""How far an assignment has come, as numbers: who begun, handed in, was graded; never who."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import case, create_engine, event, func, select
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from singmuk.desk.room.collecting import desk_url
from singmuk.desk.room.releasing import CLOSE
from singmuk.desk.store import Office, Progress, StoreError, open_office
from singmuk.gradebook import tables
from singmuk.gradebook.settings import GradebookError, Settings

#: A share of fewer people would tell of single ones.
LEAST = 10
#: Seconds to wait for a database that somebody writes to; then the numbers of the last time are shown.
PATIENCE_MS = 1500
T = TypeVar("T")


@dataclass(frozen=True)
class Graded:
    """What the gradebook says of an assignment."""

    graded: int = 0
    waiting: int = 0  # a text is to be read by a trainer
    passed: int = 0  # of those of whom nothing waits


@dataclass(frozen=True)
class Counts:
    """How many participants have come how far; None where there is no desk, or it does not answer."""

    begun: int | None
    handed_in: int | None
    released: int | None
    collected: int
    graded: int
    waiting: int
    passed: int

    @property
    def final(self) -> int:
        """Return how many have all their points."""
        return self.graded - self.waiting

    @property
    def share(self) -> int | None:
        """Return the percentage of those with all their points who passed; None for fewer than ten.

        Nearly all and nearly none are told as 95 and 5: exactly all would tell of each.
        """
        if self.final < LEAST:
            return None
        return min(95, max(5, round(100 * self.passed / self.final)))

    @property
    def to_collect(self) -> int:
        """Return how many handed in at the desk and are not collected."""
        return max(0, (self.handed_in or 0) - self.collected)


class Counting:
    """Counts in the course *found*; keeps the last numbers for when a database is being written to."""

    def __init__(self, found: Settings) -> None:
        self._found = found
        self._office: Office | None = None
        self._gradebook: Engine | None = None
        self._last: dict[tuple[str, str], object] = {}

    def close(self) -> None:
        """Let the databases go."""
        if self._office is not None:
            self._office.close()
        if self._gradebook is not None:
            self._gradebook.dispose()

    def of(self, name: str, needed: float) -> Counts:
        """Return how far the assignment *name* has come; who has *needed* points has passed."""
        desk = self._kept("desk", name, lambda: self._desk(name), None)
        graded = self._kept("book", name, lambda: self._graded(name, needed), Graded())
        return Counts(
            begun=desk.begun if desk else None,
            handed_in=desk.handed_in if desk else None,
            released=desk.feedback if desk else None,
            collected=self._collected(name),
            graded=graded.graded,
            waiting=graded.waiting,
            passed=graded.passed,
        )

    def _kept(self, place: str, name: str, ask: Callable[[], T], otherwise: T) -> T:
        try:
            found = ask()
        except (SQLAlchemyError, StoreError, GradebookError, OSError):
            return self._last.get((place, name), otherwise)  # type: ignore[return-value]
        self._last[place, name] = found
        return found

    def _desk(self, name: str) -> Progress | None:
        if self._office is None:
            url = desk_url(self._found.root)
            if url is None:
                return None
            self._office = open_office(url)
        return self._office.progress(name)

    def _collected(self, name: str) -> int:
        before, _, after = str(self._found.folder("submitted", "\0", name)).partition("\0")
        try:
            with os.scandir(before) as people:
                return sum(Path(f"{before}{one.name}{after}").is_dir() for one in people if one.name[0] != ".")
        except OSError:
            return 0

    def _graded(self, name: str, needed: float) -> Graded:
        if self._gradebook is None:
            url = make_url(self._found.db_url)
            lite = url.get_backend_name() == "sqlite"
            if lite and not Path(url.database or "").is_file():
                return Graded()
            self._gradebook = create_engine(url)
            if lite:
                event.listen(self._gradebook, "connect", _only_read)
        with self._gradebook.connect() as connection:
            return _graded(connection, name, needed)


def _only_read(connection: object, _record: object) -> None:
    for pragma in (f"busy_timeout={PATIENCE_MS}", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _graded(connection: Connection, name: str, needed: float) -> Graded:
    """Return what the gradebook at *connection* says, counted as feedback counts it."""
    book, sent, grade = tables.SUBMITTED.c, tables.SUBMISSION.c, tables.GRADE.c
    unset = grade.auto_score.is_(None) & grade.manual_score.is_(None)
    points = func.coalesce(grade.manual_score, grade.auto_score) + func.coalesce(grade.extra_credit, 0.0)
    earned = (
        select(
            grade.notebook_id,
            func.sum(case((unset, 0.0), else_=points)).label("points"),
            func.sum(case((unset, 1), else_=0)).label("unset"),
        )
        .group_by(grade.notebook_id)
        .subquery()
    )
    total = func.coalesce(earned.c.points, 0.0) - func.coalesce(book.late_submission_penalty, 0.0)
    waits = func.coalesce(earned.c.unset, 0) > 0
    passed = ~waits & (total >= needed - CLOSE)
    row = connection.execute(
        select(
            func.count(book.id),
            func.coalesce(func.sum(case((waits, 1), else_=0)), 0),
            func.coalesce(func.sum(case((passed, 1), else_=0)), 0),
        )
        .join_from(tables.SUBMISSION, tables.SUBMITTED, book.assignment_id == sent.id)
        .join(tables.ASSIGNMENT, tables.ASSIGNMENT.c.id == sent.assignment_id)
        .join(tables.NOTEBOOK, tables.NOTEBOOK.c.id == book.notebook_id)
        .outerjoin(earned, earned.c.notebook_id == book.id)
        .where(tables.ASSIGNMENT.c.name == name, tables.NOTEBOOK.c.name == name)
    ).one()
    return Graded(int(row[0]), int(row[1]), int(row[2]))
