"""What was handed in comes in once, whole, by its owner; the newest stands, every original is kept."""

from __future__ import annotations

import errno
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from singmuk import responses
from singmuk.grading import intake, sources, store
from tests.hostile.cases import NAME, SECRET, STAMP, Kit
from tests.hostile.test_hostile import tree

T1, T2, T3 = (f"2026-11-22 0{hour}:00:00.000000 UTC" for hour in (7, 8, 9))


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path)


def collect(kit, source=None, **options):
    where = intake.places(kit.course / "exercises", kit.course / "submitted", NAME)
    pieces = source.pieces(NAME) if source else sources.Inbound(kit.inbound, check_owner=False).pieces(NAME)
    return intake.take(pieces, where, **options)


def standing(kit, student="p1"):
    folder = kit.course / "submitted" / student / NAME
    found = responses.read(folder / "responses.json")
    return found.responses["small-groups"].response, (folder / "timestamp.txt").read_text()


def received(kit, student="p1"):
    return {path.read_bytes() for path in (kit.course / "intake/received" / NAME / student).iterdir()}


def hand_in(kit, figure, stamp, student="p1"):
    kit.hand_in(student, stamp, random=f"r{figure:.0f}", responses__json=kit.honest(small_groups=figure))


def test_a_submission_is_the_release_with_the_responses_and_the_time(kit):
    kit.hand_in("p1", pdpo_basics__ipynb=b"anything")
    report = collect(kit)
    assert (report.new, report.refused, report.notes) == (["p1"], [], [])
    folder = kit.course / "submitted" / "p1" / NAME
    release = kit.course / "exercises" / NAME / f"{NAME}.ipynb"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        f"{NAME}.ipynb": release.read_bytes(),
        "responses.json": responses.parse(kit.honest()).text().encode(),
        "timestamp.txt": STAMP.encode(),
        "submission_secret.txt": SECRET.encode(),
    }
    assert received(kit) == {kit.honest()}


def test_twice_the_same_is_once(kit):
    hand_in(kit, 1.0, T1)
    hand_in(kit, 2.0, T2, student="p2")
    collect(kit)
    before = tree(kit.folder)
    report = collect(kit)
    assert report.written == 0
    assert report.same == ["p1", "p2"]
    assert tree(kit.folder) == before


def test_the_same_handed_in_again_makes_nobody_late(kit):
    kit.hand_in("p1", T1, random="a")
    kit.hand_in("p1", T3, random="b")
    collect(kit)
    assert standing(kit)[1] == T1


def test_a_newer_one_replaces_an_older_which_is_kept(kit):
    hand_in(kit, 1.0, T1)
    collect(kit)
    hand_in(kit, 2.0, T2)
    report = collect(kit)
    assert report.replaced == ["p1"]
    assert standing(kit) == (2.0, T2)
    assert received(kit) == {kit.honest(small_groups=1.0), kit.honest(small_groups=2.0)}


def test_an_older_one_that_comes_later_replaces_nothing_and_is_kept(kit):
    hand_in(kit, 2.0, T2)
    collect(kit)
    hand_in(kit, 1.0, T1)
    report = collect(kit)
    assert report.older == ["p1"]
    assert standing(kit) == (2.0, T2)
    assert len(received(kit)) == 2


def test_back_to_an_earlier_text_is_newer(kit):
    hand_in(kit, 1.0, T1)
    hand_in(kit, 2.0, T2)
    kit.hand_in("p1", T3, responses__json=kit.honest(small_groups=1.0))
    collect(kit)
    assert standing(kit) == (1.0, T3)


def test_a_refused_newest_leaves_the_one_before(kit):
    hand_in(kit, 1.0, T1)
    kit.hand_in("p1", T2, responses__json=b"{")
    report = collect(kit)
    assert standing(kit) == (1.0, T1)
    assert [refusal.student for refusal in report.refused] == ["p1"]
    kept = kit.course / "intake/refused" / NAME / "p1"
    assert [path.read_bytes() for path in kept.glob("*.original")] == [b"{"]
    assert "not whole JSON" in next(kept.glob("*.txt")).read_text()


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        pytest.param("2026-11-22 08:30", (2.0, T2), id="the last one in time"),
        pytest.param("2026-11-22 06:00", (3.0, T3), id="none in time: the last"),
        pytest.param("2026-11-23 00:00", (3.0, T3), id="all in time: the last"),
    ],
)
@pytest.mark.parametrize("runs", [1, 3])
def test_before_the_due_date_as_nbgrader_has_it(kit, due, expected, runs):
    due = datetime.fromisoformat(due).replace(tzinfo=UTC)
    for figure, stamp in [(1.0, T1), (2.0, T2), (3.0, T3)]:
        hand_in(kit, figure, stamp)
        if runs == 3:
            collect(kit, due=due)
    collect(kit, due=due)
    assert standing(kit) == expected
    assert collect(kit, due=due).written == 0


def test_what_nbgrader_collected_is_cleaned_and_kept(kit):
    folder = kit.course / "submitted" / "p1" / NAME
    shutil.copytree(kit.hand_in("p1", T1, responses__json=kit.honest(small_groups=1.0)), folder)
    (folder / f"{NAME}.ipynb").write_bytes(b"<script>")
    (folder / "evil.py").write_bytes(b"")
    hand_in(kit, 2.0, T2)
    collect(kit)
    assert standing(kit) == (2.0, T2)
    assert not (folder / "evil.py").exists()
    assert kit.honest(small_groups=1.0) in received(kit)


def test_a_link_in_submitted_is_not_written_through(kit):
    (kit.course / "submitted").mkdir()
    (kit.course / "submitted" / "p1").symlink_to(kit.canary)
    hand_in(kit, 1.0, T1)
    assert "is a link" in collect(kit).refused[0].reasons[0]
    assert not list(kit.canary.iterdir())


def test_one_person_written_twice_is_one(kit):
    hand_in(kit, 1.0, T1, student="p1")
    collect(kit)
    hand_in(kit, 2.0, T2, student="P1")
    report = collect(kit)
    assert standing(kit) == (1.0, T1)
    assert "differs from p1 in case only" in report.refused[0].reasons[0]


def test_a_folder_of_another_owner_is_told_of(kit):
    kit.hand_in("somebody-else")
    report = collect(kit, sources.Inbound(kit.inbound, check_owner=True))
    assert report.new == ["somebody-else"]
    assert "belongs to" in report.notes[0]


class Crash(BaseException):
    """Stands for kill −9."""


@pytest.fixture
def breaks(monkeypatch):
    """Give a function: at the n-th change of the disk raise *fault*, the file half written."""

    def at(turn, fault):
        left = [turn]

        def wrap(owner, name):
            real = getattr(owner, name)

            def change(*args, **options):
                left[0] -= 1
                if left[0] == 0:
                    if name == "write_bytes":
                        real(args[0], args[1][: len(args[1]) // 2])
                    raise fault
                return real(*args, **options)

            monkeypatch.setattr(owner, name, change)

        for name in ("write_bytes", "rename", "replace", "mkdir"):
            wrap(Path, name)
        wrap(store.shutil, "rmtree")
        return left

    return at


@pytest.mark.parametrize(
    "fault",
    [pytest.param(Crash(), id="killed"), pytest.param(OSError(errno.ENOSPC, "No space left"), id="disk full")],
)
def test_broken_off_anywhere_nothing_is_lost_and_the_next_run_completes(tmp_path, breaks, monkeypatch, fault):
    def course(name):
        kit = Kit(tmp_path / name)
        hand_in(kit, 1.0, T1)
        collect(kit)
        hand_in(kit, 2.0, T2)
        hand_in(kit, 3.0, T1, student="p2")
        kit.hand_in("p3", responses__json=b"{")
        return kit

    def kept(kit):
        found = tree(kit.course, but=(kit.course / "intake/.lock",))
        return {path.relative_to(kit.course): (mode, content) for path, (mode, _, content) in found.items()}

    whole = course("whole")
    collect(whole)
    turn, left = 0, 0
    while left <= 0:
        turn += 1
        kit = course(f"broken-{turn}")
        with monkeypatch.context():
            counter = breaks(turn, fault)
            try:
                collect(kit)
            except (Crash, intake.IntakeError) as raised:
                assert isinstance(raised, Crash) or "No space left" in str(raised)
            left = counter[0]
            monkeypatch.undo()
        there = [path for place in kit.course.glob("submitted/p1/*pdpo-basics*") for path in place.glob("resp*")]
        assert there or left > 0
        assert kit.honest(small_groups=1.0) in received(kit)
        collect(kit)
        assert kept(kit) == kept(whole)
        shutil.rmtree(kit.folder)
    assert turn > 20


def test_two_runs_at_once_are_refused(kit):
    where = intake.places(kit.course / "exercises", kit.course / "submitted", NAME)
    with store.Store(where).alone(), pytest.raises(intake.IntakeError, match="another `singmuk collect`"):
        collect(kit)


def test_a_release_that_is_not_there_says_what_to_do(kit):
    with pytest.raises(intake.IntakeError, match="run `singmuk build`"):
        intake.places(kit.course / "exercises", kit.course / "submitted", "other")
