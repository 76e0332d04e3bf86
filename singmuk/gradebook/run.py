"""Grade an assignment, or grade it again after a corrected key: many processes mark, one writes."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import uuid4

from sqlalchemy.engine import Connection, Engine

from singmuk.gradebook import known, settings, tables
from singmuk.gradebook.marker import Marker
from singmuk.gradebook.marks import Fate, Mark, Sheet
from singmuk.gradebook.plan import plan
from singmuk.gradebook.pool import Pool
from singmuk.gradebook.settings import GradebookError, Settings
from singmuk.gradebook.tables import trouble
from singmuk.gradebook.writer import Writer, add

#: Submissions that are marked, and written in one transaction, together.
BATCH = 100
#: Seconds to wait for what is left of a run that was killed.
PATIENCE = 5
#: Called with how many more submissions are done, and of how many.
Advance = Callable[[int, int], None]


@dataclass
class Tally:
    """What became of the submissions of an assignment."""

    fates: Counter[Fate] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)  # participant and why: cannot be graded
    empty: list[tuple[str, str]] = field(default_factory=list)  # participant and why: graded as nothing

    def add(self, marks: Sequence[Mark]) -> None:
        """Count *marks*."""
        self.fates.update(mark.fate for mark in marks)
        self.refused += [(mark.student, mark.why) for mark in marks if mark.fate is Fate.REFUSED]
        self.empty += [(mark.student, mark.why) for mark in marks if mark.fate is Fate.GRADED and mark.why]


@dataclass
class Shift:
    """By how much a corrected key moved the points that count: how many participants by each difference."""

    by: Counter[float] = field(default_factory=Counter)
    newer: int = 0  # handed in again meanwhile; for `singmuk grade`
    trainers: int = 0  # cells where a trainer's points stay

    def part(self, sign: int) -> dict[float, int]:
        """Return the differences above zero (*sign* 1) or below (-1), each with how many."""
        return {by: many for by, many in sorted(self.by.items()) if by * sign > 0}


@dataclass(frozen=True)
class Job:
    """An assignment ready to be marked and written."""

    settings: Settings
    engine: Engine
    writer: Writer
    pool: Pool[list[Sheet], list[Mark]]
    students: list[str]
    version: str

    def marks(self, advance: Advance, connection: Connection | None = None) -> Iterator[list[Mark]]:
        """Yield what the submissions earned, batch by batch, asking the gradebook through *connection* if given."""

        def sheets() -> Iterator[list[Sheet]]:
            names = iter(self.students)
            while batch := list(islice(names, BATCH)):
                with contextlib.nullcontext(connection) if connection else self.engine.begin() as asked:
                    found = self.writer.sheets(asked, batch, self.version)
                yield found

        for marks in self.pool.map(sheets()):
            yield marks
            advance(len(marks), len(self.students))


def grade(root: Path, name: str, *, workers: int = 1, advance: Advance = lambda _more, _all: None) -> Tally:
    """Grade the assignment *name* of the course *root* and return what became of its submissions.

    What was graded before from the same responses is left alone. A run that is cut short leaves whole
    submissions, and the next one goes on. Raises `GradebookError`.
    """
    tally = Tally()
    with _job(root, name, workers=workers) as job, trouble(job.settings):
        for marks in job.marks(advance):
            graded = [mark for mark in marks if mark.fate is Fate.GRADED]
            if graded:
                with job.engine.begin() as connection:
                    job.writer.write(connection, graded)
            tally.add(marks)
    return tally


def regrade(
    root: Path,
    name: str,
    reason: str,
    *,
    dry_run: bool = False,
    workers: int = 1,
    advance: Advance = lambda _more, _all: None,
) -> Shift:
    """Grade again what was graded with another key, keep the old points with the *reason*, and return the shift.

    All submissions change, or none. Raises `GradebookError`, also when there is nothing to change.
    """
    shift = Shift()
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    other_key = False
    with (
        _job(root, name, workers=workers, again=True, keep=not dry_run) as job,
        trouble(job.settings),
        job.engine.connect() as connection,
        connection.begin() as transaction,
    ):
        for marks in job.marks(advance, connection):
            if any(mark.fate is Fate.HELD for mark in marks):
                raise GradebookError(
                    f"exercises/{name}: what participants saw has changed since they answered, not the key alone; "
                    "put the texts of its scenarios back and run `singmuk build`, then regrade"
                )
            graded = [mark for mark in marks if mark.fate is Fate.GRADED]
            shift.newer += sum(mark.fate is Fate.NEWER for mark in marks)
            shift.by[0.0] += sum(mark.fate is Fate.UNCHANGED for mark in marks)
            there = job.writer.write(connection, graded) if graded else {}
            other_key = other_key or any(mark.before not in ("", mark.version) for mark in graded)
            _keep_old(connection, job.writer, graded, there, now, reason, shift)
        if not other_key and set(shift.by) <= {0.0}:
            raise GradebookError(
                f"{name}: nothing changed since it was graded; correct the key in scenarios/, run `singmuk build`, "
                "then regrade. What is not graded yet is for `singmuk grade`"
            )
        if dry_run:
            transaction.rollback()
    return shift


def _keep_old(  # noqa: PLR0917
    connection: Connection,
    writer: Writer,
    marks: list[Mark],
    there: dict[str, dict[str, tuple[float | None, float | None, float | None]]],
    now: datetime,
    reason: str,
    shift: Shift,
) -> None:
    """Write the automatic points that changed into our history, and count by how much participants moved."""
    rows = []
    for mark in marks:
        moved = 0.0
        for cell, (auto, manual, _extra) in there.get(mark.student, {}).items():
            earned = mark.points.get(cell)
            if earned == auto:
                continue
            row = {"id": uuid4().hex, "assignment": writer.known.name, "student_id": mark.student, "cell": cell}
            row |= {"version_before": mark.before, "version_after": mark.version, "reason": reason}
            rows.append({**row, "before": auto, "after": earned, "changed_at": now})
            if manual is None:
                moved += (earned or 0.0) - (auto or 0.0)
            else:
                shift.trainers += 1
        shift.by[round(moved, 6) + 0.0] += 1
    add(connection, tables.HISTORY, rows)


@contextlib.contextmanager
def _job(root: Path, name: str, *, workers: int, again: bool = False, keep: bool = True) -> Iterator[Job]:
    """Open what grading *name* needs, and close it."""
    found = settings.read(root)
    marker = replace(plan(found, name), again=again, keep=keep)
    students = _students(marker.folders.submitted, str(found.coursedir.student_id_exclude))
    if not students:
        where = found.coursedir.submitted_directory
        raise GradebookError(f"{where}/: nobody handed in {name!r}; run `singmuk collect`, or check the name")
    pool: Pool[list[Sheet], list[Mark]] = Pool(marker, 1 if len(students) < 2 * BATCH else workers)
    with _mended(found), _alone(Path(marker.folders.autograded.split("\0")[0])), pool.open():
        engine = tables.connect(found)
        try:
            with trouble(found):
                writer = Writer(known.ensure(engine, found, name, write=keep), found.late_plugin())
            _same_items(writer, marker)
            yield Job(found, engine, writer, pool, students, marker.version)
        finally:
            engine.dispose()


@contextlib.contextmanager
def _mended(found: Settings) -> Iterator[None]:
    """Turn a full disk, a closed folder and a lost process into a `GradebookError` that tells what to do."""
    try:
        yield
    except OSError as fault:
        raise GradebookError(
            f"{fault.filename or found.root}: {fault.strerror or fault}; mend that and run the command again, "
            "what was graded is kept"
        ) from fault
    except BrokenProcessPool as fault:
        raise GradebookError(
            "a process was ended from outside, maybe for want of memory; run the command again with --workers 1, "
            "what was graded is kept"
        ) from fault


def handed_in(root: Path) -> list[str]:
    """Return the assignments of the course *root* that somebody handed in; raise `GradebookError` for none."""
    found = settings.read(root)
    names = sorted(path.stem for path in (root / "assignments").glob("*.yml"))
    there = [name for name in names if _students(str(found.folder("submitted", "\0", name)), "")]
    if not there:
        where = found.coursedir.submitted_directory
        raise GradebookError(f"{where}/: nobody handed anything in; run `singmuk collect`")
    return there


def _same_items(writer: Writer, marker: Marker) -> None:
    """Return when the gradebook's cells are those of the assignment; raise `GradebookError`."""
    wanted = set(marker.points)
    if wanted != set(writer.known.cells):
        other = ", ".join(sorted(wanted ^ set(writer.known.cells)))
        raise GradebookError(
            f"assignments/{writer.known.name}.yml: its items are not those of source/ ({other}); run `singmuk build`"
        )


def _students(pattern: str, excluded: str) -> list[str]:
    """Return who handed in, in order: whoever has a folder where *pattern* has NUL."""
    before, after = pattern.split("\0")
    places = glob.iglob(f"{glob.escape(before)}*{glob.escape(after)}")  # noqa: PTH207  (names, not paths)
    names = {place[len(before) : len(place) - len(after)] for place in places if Path(place).is_dir()}
    return sorted(names - set(excluded.split(",")))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of *folder*, so that there is one writer; raise `GradebookError` when another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".singmuk.lock").open("a+b") as lock:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as fault:
                if time.monotonic() > until:
                    raise GradebookError(f"{folder}: another `singmuk grade` is at work; wait for it") from fault
                time.sleep(0.05)
        yield
