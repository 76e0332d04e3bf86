"""A job of the trainer's room, in a process of its own: reads what to do, says how far it is and what came of it.

A line of JSON each, on standard output: `{"done": 3, "of": 10}` while it works, and at the end either
`{"told": [["collect.new", {"count": 3}], …]}` or `{"fault": "where: what; what to do"}`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Line = tuple[str, dict[str, Any]]
Told = list[Line]
#: Seconds between two words on how far it is.
PACE = 0.15


class Reporter:
    """Says how far the work is, not too often."""

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self._say, self._done, self._said = say, 0, 0.0

    def __call__(self, more: int, whole: int) -> None:
        """Note that *more* of the *whole* are done."""
        self._done += more
        now = time.monotonic()
        if now - self._said >= PACE or self._done >= whole:
            self._said = now
            self._say({"done": self._done, "of": whole})

    def track(self, parts: list[str]) -> Iterator[str]:
        """Yield *parts*, and say how far it is after each."""
        for part in parts:
            yield part
            self(1, len(parts))


def collect(root: Path, name: str, report: Reporter, _asked: dict[str, Any]) -> Told:
    """Take in what was handed in."""
    from singmuk.desk.room import collecting  # noqa: PLC0415  (so are all below: nbgrader is slow to load)
    from singmuk.gradebook import settings  # noqa: PLC0415

    found = settings.read(root)
    with collecting.sources(found) as there:
        done = collecting.collect(found, name, there, report.track)
    kept = (Path(found.coursedir.submitted_directory).parent / "intake" / "refused" / name).as_posix()
    told = _counted(
        ("collect.new", len(done.new)),
        ("collect.replaced", len(done.replaced)),
        ("collect.same", len(done.same) + len(done.older)),
    )
    if done.refused:
        told.append(("collect.refused", {"count": len(done.refused), "folder": kept}))
    return told or [("collect.nothing", {})]


def grade(root: Path, name: str, report: Reporter, _asked: dict[str, Any]) -> Told:
    """Give points by rule."""
    from singmuk.gradebook import run  # noqa: PLC0415
    from singmuk.gradebook.marks import Fate  # noqa: PLC0415

    tally = run.grade(root, name, workers=os.cpu_count() or 1, advance=report)
    return _counted(
        ("grade.graded", tally.fates[Fate.GRADED]),
        ("grade.unchanged", tally.fates[Fate.UNCHANGED]),
        ("grade.held", tally.fates[Fate.HELD]),
        ("grade.empty", len(tally.empty)),
        ("grade.refused", len(tally.refused)),
    )


def regrade(root: Path, name: str, report: Reporter, asked: dict[str, Any]) -> Told:
    """Give new points after a corrected key, or only say what they would be."""
    from singmuk.gradebook import run  # noqa: PLC0415

    only_look = bool(asked.get("look"))
    workers = os.cpu_count() or 1
    shift = run.regrade(root, name, str(asked["reason"]), dry_run=only_look, workers=workers, advance=report)
    told: Told = [("regrade.looked" if only_look else "regrade.done", {"count": sum(shift.by.values())})]
    return told + _counted(
        ("regrade.up", sum(shift.part(1).values())),
        ("regrade.down", sum(shift.part(-1).values())),
        ("regrade.same", shift.by[0.0]),
        ("regrade.trainers", shift.trainers),
        ("regrade.newer", shift.newer),
    )


def release(root: Path, name: str, report: Reporter, asked: dict[str, Any]) -> Told:
    """Let the desk show feedback."""
    from singmuk.desk.room import releasing  # noqa: PLC0415

    done = releasing.release(root, name, waiting=bool(asked.get("waiting")), advance=report)
    told = _counted(
        ("release.changed", done.changed),
        ("release.same", done.same),
        ("release.held", done.held),
        ("release.waiting", done.waiting),
        ("release.skipped", len(done.skipped)),
    )
    return told or [("release.nothing", {})]


def _counted(*lines: tuple[str, int]) -> Told:
    return [(key, {"count": count}) for key, count in lines if count]


ACTIONS: dict[str, Callable[[Path, str, Reporter, dict[str, Any]], Told]] = {
    "collect": collect,
    "grade": grade,
    "regrade": regrade,
    "release": release,
}


def work(asked: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> bool:
    """Do what is *asked* and say what came of it; return whether it went well."""
    from singmuk.desk.store import StoreError  # noqa: PLC0415
    from singmuk.gradebook.settings import GradebookError  # noqa: PLC0415
    from singmuk.grading.pieces import SourceError  # noqa: PLC0415
    from singmuk.grading.store import IntakeError  # noqa: PLC0415
    from singmuk.load import CourseError  # noqa: PLC0415

    root = Path(str(asked["root"]))
    try:
        told = ACTIONS[str(asked["action"])](root, str(asked["assignment"]), Reporter(say), asked)
    except (GradebookError, SourceError, IntakeError, StoreError, CourseError) as fault:
        say({"fault": str(fault)})
        return False
    except OSError as fault:
        say({"fault": f"{fault.filename or root}: {fault.strerror or fault}; mend that and press the button again"})
        return False
    say({"told": told})
    return True


def main() -> int:
    """Do the job that stands on standard input; return the exit code."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not be taken for ours

    def say(what: dict[str, Any]) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    try:
        return not work(json.loads(sys.stdin.readline()), say)
    except BrokenPipeError:
        return 1  # the room is gone; what was written is whole
    except Exception:
        traceback.print_exc()  # into the room's log; the page says that something unexpected happened
        with contextlib.suppress(OSError):
            say({"fault": ""})
        return 1


if __name__ == "__main__":
    sys.exit(main())
