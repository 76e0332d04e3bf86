"""`singmuk grade` writes what nbgrader would write, and forgets nothing that a trainer wrote."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from singmuk.gradebook import known, run, settings, tables
from singmuk.gradebook.marks import Fate
from tests import courses, submissions
from tests.postgres import NoPostgresError, server
from tests.submissions import NAME, ask, db_url, held, notebooks

LATE = 'c.LateSubmissionPlugin.penalty_method = "zero"'
#: In the middle of the days on which the submissions were handed in.
DUE = "2026-11-18 00:00:00"
MANY = 8


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """Give a server of PostgreSQL of our own."""
    try:
        with server(tmp_path_factory.mktemp("postgres")) as running:
            yield running
    except NoPostgresError as fault:
        if os.environ.get("SINGMUK_REQUIRE_POSTGRES"):
            pytest.fail(str(fault))
        pytest.skip(str(fault))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """Give the address of an empty gradebook for our way."""
    if request.param == "sqlite":
        return db_url(tmp_path / "ours")
    return request.getfixturevalue("postgres").database(request.node.originalname[:40])


@pytest.fixture
def ours(tmp_path, url):
    """Give a course with some submissions, whose gradebook is at *url*."""
    root = submissions.lay(tmp_path / "ours", f"{LATE}\nc.CourseDirectory.db_url = {url!r}")
    submissions.hand_in(root, MANY)
    return root


def announce(root):
    """Let the gradebook of *root* know the assignment, when it is due, and that p00003 may be later."""
    found = settings.read(root)
    engine = tables.connect(found)
    known.ensure(engine, found, NAME)
    engine.dispose()
    with Gradebook(found.db_url) as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
        gradebook.add_student("p00003")
        gradebook.add_submission(NAME, "p00003", timestamp=None)
        gradebook.grant_extension(NAME, "p00003", days=5)


def mark_by_hand(url):
    """Write what a trainer writes in the formgrader: points, extra credit, comments, a flag."""
    with Gradebook(url) as gradebook:
        for student in ("p00001", "p00002", "p00005"):
            grade = gradebook.find_grade("may-it-go-in", NAME, NAME, student)
            grade.manual_score, grade.needs_manual_grade = 1.25, False
            gradebook.find_grade("small-groups", NAME, NAME, student).extra_credit = 0.5
            grade = gradebook.find_grade("notice-for-the-new-tool", NAME, NAME, student)
            grade.manual_score, grade.needs_manual_grade = 4.5, False
            gradebook.find_comment("notice-for-the-new-tool", NAME, NAME, student).manual_comment = "清楚。Clear."
            gradebook.find_submission_notebook(NAME, NAME, student).flagged = True
        gradebook.db.commit()


def hand_in_again(root):
    """Let half of the participants in *root* hand in something else, later."""
    for student in submissions.hand_in(root, MANY // 2, seed=2):
        submissions.write(root, student, json.dumps(submissions.json_of(root, student)), day=29)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Return what nbgrader writes: rows and files, before and after a trainer marks and people hand in again."""
    root = submissions.lay(tmp_path_factory.mktemp("nbgrader") / "course", LATE)
    submissions.hand_in(root, MANY)
    announce(root)
    courses.run(root, "nbgrader", "autograde", NAME)
    first = held(db_url(root)), notebooks(root)
    mark_by_hand(db_url(root))
    hand_in_again(root)
    courses.run(root, "nbgrader", "autograde", NAME)
    return first, (held(db_url(root)), notebooks(root))


def test_both_ways_write_the_same_rows_and_the_same_files(ours, url, theirs):
    announce(ours)
    submissions.singmuk(ours, "grade", "--workers", "2")
    rows = held(url)
    assert (rows, notebooks(ours)) == theirs[0]
    assert len(rows["grade"]) == MANY * 11
    assert {row[-1] for row in rows["submitted_notebook"]} > {None}  # some are late and lose points

    mark_by_hand(url)
    hand_in_again(ours)
    submissions.singmuk(ours, "grade")
    rows = held(url)
    assert (rows, notebooks(ours)) == theirs[1]
    manual = [row for row in rows["grade"] if row[3] is not None]
    assert len(manual) == 6
    assert [row[-1] for row in manual if row[0] < f"p{MANY // 2:05}"] == [1] * 4  # a trainer looks again
    assert [row for row in rows["comment"] if row[-1]] == [
        (student, "notice-for-the-new-tool", None, "清楚。Clear.") for student in ("p00001", "p00002", "p00005")
    ]


def test_what_nbgrader_graded_is_taken_over_and_the_other_way_round(tmp_path):
    root, url = submissions.lay(tmp_path / "ours", LATE), db_url(tmp_path / "ours")
    submissions.hand_in(root, 4)
    announce(root)
    courses.run(root, "nbgrader", "autograde", NAME)
    before, files = held(url), notebooks(root)
    assert run.grade(root, NAME).fates == {Fate.GRADED: 4}
    assert (held(url), notebooks(root)) == (before, files)
    assert run.grade(root, NAME).fates == {Fate.UNCHANGED: 4}
    courses.run(root, "nbgrader", "autograde", "--force", NAME)
    assert (held(url), notebooks(root)) == (before, files)
    assert run.grade(root, NAME).fates == {Fate.UNCHANGED: 4}


def test_what_did_not_change_is_left_alone_and_what_is_gone_comes_back(ours, url):
    run.grade(ours, NAME)
    before, files = held(url), notebooks(ours)
    stamps = [path.stat().st_mtime_ns for path in sorted((ours / "autograded").rglob("*.ipynb"))]
    assert run.grade(ours, NAME).fates == {Fate.UNCHANGED: MANY}
    assert stamps == [path.stat().st_mtime_ns for path in sorted((ours / "autograded").rglob("*.ipynb"))]
    shutil.rmtree(ours / "autograded" / "p00004")
    with Gradebook(url) as gradebook:
        gradebook.remove_submission(NAME, "p00005")
    assert run.grade(ours, NAME).fates == {Fate.UNCHANGED: MANY - 2, Fate.GRADED: 2}
    assert (held(url), notebooks(ours)) == (before, files)


def test_a_due_date_set_later_counts_at_the_next_run(ours, url):
    run.grade(ours, NAME)
    assert {row[-1] for row in held(url)["submitted_notebook"]} == {None}
    with Gradebook(url) as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    assert run.grade(ours, NAME).fates == {Fate.GRADED: MANY}
    after = datetime.fromisoformat(DUE)
    scores = ask(
        url,
        "select s.timestamp, n.late_submission_penalty, sum(coalesce(g.auto_score, 0)) from submitted_notebook n"
        " join submitted_assignment s on s.id = n.assignment_id join grade g on g.notebook_id = n.id"
        " group by s.timestamp, n.late_submission_penalty, n.id",
    )
    for handed_in, penalty, score in scores:
        is_late = datetime.fromisoformat(str(handed_in)) > after
        assert penalty == (pytest.approx(score) if is_late else None)


def test_a_blank_text_is_worth_nothing_and_waits_for_nobody(ours, url):
    for number, text in enumerate(["", " \n\u3000", "Ask first."]):
        given = {"notice-for-the-new-tool": text}
        submissions.write(ours, f"p{number:05}", courses.responses_text(ours, NAME, given))
    run.grade(ours, NAME)
    rows = {row[0]: row[2:] for row in held(url)["grade"] if row[1] == "notice-for-the-new-tool"}
    assert rows["p00000"] == rows["p00001"] == (0.0, None, None, False)
    assert rows["p00002"] == (None, None, None, True)


def test_many_processes_write_the_same_as_one(ours, url, monkeypatch):
    monkeypatch.setattr(run, "BATCH", 3)
    run.grade(ours, NAME, workers=3)
    many, files = held(url), notebooks(ours)
    for name in ("grade", "comment", "submitted_notebook", "submitted_assignment", "singmuk_graded"):
        ask(url, f"delete from {name}")
    shutil.rmtree(ours / "autograded")
    run.grade(ours, NAME)
    assert (held(url), notebooks(ours)) == (many, files)
