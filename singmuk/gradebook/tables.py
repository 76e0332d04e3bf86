"""The tables: nbgrader's, as it declares them, and two of ours beside them that it neither reads nor misses."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nbgrader import api
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from singmuk.gradebook.settings import GradebookError, Settings, hushed

#: Seconds to wait for another program that writes to the same SQLite file, such as the formgrader.
PATIENCE = 60

_nbgrader = api.Base.metadata.tables
ASSIGNMENT, NOTEBOOK, CELL = _nbgrader["assignment"], _nbgrader["notebook"], _nbgrader["base_cell"]
GRADE_CELL, TASK_CELL, SOURCE_CELL = _nbgrader["grade_cells"], _nbgrader["task_cells"], _nbgrader["source_cell"]
STUDENT, SUBMISSION = _nbgrader["student"], _nbgrader["submitted_assignment"]
SUBMITTED, GRADE, COMMENT = _nbgrader["submitted_notebook"], _nbgrader["grade"], _nbgrader["comment"]

OURS = MetaData()
#: From what each submission was graded, so that the next run leaves alone what did not change. A row counts only
#: while nbgrader's submission of that id exists.
GRADED = Table(
    "singmuk_graded",
    OURS,
    Column("submission_id", String(32), primary_key=True),
    Column("assignment", String(128), nullable=False, index=True),
    Column("student_id", String(128), nullable=False, index=True),
    Column("release", String(64), nullable=False),  # of the responses; empty: they could not be taken
    Column("responses", String(64), nullable=False),  # sha256 of responses.json; empty: there was none
    Column("handed_in", String(128), nullable=False),  # the time of handing in and when it was due
    Column("version", String(64), nullable=False),  # sha256 of the key and of all that the graded notebook shows
)
#: The automatic points that a corrected key replaced: one row for each cell that changed.
HISTORY = Table(
    "singmuk_history",
    OURS,
    Column("id", String(32), primary_key=True),
    Column("assignment", String(128), nullable=False, index=True),
    Column("student_id", String(128), nullable=False, index=True),
    Column("cell", String(128), nullable=False),
    Column("before", Float()),
    Column("after", Float()),
    Column("changed_at", DateTime(), nullable=False),  # UTC, as nbgrader's times are
    Column("reason", Text(), nullable=False),
    Column("version_before", String(64), nullable=False),
    Column("version_after", String(64), nullable=False),
)


@contextlib.contextmanager
def trouble(settings: Settings) -> Iterator[None]:
    """Turn what a database says into a `GradebookError` that tells what to do."""
    try:
        yield
    except DBAPIError as fault:
        said = " ".join(str(fault.orig).split())
        advice = "run the command again once it is mended; what was graded is kept"
        if "full" in said or "No space" in said or "disk I/O" in said:
            advice = "free some space on the disk and run the command again; what was graded is kept"
        elif "locked" in said:
            advice = "another program holds it; run the command again when that is done"
        elif "no such column" in said or "does not exist" in said:
            advice = "if nbgrader is newer than the gradebook, back it up and run `nbgrader db upgrade`"
        elif "not a database" in said or "malformed" in said:
            advice = "put back the last good copy and run the command again"
        raise GradebookError(f"{shown(settings)}: {said}; {advice}") from fault
    except SQLAlchemyError as fault:
        raise GradebookError(f"{shown(settings)}: {fault}; mend c.CourseDirectory.db_url") from fault
    except ImportError as fault:
        raise GradebookError(
            f"{shown(settings)}: its driver is missing ({fault}); write postgresql+psycopg://…"
        ) from fault


def shown(settings: Settings) -> str:
    """Return the gradebook's address without a password."""
    url = make_url(settings.db_url)
    return url.database or "gradebook" if url.get_backend_name() == "sqlite" else url.render_as_string()


def connect(settings: Settings) -> Engine:
    """Return an engine for the gradebook, with nbgrader's tables and ours in it; raise `GradebookError`."""
    with trouble(settings):
        with hushed():
            _make(settings)
        lite = make_url(settings.db_url).get_backend_name() == "sqlite"
        engine = create_engine(settings.db_url, connect_args={"timeout": PATIENCE} if lite else {})
        if lite:
            event.listen(engine, "begin", _begin)
            event.listen(engine, "connect", _leave_begin_to_us)
        OURS.create_all(engine)
    return engine


def _make(settings: Settings) -> None:
    """Make what is missing of nbgrader's tables and name its courses, as its own commands would."""
    before = os.environ.get("PATH", os.defpath)
    # nbgrader runs `alembic`, which lies beside this Python even where that folder is not on the path.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        with api.Gradebook(settings.db_url, settings.coursedir.course_id) as gradebook:
            gradebook.check_course("default_course")  # as nbgrader's preprocessors do
            _finish(gradebook)
    finally:
        os.environ["PATH"] = before


def _finish(gradebook: api.Gradebook) -> None:
    """Write the version that a gradebook lacks when making it was cut short; one in use is left alone."""
    there = inspect(gradebook.engine).has_table("alembic_version")
    with gradebook.engine.begin() as connection:
        if there and connection.execute(text("SELECT 1 FROM alembic_version")).first():
            return
        if connection.execute(select(ASSIGNMENT.c.id).limit(1)).first():
            return
        if not there:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        version = {"version": api.get_alembic_version()}
        connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:version)"), version)


def _leave_begin_to_us(connection: object, _record: object) -> None:
    """Keep Python's driver from opening transactions by itself, later than SQLAlchemy believes."""
    connection.isolation_level = None  # type: ignore[attr-defined]


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock at once: two that read first and write later would refuse each other."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
