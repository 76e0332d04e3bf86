"""What a participant earned, as the gradebook holds it: points of rule and trainer, comments, what was late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.engine import Connection

from singmuk.gradebook import tables
from singmuk.gradebook.known import Known


@dataclass(frozen=True)
class Earned:
    """The points of one item: by rule, by a trainer, on top; None where nobody set any."""

    most: float
    auto: float | None = None
    manual: float | None = None
    extra: float | None = None
    comment: str = ""

    @property
    def open(self) -> bool:
        """Whether a trainer has yet to set points."""
        return self.auto is None and self.manual is None

    @property
    def points(self) -> float:
        """Return the points that count, as nbgrader counts them; 0 while they are open."""
        if self.open:
            return 0.0
        return (self.auto or 0.0 if self.manual is None else self.manual) + (self.extra or 0.0)


@dataclass(frozen=True)
class Result:
    """What one participant earned in one assignment."""

    student: str
    items: Mapping[str, Earned]  # by scenario
    penalty: float = 0.0
    version: str = ""  # with which key it was graded; empty: by nbgrader's own command
    responses: str | None = None  # the sha256 of what was graded; None: nobody noted it

    @property
    def total(self) -> float:
        """Return the points of all items less what was taken off for being late."""
        return max(0.0, sum(earned.points for earned in self.items.values()) - self.penalty)

    @property
    def waiting(self) -> float:
        """Return the points that a trainer may still give."""
        return sum(earned.most for earned in self.items.values() if earned.open)


@dataclass
class _Rows:
    """What was read of one submission."""

    student: str
    submission: str
    penalty: float
    grades: dict[str, tuple[float | None, float | None, float | None]] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


def students(connection: Connection, known: Known) -> list[str]:
    """Return who was graded in the assignment, in order."""
    sent, book = tables.SUBMISSION.c, tables.SUBMITTED.c
    there = select(sent.student_id).join(tables.SUBMITTED, book.assignment_id == sent.id)
    there = there.where(sent.assignment_id == known.assignment, book.notebook_id == known.notebook)
    return sorted(connection.scalars(there))


def results(
    connection: Connection, known: Known, worth: Mapping[str, float], names: Sequence[str]
) -> dict[str, Result]:
    """Return what the participants *names* earned, by participant; *worth* is what each scenario gives at most."""
    rows = _notebooks(connection, known, names)
    if not rows:
        return {}
    cells = {cell: name for name, cell in known.cells.items()}
    grade, comment, graded = tables.GRADE.c, tables.COMMENT.c, tables.GRADED.c
    asked = select(grade.notebook_id, grade.cell_id, grade.auto_score, grade.manual_score, grade.extra_credit)
    for row in connection.execute(asked.where(grade.notebook_id.in_(list(rows)))):
        points = (row.auto_score, row.manual_score, row.extra_credit)
        rows[row.notebook_id].grades[cells.get(row.cell_id, "")] = points
    named = {cell: name for name, cell in known.commented.items()}
    said = select(comment.notebook_id, comment.cell_id, comment.auto_comment, comment.manual_comment)
    for row in connection.execute(said.where(comment.notebook_id.in_(list(rows)))):
        text = row.auto_comment if row.manual_comment is None else row.manual_comment
        rows[row.notebook_id].comments[named.get(row.cell_id, "")] = text or ""
    ours = {
        row.submission_id: row
        for row in connection.execute(
            select(graded.submission_id, graded.version, graded.responses).where(
                graded.submission_id.in_([one.submission for one in rows.values()])
            )
        )
    }
    found = {}
    for one in rows.values():
        noted = ours.get(one.submission)
        items = {
            name: Earned(most, *one.grades.get(name, (0.0, None, None)), comment=one.comments.get(name, ""))
            for name, most in worth.items()
        }
        version, responses = (noted.version, noted.responses) if noted else ("", None)
        found[one.student] = Result(one.student, items, one.penalty, version, responses)
    return found


def _notebooks(connection: Connection, known: Known, names: Sequence[str]) -> dict[str, _Rows]:
    sent, book = tables.SUBMISSION.c, tables.SUBMITTED.c
    rows = connection.execute(
        select(book.id, sent.id.label("submission"), sent.student_id, book.late_submission_penalty)
        .join_from(tables.SUBMISSION, tables.SUBMITTED, book.assignment_id == sent.id)
        .where(
            sent.assignment_id == known.assignment,
            book.notebook_id == known.notebook,
            sent.student_id.in_(list(names)),
        )
    )
    return {row.id: _Rows(row.student_id, row.submission, row.late_submission_penalty or 0.0) for row in rows}
