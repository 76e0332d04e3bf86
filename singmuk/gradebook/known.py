"""What the gradebook knows of an assignment: its notebook and its cells, brought in step with source/."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from singmuk.gradebook import tables
from singmuk.gradebook.settings import GradebookError, Settings, hushed
from singmuk.grading.materials import MaterialsError, notebook


@dataclass(frozen=True)
class Known:
    """An assignment with one notebook as the gradebook holds it; cells by name, ids as values."""

    name: str
    assignment: str
    notebook: str
    due: datetime | None
    graded: Mapping[str, str]  # cells scored by rule
    tasks: Mapping[str, str]  # written tasks
    commented: Mapping[str, str]  # cells that may carry a comment

    @property
    def cells(self) -> dict[str, str]:
        """Return every cell that earns points."""
        return {**self.graded, **self.tasks}


def find(connection: Connection, name: str) -> Known | None:
    """Return what the gradebook knows of the assignment *name*, None when it is not there whole."""
    there = tables.ASSIGNMENT.c
    row = connection.execute(select(there.id, there.duedate).where(there.name == name)).first()
    if row is None:
        return None
    book = tables.NOTEBOOK.c
    held = connection.scalar(select(book.id).where(book.assignment_id == row.id, book.name == name))
    if held is None:
        return None
    cell = tables.CELL.c
    cells = connection.execute(select(cell.name, cell.id, cell.type).where(cell.notebook_id == held)).all()
    of_type = {
        kind: {found.name: found.id for found in cells if found.type == kind}
        for kind in ("GradeCell", "TaskCell", "SolutionCell")
    }
    return Known(
        name=name,
        assignment=row.id,
        notebook=held,
        due=row.duedate,
        graded=of_type["GradeCell"],
        tasks=of_type["TaskCell"],
        commented={**of_type["SolutionCell"], **of_type["TaskCell"]},
    )


def ensure(engine: Engine, settings: Settings, name: str, *, write: bool = True) -> Known:
    """Return what the gradebook knows of the assignment *name*, after nbgrader read source/ where that differs.

    Without *write*, only what it knows already.

    Raises `GradebookError` when there is no source, or when nbgrader refuses it.
    """
    source = settings.folder("source", ".", name) / f"{name}.ipynb"
    with engine.connect() as connection:
        known = find(connection, name)
        in_step = known is not None and _cells_of(connection, known.notebook) == _cells_in(source)
    if write and not in_step:
        _generate(settings, name)
        with engine.connect() as connection:
            known = find(connection, name)
    if known is None:
        raise GradebookError(f"{source}: holds no notebook that nbgrader knows; run `singmuk build`")
    return known


def _cells_in(source: Path) -> dict[str, tuple[str, float | None]]:
    try:
        read = notebook(source)
    except MaterialsError as fault:
        raise GradebookError(str(fault)) from fault
    found: dict[str, tuple[str, float | None]] = {}
    for cell in read["cells"]:
        its = cell["metadata"].get("nbgrader", {})
        if its.get("grade") or its.get("task") or its.get("locked"):
            points = float(its["points"]) if its.get("grade") or its.get("task") else None
            found[its["grade_id"]] = (cell["source"], points)
    return found


def _cells_of(connection: Connection, held: str) -> dict[str, tuple[str, float | None]]:
    source = tables.SOURCE_CELL.c
    rows = connection.execute(select(source.name, source.source).where(source.notebook_id == held))
    worth: dict[str, float] = {}
    for kind in (tables.GRADE_CELL, tables.TASK_CELL):
        found = select(tables.CELL.c.name, kind.c.max_score).join(kind, kind.c.id == tables.CELL.c.id)
        found = found.where(tables.CELL.c.notebook_id == held)
        worth |= {row.name: row.max_score for row in connection.execute(found)}
    return {row.name: (row.source, worth.get(row.name)) for row in rows}


def _generate(settings: Settings, name: str) -> None:
    """Let nbgrader write the assignment into the gradebook; the release it makes on the way is thrown away."""
    with tempfile.TemporaryDirectory() as aside, hushed(), contextlib.chdir(settings.root):
        config: Any = settings.config.copy()
        config.CourseDirectory.root = str(settings.root)
        config.CourseDirectory.db_url = settings.db_url
        config.CourseDirectory.release_directory = aside
        config.CourseDirectory.assignment_id = name
        try:
            converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
            converter.force = True
            converter.start()
        except Exception as fault:
            raise GradebookError(
                f"source/{name}: nbgrader refuses it ({fault}); see `nbgrader generate_assignment {name}`. "
                "Items cannot be added or removed once something was handed in"
            ) from fault
