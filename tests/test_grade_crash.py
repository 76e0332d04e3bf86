"""Grading that is killed, or finds the disk full, damages no gradebook, and the next run completes it."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from singmuk.gradebook import run
from singmuk.gradebook.marks import Fate
from tests import killing, submissions
from tests.conftest import ROOT
from tests.submissions import NAME, db_url, held, notebooks

KILLS = 200
MANY = 30


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Give a course with submissions that was graded without any disturbance."""
    root = submissions.lay(tmp_path_factory.mktemp("reference") / "course")
    submissions.hand_in(root, MANY)
    shutil.copy(root / "gradebook.db", root / "empty.db")
    run.grade(root, NAME)
    return root


@pytest.fixture
def root(reference, tmp_path):
    """Give the same course, not graded yet."""
    root = tmp_path / "course"
    shutil.copytree(reference, root, ignore=shutil.ignore_patterns("autograded", "*.db"))
    return root


@pytest.fixture
def memory(tmp_path):
    """Give a folder in memory where there is one: a killed process tells nothing of the disk, and is faster there."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path) as folder:
        yield Path(folder)


def same(root, reference):
    """Say whether *root* holds what an undisturbed run writes."""
    assert held(db_url(root)) == held(db_url(reference))
    assert notebooks(root) == notebooks(reference)


def test_killed_hundreds_of_times_it_ends_as_if_undisturbed(root, reference, memory):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.killing",
            shutil.copytree(root, memory / "course"),
            reference,
            str(KILLS),
            "20261122",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["wrong"] == []
    assert told["killed"] >= KILLS
    # The moments are of all sorts: before the first submission, between any two, nearly at the end.
    assert len(told["progress"]) >= MANY // 3 - 1


def limited(root, size):
    """Run `singmuk grade` on *root* with files of at most *size* bytes; return how it ended and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", "from singmuk.cli import main; main()", "grade", NAME, "--course", root],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("what", ["notebook", "gradebook"])
def test_files_that_cannot_grow_are_told_and_nothing_is_damaged(what, root, reference, monkeypatch):
    monkeypatch.setattr(run, "BATCH", 3)
    shutil.copy(reference / "empty.db", root / "gradebook.db")
    now = (root / "gradebook.db").stat().st_size
    code, said = limited(root, 20_000 if what == "notebook" else max(now, 100_000))
    assert code == 1, said
    assert "run the command again" in said
    assert "Traceback" not in said
    assert killing.faults(root / "gradebook.db")[0] == []
    assert not list((root / "autograded").rglob("*.new"))
    run.grade(root, NAME)
    same(root, reference)


def test_a_full_disk_is_told_and_nothing_is_damaged(root, reference):
    small = root.parent / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", small]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here; files that cannot grow are tested all the same")
    try:
        config = f'c.CourseDirectory.autograded_directory = "{small}/autograded"\n'
        config += f'c.CourseDirectory.db_url = "sqlite:///{small}/gradebook.db"\n'
        with (root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
            file.write(config)
        shutil.copy(reference / "empty.db", small / "gradebook.db")
        with pytest.raises(run.GradebookError, match="again"):
            run.grade(root, NAME)
        assert killing.faults(small / "gradebook.db")[0] == []
        subprocess.run(["mount", "-o", "remount,size=60m", small], check=True)
        run.grade(root, NAME)
        assert held(db_url(small)) == held(db_url(reference))
        assert notebooks(small) == notebooks(reference)
    finally:
        subprocess.run(["umount", small], check=True)


def test_stopped_by_the_keyboard_it_keeps_what_is_whole_and_goes_on(root, reference, monkeypatch):
    monkeypatch.setattr(run, "BATCH", 3)

    def stop(more, whole):
        if sqlite3.connect(root / "gradebook.db").execute("select count(*) from singmuk_graded").fetchone()[0] >= 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.grade(root, NAME, workers=2, advance=stop)
    bad, there = killing.faults(root / "gradebook.db")
    assert (bad, there) == ([], 9)
    assert run.grade(root, NAME).fates == {Fate.UNCHANGED: 9, Fate.GRADED: MANY - 9}
    same(root, reference)


def test_a_process_that_is_lost_is_told_and_the_next_run_completes(root, reference, monkeypatch):
    monkeypatch.setattr(run, "BATCH", 3)

    def lose(more, whole):
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(run.GradebookError, match="ended from outside"):
        run.grade(root, NAME, workers=2, advance=lose)
    assert killing.faults(root / "gradebook.db")[0] == []
    run.grade(root, NAME)
    same(root, reference)


def test_two_at_once_are_one_after_the_other(root, monkeypatch):
    monkeypatch.setattr(run, "PATIENCE", 0.1)

    def second(more, whole):
        with pytest.raises(run.GradebookError, match="another `singmuk grade` is at work"):
            run.grade(root, NAME)

    assert run.grade(root, NAME, advance=second).fates == {Fate.GRADED: MANY}
