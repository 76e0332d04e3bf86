"""A built course with many submissions, and what a gradebook holds with names instead of ids."""

from __future__ import annotations

import atexit
import json
import random
import shutil
import tempfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from click.testing import CliRunner
from nbgrader.api import Base
from sqlalchemy import create_engine, text

from singmuk import exercise, load
from singmuk.cli import main
from tests import courses

NAME = "pdpo-basics"
_SUBMISSION = "join submitted_assignment s on s.id = n.assignment_id"
_CELL = f"join submitted_notebook n on n.id = x.notebook_id {_SUBMISSION} join base_cell b on b.id = x.cell_id"
#: What each table of nbgrader holds, ids told by names.
TABLES = {
    "course": "select id from course",
    "assignment": "select name, duedate, course_id from assignment",
    "notebook": "select n.name, a.name, kernelspec from notebook n join assignment a on a.id = n.assignment_id",
    "base_cell": "select b.name, type, n.name from base_cell b join notebook n on n.id = b.notebook_id",
    "grade_cells": "select b.name, max_score, cell_type from grade_cells g join base_cell b on b.id = g.id",
    "task_cells": "select b.name, max_score, cell_type from task_cells g join base_cell b on b.id = g.id",
    "solution_cells": "select b.name from solution_cells g join base_cell b on b.id = g.id",
    "source_cell": "select name, cell_type, locked, source, checksum from source_cell",
    "student": "select id, first_name, last_name, email, lms_user_id from student",
    "submitted_assignment": "select a.name, student_id, timestamp, extension from submitted_assignment s"
    " join assignment a on a.id = s.assignment_id",
    "submitted_notebook": "select student_id, b.name, flagged, late_submission_penalty from submitted_notebook n"
    f" {_SUBMISSION} join notebook b on b.id = n.notebook_id",
    "grade": "select student_id, b.name, auto_score, manual_score, extra_credit, needs_manual_grade"
    f" from grade x {_CELL}",
    "comment": f"select student_id, b.name, auto_comment, manual_comment from comment x {_CELL}",
}
assert set(TABLES) == set(Base.metadata.tables)


@cache
def _built() -> Path:
    """Return a folder with the assignment pdpo-basics, built, and a gradebook that knows it."""
    folder = Path(tempfile.mkdtemp(prefix="singmuk-course-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    courses.lay(folder, [NAME])
    rebuild(folder)
    courses.run(folder, "nbgrader", "generate_assignment", NAME, "--force")
    rebuild(folder)
    return folder


def lay(folder: Path, config: str = "") -> Path:
    """Put a built course into *folder*, with *config* after its nbgrader_config.py, and return the folder."""
    shutil.copytree(_built(), folder)
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{config}\n")
    return folder


def respond(pick: random.Random, scenario) -> object:  # noqa: PLR0911  (one return for each kind)
    """Return a response that the face can give to *scenario*, the best one more often than any other."""
    best, item = scenario.best(), scenario.item
    if pick.random() < 0.3:
        return best
    match scenario.kind:
        case "choose":
            return pick.choice(item["choices"])["id"]
        case "number":
            return pick.choice([best, -best, round(pick.uniform(0, 100), 1)])
        case "write":
            return pick.choice(["", " \n", "<b>To all staff</b>\nAsk first. 先問一問。" * pick.randint(1, 9)])
        case "order":
            return pick.sample(best, len(best))
        case "branch":
            nodes, place, way = {node.id: node for node in scenario.nodes}, scenario.start, []
            while place in nodes:
                turn = pick.choice(nodes[place].choices)
                way, place = [*way, turn.id], turn.to
            return way
        case "judge" | "sort":
            places = sorted(set(best.values()))
            return {key: pick.choice([value, pick.choice(places)]) for key, value in best.items()}
        case _:
            options = scenario.choices if scenario.kind == "select" else scenario.spans
            return [one.id for one in options if pick.random() < (0.8 if one.id in best else 0.3)]


def hand_in(root: Path, count: int, seed: int = 1, *, first: int = 0) -> list[str]:
    """Put *count* submissions into submitted/ of *root*, as `singmuk collect` does, and return whose they are."""
    pick = random.Random(seed)
    course = load.course(root)
    scenarios = [course.scenarios[place.id] for place in course.assignments[NAME].scenarios]
    names = [f"p{number:05}" for number in range(first, first + count)]
    for name in names:
        given = {one.id: respond(pick, one) for one in scenarios if pick.random() < 0.95}
        language = pick.choice(["en", "zh-Hant"])
        write(root, name, courses.responses_text(root, NAME, given, language=language), day=pick.randint(10, 28))
    return names


def write(root: Path, student: str, responses: str, *, day: int = 20) -> Path:
    """Put the submission of *student* into submitted/ or replace it, handed in on that *day*."""
    folder = root / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(root / "exercises" / NAME / f"{NAME}.ipynb", folder)
    courses.put(folder / "responses.json", responses)
    courses.put(folder / "timestamp.txt", f"2026-11-{day:02} 09:30:00.000000 UTC")
    return folder


def rebuild(root: Path) -> None:
    """Bring source/ and items.json of *root* up to date, as `singmuk build` does."""
    course = load.sound_course(root)
    assignment = course.assignments[NAME]
    content = exercise.release(assignment, course.scenarios, root / "scenarios" / "pictures")
    source = exercise.source_notebook(assignment, course.scenarios, content["release"])
    courses.put(root / "source" / NAME / f"{NAME}.ipynb", exercise.notebook_text(source))
    courses.put(root / "exercises" / NAME / "items.json", exercise.release_text(content))


def db_url(root: Path) -> str:
    """Return the address of the gradebook that lies in *root*."""
    return f"sqlite:///{root / 'gradebook.db'}"


def ask(url: str, question: str, **values) -> list[tuple]:
    """Return the rows that the gradebook at *url* gives to *question*."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            done = connection.execute(text(question), values)
            return [tuple(row) for row in done] if done.returns_rows else []
    finally:
        engine.dispose()


def held(url: str) -> dict[str, list[tuple]]:
    """Return what each table of the gradebook at *url* holds, in an order of its own and as SQLite has it."""
    return {
        name: sorted((tuple(map(_as_sqlite, row)) for row in ask(url, question)), key=repr)
        for name, question in TABLES.items()
    }


def _as_sqlite(value: object) -> object:
    value = datetime(1970, 1, 1) + value if isinstance(value, timedelta) else value
    value = f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
    # A sum differs in its last bit with the order of its rows, which no database promises.
    value = round(value, 9) if isinstance(value, float) else value
    return int(value) if isinstance(value, bool) else value


def notebooks(root: Path) -> dict[str, bytes]:
    """Return every file of autograded/ by its path, but for our lock."""
    folder = root / "autograded"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".singmuk.lock"
    }


def json_of(root: Path, student: str) -> dict:
    """Return the responses.json of *student*."""
    return json.loads((root / "submitted" / student / NAME / "responses.json").read_text(encoding="utf-8"))


def singmuk(root: Path, *arguments: str, good: bool = True) -> str:
    """Run `singmuk` with *arguments* on the course *root* and return what it printed; nothing may be raised."""
    done = CliRunner().invoke(main, [*arguments, "--course", str(root)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert (done.exit_code == 0) is good, done.output
    return done.output
