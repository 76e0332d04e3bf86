"""Courses as they are committed, with many submissions, and what a gradebook holds with names instead of ids."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Base
from sqlalchemy import create_engine, text

from singmuk import exercise, load
from tests import courses
from tests.conftest import ROOT

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


def lay(folder: Path, config: str = "") -> Path:
    """Put the committed course into *folder*, with *config* after its nbgrader_config.py, and return the folder."""
    for name in ("assignments", "scenarios", "source", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "course").mkdir()
    for name in ("_config.yml", "nbgrader_config.py", "course/references.bib"):
        shutil.copy(ROOT / name, folder / name)
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{config}\n")
    return folder


def respond(pick: random.Random, scenario) -> object:
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
    """Return what each table of the gradebook at *url* holds, in an order of its own."""
    return {name: sorted(ask(url, question), key=repr) for name, question in TABLES.items()}


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


class NoPostgresError(Exception):
    """Why no server of PostgreSQL can be started here."""


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not folders:
        raise NoPostgresError("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    return folders[0]


@contextmanager
def postgres(folder: Path):
    """Run a server of PostgreSQL of our own with its data in *folder*; give a function that makes a database."""
    programs = _programs()
    as_who: list[str] = []
    if os.geteuid() == 0:  # it refuses to run as root
        if not shutil.which("setpriv"):
            raise NoPostgresError("PostgreSQL does not run as root, and there is no setpriv to be somebody else")
        as_who = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chown(folder, 65534, 65534)
        for parent in folder.parents:  # pytest's folders are closed to others
            if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o011)
    data = folder / "data"
    subprocess.run(
        [*as_who, programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
    with (folder.parent / "postgres.log").open("wb") as log:
        server = subprocess.Popen(
            [*as_who, programs / "postgres", "-D", data, *options], stderr=log, stdout=log, cwd="/"
        )
        base = f"postgresql+psycopg://tester@127.0.0.1:{port}"
        try:
            _await(f"{base}/postgres", server)
            yield lambda name: _database(base, name)
        finally:
            server.send_signal(2)  # fast: ends its connections
            server.wait(30)


def _await(url: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            ask(url, "select 1")
            return
        except Exception:
            if time.monotonic() > until or server.poll() is not None:
                raise
            time.sleep(0.1)


def _database(base: str, name: str) -> str:
    engine = create_engine(f"{base}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'drop database if exists "{name}" with (force)'))
        connection.execute(text(f'create database "{name}"'))
    engine.dispose()
    return f"{base}/{name}"


def singmuk(root: Path, *arguments: str, good: bool = True) -> str:
    """Run `singmuk` with *arguments* in *root* and return what it printed."""
    return courses.run(root, "singmuk", *arguments, good=good)


if __name__ == "__main__":
    hand_in(Path(sys.argv[1]), int(sys.argv[2]))
