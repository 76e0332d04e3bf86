"""What a campaign leaves lies in one folder, which goes only when somebody says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from singmuk.desk import state
from singmuk.gradebook import settings
from tests import courses, submissions
from tests.conftest import ROOT


def clean(root, *options, **more):
    """Run what `make clean-state` runs in *root*."""
    command = [sys.executable, "-m", "singmuk.desk.state", *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, **more)


@pytest.fixture
def kept(tmp_path):
    courses.put(tmp_path / "state" / "gradebook.db", "points")
    courses.put(tmp_path / "state" / "submitted" / "me" / "x", "answers")
    return tmp_path


def test_what_a_campaign_left_goes_only_when_somebody_says_so(kept):
    done = clean(kept, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "YES=1" in done.stderr and (kept / "state").is_dir()
    assert "gradebook.db  all points and comments" in done.stdout
    assert clean(kept, "--yes").returncode == 0
    assert not (kept / "state").exists()
    assert "nothing to remove" in clean(kept).stdout


def test_nothing_goes_while_the_course_runs(kept):
    with state.held(kept / "state") as mine:
        assert mine
        done = clean(kept, "--yes")
    assert done.returncode == 1 and "is running" in done.stderr and (kept / "state" / "gradebook.db").is_file()


def test_a_link_in_its_place_is_left_alone(kept, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine").write_text("x")
    root = tmp_path_factory.mktemp("linked")
    (root / "state").symlink_to(elsewhere)
    assert "nothing to remove" in clean(root, "--yes").stdout and (elsewhere / "mine").exists()


@pytest.mark.parametrize(("answer", "left"), [("n", True), ("", True), ("y", False)])
def test_on_a_terminal_it_asks(kept, answer, left):
    leader, follower = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "singmuk.desk.state"], cwd=kept, stdin=follower, stdout=subprocess.PIPE, text=True
    ) as process:
        os.write(leader, f"{answer}\n".encode())
        said, _ = process.communicate(timeout=30)
    os.close(leader)
    os.close(follower)
    assert "Remove all of it for good? [y/N]" in said and (kept / "state").is_dir() is left


def test_all_that_a_campaign_leaves_lies_in_the_state_folder(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    found = settings.read(tmp_path)
    for step in ("submitted", "autograded", "feedback"):
        assert found.folder(step, "p1", "a1") == tmp_path / "state" / step / "p1" / "a1"
    assert found.db_url == f"sqlite:///{tmp_path / 'state' / 'gradebook.db'}" and (tmp_path / "state").is_dir()
    assert "/state/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_nbgrader_itself_grades_in_the_state_folder(tmp_path):
    root = submissions.lay(tmp_path / "course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    submissions.hand_in(root, 2)
    (root / "state").mkdir()
    (root / "submitted").rename(root / "state" / "submitted")
    (root / "gradebook.db").rename(root / "state" / "gradebook.db")
    courses.run(root, "nbgrader", "autograde", submissions.NAME)
    assert "2 graded" in submissions.singmuk(root, "grade")
    courses.run(root, "nbgrader", "generate_feedback", submissions.NAME)
    assert len(list((root / "state" / "feedback").glob("*/*/*.html"))) == 2
    assert not [
        name for name in ("submitted", "autograded", "feedback", "intake", "gradebook.db") if (root / name).exists()
    ]
