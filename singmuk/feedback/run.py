"""Write the feedback of an assignment to feedback/, a folder for each participant, as nbgrader releases it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from singmuk import load, responses
from singmuk.feedback.page import Pages
from singmuk.feedback.results import Result, results, students
from singmuk.gradebook import known, settings, tables
from singmuk.gradebook.known import Known
from singmuk.gradebook.marker import TIMESTAMP, put
from singmuk.gradebook.plan import plan
from singmuk.gradebook.settings import GradebookError, Settings
from singmuk.gradebook.tables import trouble
from singmuk.grading.materials import submitted, taken

SECRET = "submission_secret.txt"
#: Participants that are read from the gradebook together.
BATCH = 200
#: Called with how many more participants are done, and of how many.
Advance = Callable[[int, int], None]


@dataclass
class Tally:
    """What became of the participants of an assignment."""

    written: int = 0
    unchanged: int = 0
    waiting: int = 0  # their text is still to be read
    skipped: list[tuple[str, str]] = field(default_factory=list)  # participant and why


@dataclass(frozen=True)
class Press:
    """Makes the feedback of one assignment from what its gradebook holds."""

    settings: Settings
    known: Known
    pages: Pages
    release: Any  # the content of items.json
    version: str  # of the present key

    @property
    def worth(self) -> dict[str, float]:
        """Return what each scenario gives at most."""
        return {place.id: place.points for place in self.pages.assignment.scenarios}

    def folders(self, student: str) -> tuple[Path, Path]:
        """Return where the graded notebook of *student* lies and where the feedback goes."""
        name = self.known.name
        return self.settings.folder("autograded", student, name), self.settings.folder("feedback", student, name)

    def fault(self, result: Result) -> str:
        """Return why there can be no feedback on *result* yet; empty when there can."""
        name = self.known.name
        graded, _ = self.folders(result.student)
        content = submitted(graded / responses.NAME)
        digest = sha256(content).hexdigest() if isinstance(content, bytes) else ""
        if not (graded / f"{name}.ipynb").is_file():
            return f"is not in autograded/; run `singmuk grade {name}`"
        if result.version and result.version != self.version:
            return (
                f"was graded before the course was changed; run `singmuk grade {name}`, and for a corrected key "
                "`singmuk regrade`"
            )
        if result.responses is not None and result.responses != digest:
            return f"{responses.NAME} in autograded/ is not what was graded; run `singmuk grade {name}`"
        return ""

    def page(self, result: Result) -> str:
        """Return the page of *result*."""
        graded, _ = self.folders(result.student)
        return self.pages.page(result, *taken(submitted(graded / responses.NAME), self.release))

    def write(self, result: Result, mode: int) -> bool:
        """Write the page of *result* and what nbgrader needs beside it; return whether anything changed."""
        graded, target = self.folders(result.student)
        target.mkdir(parents=True, exist_ok=True)
        # By these two nbgrader knows whose the page is when it releases it.
        secret = _read(graded / SECRET) or _read(target / SECRET) or secrets.token_hex(64).encode("ascii")
        files = {
            TIMESTAMP: _read(graded / TIMESTAMP),
            SECRET: secret,
            f"{self.known.name}.html": self.page(result).encode("utf-8"),
        }
        changed = False
        for name, content in files.items():
            if not (target / name).is_file() or (target / name).read_bytes() != content:
                put(str(target / name), content, mode)
                changed = True
        return changed


def _read(path: Path) -> bytes:
    content = submitted(path)
    return content if isinstance(content, bytes) else b""


def press(found: Settings, name: str, engine: Engine) -> Press:
    """Return what makes the feedback of the assignment *name*; raise `GradebookError`, `load.CourseError`."""
    marker = plan(found, name)
    with engine.connect() as connection:
        there = known.find(connection, name)
    if there is None or set(there.cells) != set(marker.points):
        raise GradebookError(f"{name}: the gradebook does not know it as it is now; run `singmuk grade {name}`")
    course = load.sound_course(found.root)
    pages = Pages(course.assignments[name], marker.scenarios, course.sources, found.root / "scenarios" / "pictures")
    return Press(found, there, pages, marker.release, marker.version)


@contextlib.contextmanager
def opened(root: Path, name: str) -> Iterator[tuple[Press, Engine]]:
    """Open what the feedback of the assignment *name* needs, and close it; raise `GradebookError`."""
    found = settings.read(root)
    engine = tables.connect(found)
    try:
        with trouble(found):
            yield press(found, name, engine), engine
    except OSError as fault:
        raise GradebookError(
            f"{fault.filename or found.root}: {fault.strerror or fault}; mend that and run the command again"
        ) from fault
    finally:
        engine.dispose()


def feedback(root: Path, name: str, advance: Advance = lambda _more, _all: None) -> Tally:
    """Write the feedback on the assignment *name* of the course *root*; what did not change is left alone.

    Raises `GradebookError`, and `load.CourseError` for a faulty course.
    """
    tally = Tally()
    with opened(root, name) as (maker, engine):
        mode = 0o664 if maker.settings.coursedir.groupshared else 0o644  # as nbgrader sets it
        with engine.connect() as connection:
            excluded = set(str(maker.settings.coursedir.student_id_exclude).split(","))
            everybody = [one for one in students(connection, maker.known) if one not in excluded]
        if not everybody:
            raise GradebookError(f"{name}: nobody was graded; run `singmuk grade {name}` first")
        names = iter(everybody)
        while batch := list(islice(names, BATCH)):
            with engine.connect() as connection:
                found = results(connection, maker.known, maker.worth, batch)
            for student in batch:
                _one(maker, found[student], mode, tally)
                advance(1, len(everybody))
    return tally


def _one(maker: Press, result: Result, mode: int, tally: Tally) -> None:
    if why := "its name is no folder's" if _leads_away(result.student) else maker.fault(result):
        tally.skipped.append((result.student, why))
        return
    if maker.write(result, mode):
        tally.written += 1
    else:
        tally.unchanged += 1
    tally.waiting += bool(result.waiting)


def _leads_away(student: str) -> bool:
    """Return whether *student*, which anybody with the gradebook may have typed, is more than a folder's name."""
    return student in ("", ".", "..") or "/" in student or "\0" in student


def one(root: Path, name: str, student: str) -> str:
    """Return the page of *student*, for nbgrader's own command; raise `GradebookError` when there can be none."""
    with opened(root, name) as (maker, engine), engine.connect() as connection:
        found = results(connection, maker.known, maker.worth, [student])
        if student not in found:
            raise GradebookError(f"{student}/{name}: was not graded; run `singmuk grade {name}`")
        if why := maker.fault(found[student]):
            raise GradebookError(f"{student}/{name}: {why}")
        return maker.page(found[student])
