"""None of it runs, none of it leaves its folder, and none earns more than its honest part."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path

import pytest

from singmuk import responses
from singmuk.grading import intake, sources, zips
from singmuk.scoring import worth
from tests.hostile.cases import COURSE, NAME, Kit, hostile_submissions

CASES = hostile_submissions()


def collected(kit, case):
    """Collect what *case* put into *kit*, and return the report."""
    where = intake.places(kit.course / "exercises", kit.course / "submitted", NAME)
    if case.way == "exchange":
        return intake.take(sources.Inbound(kit.inbound, check_owner=False).pieces(NAME), where)
    if case.way == "folder":
        return intake.take(sources.SentIn(kit.inbox / case.id).pieces(NAME), where)
    path = kit.inbox / f"{case.id}.zip"
    with path.open("rb") as file:
        return intake.take(zips.of_many(path, file, NAME, None), where)


def tree(folder, *, but=()):
    """Return what lies in *folder*: mode, size, time and content of everything, without following links."""
    found = {}
    for place, folders, files in os.walk(folder):
        for path in [Path(place) / name for name in [*folders, *files]]:
            if any(path == other or other in path.parents for other in but):
                continue
            lies = path.lstat()
            regular = stat.S_ISREG(lies.st_mode)
            content = path.read_bytes() if regular and lies.st_size < 10**9 else b""
            # A folder's time changes with what is written below it.
            found[path] = (lies.st_mode, regular and (lies.st_size, lies.st_mtime_ns), hashlib.sha256(content).digest())
    return found


def points(found):
    """Return the points that a responses file earns without a trainer."""
    places = COURSE.assignments[NAME].scenarios
    given = found.responses
    return sum(
        worth(COURSE.scenarios[place.id].share(given[place.id].response), place.points)
        for place in places
        if place.id in given
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_a_hostile_submission_earns_its_honest_part_at_most_and_touches_nothing(case, tmp_path):
    kit = Kit(tmp_path)
    case.build(kit)
    own = (kit.course / "submitted", kit.course / "intake")
    before = tree(tmp_path, but=own)
    began = time.monotonic()
    report = collected(kit, case)
    assert time.monotonic() - began < 10
    assert tree(tmp_path, but=own) == before
    assert not list(kit.canary.iterdir())

    folder = kit.course / "submitted" / case.student / NAME
    if case.points is None:
        assert not list((kit.course / "submitted").glob("*/*"))
        assert report.refused
        assert all(refusal.reasons for refusal in report.refused)
        assert any(case.reason in reason for refusal in report.refused for reason in refusal.reasons), report.refused
    else:
        assert not report.refused
        found = responses.read(folder / "responses.json")
        assert points(found) == case.points
        assert {path.name for path in folder.iterdir()} == {
            "responses.json", f"{NAME}.ipynb", "timestamp.txt", "submission_secret.txt",
        }  # fmt: skip
        release = kit.course / "exercises" / NAME / f"{NAME}.ipynb"
        assert (folder / f"{NAME}.ipynb").read_bytes() == release.read_bytes()
    for path in [path for place in own for path in place.rglob("*")]:
        assert path.is_dir() or (path.is_file() and not path.is_symlink())
        assert not os.access(path, os.X_OK) or path.is_dir()
    told = [text for one in report.refused for text in (one.place, one.student, *one.reasons)] + report.notes
    assert all(text.isprintable() for text in told)

    after = tree(tmp_path)
    again = collected(kit, case)
    assert again.written == 0
    assert tree(tmp_path) == after


def test_there_are_at_least_forty():
    assert len(CASES) >= 40
