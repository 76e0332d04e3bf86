"""One writer: reads what the gradebook holds of some submissions and writes what they earned, in batches.

The rows are those that `nbgrader autograde` writes; a test compares the two databases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from nbgrader import api
from sqlalchemy import Boolean, Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from singmuk.gradebook import tables
from singmuk.gradebook.known import Known
from singmuk.gradebook.marks import Before, Mark, Sheet, time_of

_Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Held:
    """What the gradebook holds of a submission before it is written."""

    submission: str
    notebook: str | None
    timestamp: datetime | None
    due: datetime | None


class Writer:
    """Writes the submissions of one assignment; the caller opens and closes the transaction."""

    def __init__(self, known: Known, plugin: Any) -> None:
        self.known = known
        self.plugin = plugin
        self._names = {cell: name for name, cell in known.cells.items()}

    def sheets(self, connection: Connection, students: Sequence[str], version: str) -> list[Sheet]:
        """Return what has to be known to mark *students*, in their order."""
        held = self._held(connection, students)
        graded = tables.GRADED.c
        rows = connection.execute(
            select(tables.GRADED).where(graded.assignment == self.known.name, graded.student_id.in_(students))
        )
        ours = {row.student_id: row for row in rows}
        befores: dict[str, Before] = {}
        for student, mine in held.items():
            row = ours.get(student)
            if row is not None and row.submission_id == mine.submission:
                befores[student] = Before(row.release, row.responses, row.handed_in, row.version)
            elif mine.notebook is not None:
                befores[student] = Before("", None, "", "")  # by nbgrader's own command
        other = [held[student].notebook or "" for student, before in befores.items() if before.version != version]
        points = self._points(connection, other)
        return [
            Sheet(
                student,
                str((held[student].due if student in held else self.known.due) or ""),
                replace(befores[student], points=points.get(held[student].notebook or ""))
                if student in befores
                else None,
            )
            for student in students
        ]

    def write(self, connection: Connection, marks: Iterable[Mark]) -> dict[str, dict[str, tuple[Any, Any, Any]]]:
        """Write the *marks*, each of another participant.

        Returns by participant and cell what stood there before: automatic points, manual points, extra credit.
        """
        by_student = {mark.student: mark for mark in marks}
        held = self._held(connection, list(by_student))
        self._add_students(connection, [student for student in by_student if student not in held])
        fresh: _Rows = []
        for student, mark in by_student.items():
            time = time_of(mark.timestamp) if mark.timestamp else None
            if student not in held:
                held[student] = Held(uuid4().hex, None, time, self.known.due)
                row = {"id": held[student].submission, "assignment_id": self.known.assignment, "student_id": student}
                fresh.append({**row, "timestamp": time, "extension": None})
        add(connection, tables.SUBMISSION, fresh)
        self._touch(connection, by_student, held)
        notebooks = self._notebooks(connection, held)
        old = [mine.notebook for mine in held.values() if mine.notebook]  # those of this run have no rows yet
        there = self._grades(connection, notebooks, old, by_student)
        self._comments(connection, notebooks, old)
        self._penalties(connection, by_student, held, notebooks)
        self._remember(connection, by_student, held)
        return there

    def _held(self, connection: Connection, students: Sequence[str]) -> dict[str, Held]:
        sent, book = tables.SUBMISSION.c, tables.SUBMITTED.c
        rows = connection.execute(
            select(sent.id, sent.student_id, sent.timestamp, sent.extension, book.id.label("notebook"))
            .join_from(
                tables.SUBMISSION,
                tables.SUBMITTED,
                (book.assignment_id == sent.id) & (book.notebook_id == self.known.notebook),
                isouter=True,
            )
            .where(sent.assignment_id == self.known.assignment, sent.student_id.in_(students))
        )
        due = self.known.due
        return {
            row.student_id: Held(
                row.id, row.notebook, row.timestamp, due + row.extension if due and row.extension else due
            )
            for row in rows
        }

    def _rows(self, connection: Connection, notebooks: list[str]) -> Sequence[Any]:
        """Return what is written of the cells in *notebooks*, found by cell first: so nbgrader's index is sorted."""
        grade = tables.GRADE.c
        return connection.execute(
            select(
                grade.id, grade.notebook_id, grade.cell_id, grade.auto_score, grade.manual_score, grade.extra_credit
            ).where(grade.cell_id.in_(list(self._names)), grade.notebook_id.in_(notebooks))
        ).all()

    def _points(self, connection: Connection, notebooks: list[str]) -> dict[str, dict[str, float | None]]:
        found: dict[str, dict[str, float | None]] = {}
        for row in self._rows(connection, notebooks):
            found.setdefault(row.notebook_id, {})[self._names[row.cell_id]] = row.auto_score
        return found

    def _add_students(self, connection: Connection, students: list[str]) -> None:
        person = tables.STUDENT.c.id
        there = set(connection.scalars(select(person).where(person.in_(students)))) if students else set()
        empty = {"first_name": None, "last_name": None, "email": None, "lms_user_id": None}
        add(connection, tables.STUDENT, [{"id": one, **empty} for one in students if one not in there])

    def _touch(self, connection: Connection, marks: Mapping[str, Mark], held: dict[str, Held]) -> None:
        """Write the time of handing in where it changed; a submission without one keeps the earlier."""
        rows: _Rows = []
        for student, mark in marks.items():
            time, mine = time_of(mark.timestamp) if mark.timestamp else None, held[student]
            if time is not None and time != mine.timestamp:
                rows.append({"key": mine.submission, "timestamp": time})
                held[student] = Held(mine.submission, mine.notebook, time, mine.due)
        _run(connection, update(tables.SUBMISSION).where(tables.SUBMISSION.c.id == bindparam("key")), rows)

    def _notebooks(self, connection: Connection, held: Mapping[str, Held]) -> dict[str, str]:
        """Return the id of each participant's submitted notebook, made where there is none."""
        rows: _Rows = []
        notebooks = {}
        for student, mine in held.items():
            notebooks[student] = mine.notebook or uuid4().hex
            if mine.notebook is None:
                row = {"id": notebooks[student], "assignment_id": mine.submission, "notebook_id": self.known.notebook}
                rows.append({**row, "flagged": False, "late_submission_penalty": None})
        add(connection, tables.SUBMITTED, rows)
        return notebooks

    def _grades(
        self, connection: Connection, notebooks: Mapping[str, str], old: list[str], marks: Mapping[str, Mark]
    ) -> dict[str, dict[str, tuple[Any, Any, Any]]]:
        owners = {notebook: student for student, notebook in notebooks.items()}
        there: dict[str, dict[str, tuple[Any, Any, Any]]] = {}
        new: _Rows = []
        changed: _Rows = []
        ids: dict[tuple[str, str], str] = {}
        for was in self._rows(connection, old):
            ids[was.notebook_id, was.cell_id] = was.id
            of_student = there.setdefault(owners[was.notebook_id], {})
            of_student[self._names[was.cell_id]] = (was.auto_score, was.manual_score, was.extra_credit)
        for student, notebook in notebooks.items():
            points = marks[student].points
            for name, cell in self.known.cells.items():
                earned = points.get(name, 0.0)
                key = ids.get((notebook, cell))
                if key is None:
                    row = {"id": uuid4().hex, "notebook_id": notebook, "cell_id": cell, "auto_score": earned}
                    unset = {"manual_score": None, "extra_credit": None, "needs_manual_grade": earned is None}
                    new.append({**row, **unset})
                else:
                    changed.append({"key": key, "earned": earned, "open": earned is None})
        add(connection, tables.GRADE, new)
        grade = tables.GRADE.c
        # As nbgrader says of a cell: to be looked at when a trainer gave points, or when nobody did yet.
        review = or_(grade.manual_score.is_not(None), bindparam("open", type_=Boolean))
        _run(
            connection,
            update(tables.GRADE)
            .where(grade.id == bindparam("key"))
            .values(auto_score=bindparam("earned"), needs_manual_grade=review),
            changed,
        )
        return there

    def _comments(self, connection: Connection, notebooks: Mapping[str, str], old: list[str]) -> None:
        comment = tables.COMMENT.c
        rows = connection.execute(
            select(comment.notebook_id, comment.cell_id, comment.id, comment.auto_comment).where(
                comment.cell_id.in_(list(self.known.commented.values())), comment.notebook_id.in_(old)
            )
        ).all()
        there = {(row.notebook_id, row.cell_id) for row in rows}
        new: _Rows = [
            {"id": uuid4().hex, "notebook_id": notebook, "cell_id": cell, "auto_comment": None, "manual_comment": None}
            for notebook in notebooks.values()
            for cell in self.known.commented.values()
            if (notebook, cell) not in there
        ]
        add(connection, tables.COMMENT, new)
        stale: _Rows = [{"key": row.id, "auto_comment": None} for row in rows if row.auto_comment is not None]
        _run(connection, update(tables.COMMENT).where(comment.id == bindparam("key")), stale)

    def _penalties(
        self,
        connection: Connection,
        marks: Mapping[str, Mark],
        held: Mapping[str, Held],
        notebooks: Mapping[str, str],
    ) -> None:
        """Take off what the plugin says for each late submission, from the points that now count."""
        book = tables.SUBMITTED.c
        mine = list(notebooks.values())
        connection.execute(
            update(tables.SUBMITTED)
            .where(book.id.in_(mine), book.late_submission_penalty.is_not(None))
            .values(late_submission_penalty=None)
        )
        late = {student: seconds for student in marks if (seconds := _late(held[student])) > 0}
        if not late:
            return
        grade = cast(Any, api.Grade)
        asked = (
            select(grade.notebook_id, func.coalesce(func.sum(grade.score), 0.0))
            .where(grade.cell_id.in_(list(self._names)), grade.notebook_id.in_([notebooks[one] for one in late]))
            .group_by(grade.notebook_id)
        )
        scores = {row[0]: row[1] for row in connection.execute(asked)}
        rows: _Rows = []
        for student, seconds in late.items():
            score = scores[notebooks[student]]
            penalty = self.plugin.late_submission_penalty(student, score, seconds)
            if penalty is not None:
                rows.append({"key": notebooks[student], "late_submission_penalty": min(max(penalty, 0), score)})
        _run(connection, update(tables.SUBMITTED).where(book.id == bindparam("key")), rows)

    def _remember(self, connection: Connection, marks: Mapping[str, Mark], held: Mapping[str, Held]) -> None:
        graded = tables.GRADED.c
        connection.execute(
            delete(tables.GRADED).where(graded.assignment == self.known.name, graded.student_id.in_(list(marks)))
        )
        rows: _Rows = [
            {
                "submission_id": held[student].submission,
                "assignment": self.known.name,
                "student_id": student,
                "release": mark.release,
                "responses": mark.responses,
                "handed_in": mark.handed_in,
                "version": mark.version,
            }
            for student, mark in marks.items()
        ]
        add(connection, tables.GRADED, rows)


def add(connection: Connection, table: Table, rows: _Rows) -> None:
    """Add *rows*, all of the same columns, to the *table*."""
    if rows and connection.dialect.driver == "psycopg":
        # PostgreSQL's own way in: a third of the time of as many INSERTs.
        names = ", ".join(map(connection.dialect.identifier_preparer.quote, rows[0]))
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(tuple(row.values()))
    elif rows:
        connection.execute(insert(table), rows)


def _run(connection: Connection, statement: Any, rows: _Rows) -> None:
    if rows:
        connection.execute(statement, rows)


def _late(held: Held) -> float:
    """Return by how many seconds a submission is late, as nbgrader counts them."""
    if held.timestamp is None or held.due is None:
        return 0.0
    return max(0.0, (held.timestamp - held.due).total_seconds())
