"""Feedback tells what the gradebook holds and why, in both languages, and nothing that is anybody else's."""

from __future__ import annotations

import re
import shutil
from html import escape, unescape

import pytest

from singmuk import load
from singmuk.exercise.graded import inert
from singmuk.feedback import run as feedback
from singmuk.feedback.words import words
from singmuk.gradebook import run
from singmuk.gradebook.settings import GradebookError
from singmuk.markdown import html
from tests import courses, submissions
from tests.hostile.in_texts import TEXTS
from tests.submissions import NAME, db_url

TASK = "notice-for-the-new-tool"
ALICE = "An AI tool drafts our answers, says ALICE-ONLY & <b>bold</b>."
BOB = "BOB-ONLY text"
COMMENT = "Good start.\nName the <supplier>."


def page_of(root, student):
    return (root / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


def plain(page):
    """Return what a reader sees of *page*, spaces made one."""
    body = page.split("</style>")[1]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))


def give(root, student, **values):
    """Have a trainer give *values* to the text of *student*, as the formgrader does."""
    chain = (
        "select {0}.id from {0} join base_cell c on c.id = {0}.cell_id "
        "join submitted_notebook n on n.id = {0}.notebook_id "
        "join submitted_assignment a on a.id = n.assignment_id where c.name = :cell and a.student_id = :who"
    )
    for column, value in values.items():
        table = "comment" if "comment" in column else "grade"
        question = f"update {table} set {column} = :value where id in ({chain.format(table)})"
        submissions.ask(db_url(root), question, value=value, cell=TASK, who=student)


@pytest.fixture(scope="module")
def given():
    """Give what alice answered: all of it best, but for the first and the text."""
    course = load.course(courses.ROOT)
    scenarios = [course.scenarios[place.id] for place in course.assignments[NAME].scenarios]
    found = {one.id: one.best() for one in scenarios}
    first = scenarios[0]
    return found | {TASK: ALICE, first.id: next(one.id for one in first.choices if one.id != first.key)}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, given):
    root = submissions.lay(tmp_path_factory.mktemp("feedback") / "course", config="c.CourseDirectory.course_id = 'x1'")
    submissions.write(root, "alice", courses.responses_text(root, NAME, given))
    submissions.write(root, "bob", courses.responses_text(root, NAME, {TASK: BOB}, language="zh-Hant"))
    submissions.write(root, "carol", "no responses at all")
    run.grade(root, NAME)
    give(root, "alice", manual_score=4.5, manual_comment=COMMENT)
    feedback.feedback(root, NAME)
    return root


@pytest.fixture
def course(graded, tmp_path):
    """Give a copy of the graded course that a test may change."""
    return shutil.copytree(graded, tmp_path / "course")


def test_each_item_tells_the_response_the_points_what_is_best_and_why(graded, given):
    page = page_of(graded, "alice")
    first = load.course(graded).scenarios[next(iter(given))]
    for language in ("en", "zh"):
        for choice in first.choices:
            assert html(getattr(choice.rationale, language)) in page
            if choice.tempting:
                assert html(getattr(choice.tempting, language)) in page
    text = plain(page)
    assert "0 of 2 points" in text and "得0分（滿分2分）" in text
    assert "Not right Your choice" in text and "Best choice" in text
    assert "4.5 of 6 points" in text


def test_every_note_of_the_assignment_is_in_it_with_its_sources(graded):
    page, course = page_of(graded, "alice"), load.course(graded)
    for place in course.assignments[NAME].scenarios:
        for _, note in course.scenarios[place.id].notes():
            assert html(note.rationale.en) in page and html(note.rationale.zh) in page
            for key in note.cite:
                assert f'href="{escape(course.sources[key].url)}"' in page


def test_the_total_and_the_pass_mark_are_told_with_the_method(graded):
    mark = load.course(graded).assignments[NAME].pass_mark
    alice, bob = plain(page_of(graded, "alice")), plain(page_of(graded, "bob"))
    assert "22.5 of 26 points" in alice and "Passed" in alice and "Needed to pass: 17.5 points." in alice
    assert "0 of 26 points" in bob and "Below the pass mark" in bob and "can add up to 6 points" in bob
    assert html(mark.method.en) in page_of(graded, "alice") and html(mark.method.zh) in page_of(graded, "alice")


def test_what_was_written_and_the_comment_stand_there_escaped(graded):
    page = page_of(graded, "alice")
    assert page.count(escape(ALICE)) == 2 and page.count(escape(COMMENT)) == 2
    assert "<b>bold" not in page and "<supplier>" not in page
    rubric = load.course(graded).scenarios[TASK].rubric
    assert all(html(band.text.zh) in page for criterion in rubric for band in criterion.bands)


def test_nothing_of_another_participant_and_nothing_of_a_notebook_is_in_it(graded):
    alice, bob = page_of(graded, "alice"), page_of(graded, "bob")
    assert "ALICE-ONLY" in alice and "ALICE-ONLY" not in bob
    assert "BOB-ONLY" in bob and "BOB-ONLY" not in alice
    for page in (alice, bob, page_of(graded, "carol")):
        assert not re.search(r"HIDDEN TESTS|grade\(|MARK SCHEME|\balice\b|\bbob\b|singmuk\.notebook", page)
        assert not re.search(r"<script|javascript:|\son\w+=|style=", page)


def test_the_page_opens_in_the_language_of_the_participant_with_the_other_one_in_it(graded):
    alice, bob = page_of(graded, "alice"), page_of(graded, "bob")
    assert '<html lang="en-HK">' in alice and 'id="in-en" checked' in alice
    assert '<html lang="zh-Hant-HK">' in bob and 'id="in-zh" checked' in bob
    for page in (alice, bob):
        assert page.count("<main ") == 2 and page.count("<article ") == 22


def test_a_file_that_could_not_be_taken_is_told_with_the_reason(graded):
    text = plain(page_of(graded, "carol"))
    assert "This submission could not be taken" in text and "is not whole JSON" in text
    assert "0 of 26 points" in text and "未能接納這份提交" in text


def test_a_second_run_writes_nothing_and_a_comment_writes_one_page(course):
    before = {path: path.stat().st_mtime_ns for path in (course / "feedback").rglob("*.*")}
    tally = feedback.feedback(course, NAME)
    assert (tally.written, tally.unchanged, tally.waiting) == (0, 3, 1)
    give(course, "bob", manual_score=2.0, manual_comment="More, please.")
    tally = feedback.feedback(course, NAME)
    assert (tally.written, tally.unchanged, tally.waiting) == (1, 2, 0)
    changed = [path for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert [path.parts[-3] for path in changed] == ["bob"] and "More, please." in page_of(course, "bob")


def test_points_of_a_trainer_on_a_scored_item_and_extra_ones_are_told(course, given):
    first = next(iter(given))
    question = (
        "update grade set manual_score = 1.5, extra_credit = 0.25 where cell_id in (select id from base_cell where"
    )
    submissions.ask(db_url(course), f"{question} name = :name)", name=first)
    feedback.feedback(course, NAME)
    text = plain(page_of(course, "alice"))
    assert "Your trainer set these points. By rule they would be 0." in text and "1.75 of 2 points" in text
    assert "Extra points from your trainer: 0.25." in text and "24.25 of 26 points" in text


def test_a_late_penalty_is_taken_off_and_told(course):
    submissions.ask(db_url(course), "update submitted_notebook set late_submission_penalty = 6")
    feedback.feedback(course, NAME)
    text = plain(page_of(course, "alice"))
    assert "16.5 of 26 points" in text and "Handed in late: 6 points taken off." in text
    assert "0 of 26 points" in plain(page_of(course, "bob"))


def test_points_of_another_key_are_not_explained_with_the_present_one(course):
    path = course / "scenarios" / "sick-leave-summary.yml"
    text = path.read_text(encoding="utf-8")
    other = next(one for one in re.findall(r"^  - id: (\S+)$", text, re.MULTILINE) if one != "dates-and-limits")
    path.write_text(text.replace("key: dates-and-limits", f"key: {other}"), encoding="utf-8")
    submissions.rebuild(course)
    before = page_of(course, "alice")
    tally = feedback.feedback(course, NAME)
    assert len(tally.skipped) == 3 and "regrade" in tally.skipped[0][1]
    assert page_of(course, "alice") == before
    assert submissions.singmuk(course, "feedback", NAME, good=False).count("regrade") == 3


def test_nbgrader_makes_the_same_page_and_releases_it(course, tmp_path):
    before = page_of(course, "alice")
    courses.run(course, "nbgrader", "generate_feedback", NAME, "--force")
    assert page_of(course, "alice") == before
    feedback.feedback(course, NAME)
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    courses.run(course, "nbgrader", "release_feedback", NAME, f"--Exchange.root={tmp_path / 'exchange'}")
    released = sorted((tmp_path / "exchange" / "x1" / "feedback").glob("*.html"))
    assert len(released) == 3 and before in [path.read_text(encoding="utf-8") for path in released]


def test_graded_notebooks_have_no_hidden_test_for_any_exporter_to_show(graded):
    for path in (graded / "autograded").rglob("*.ipynb"):
        assert not re.search(r"HIDDEN TESTS|grade\(", path.read_text(encoding="utf-8"))


def test_the_secret_by_which_nbgrader_hands_out_stays_the_one_of_the_submission(course):
    folder = course / "autograded" / "alice" / NAME
    (folder / "submission_secret.txt").write_text("a" * 128, encoding="utf-8")
    feedback.feedback(course, NAME)
    there = {path.parts[-3]: path.read_text("utf-8") for path in (course / "feedback").rglob("submission_secret.txt")}
    assert there["alice"] == "a" * 128 and len(there["bob"]) == 128


def test_a_participant_whose_name_leads_elsewhere_gets_no_page(course):
    submissions.ask(db_url(course), "update submitted_assignment set student_id = '../../out' where student_id = 'bob'")
    submissions.ask(db_url(course), "update student set id = '../../out' where id = 'bob'")
    tally = feedback.feedback(course, NAME)
    assert [one for one, _ in tally.skipped] == ["../../out"]
    assert not (course.parent / "out").exists()


def test_mistakes_are_told_without_a_traceback(course, tmp_path):
    assert "assignments/pdpo-basic.yml: " in submissions.singmuk(course, "feedback", "pdpo-basic", good=False)
    fresh = submissions.lay(tmp_path / "fresh")
    said = submissions.singmuk(fresh, "feedback", NAME, good=False)
    assert f"run `singmuk grade {NAME}`" in said and "Traceback" not in said
    with pytest.raises(GradebookError, match="was not graded"):
        feedback.one(course, NAME, "nobody")


@pytest.fixture(scope="module")
def hostile(graded, tmp_path_factory, given):
    root = shutil.copytree(graded, tmp_path_factory.mktemp("hostile") / "course")
    for what, text in TEXTS.items():
        submissions.write(root, what, courses.responses_text(root, NAME, given | {TASK: text}))
    run.grade(root, NAME)
    feedback.feedback(root, NAME)
    return root


@pytest.mark.parametrize("what", sorted(TEXTS))
def test_a_hostile_text_is_escaped_in_the_page(hostile, what):
    body = page_of(hostile, what).split("</style>")[1]
    assert escape(inert(TEXTS[what])) in body
    assert not re.search(r"<script|<iframe|<form|<meta|<img src=x|[\x00-\x08\x0b-\x1f\u202a-\u202e]", body)
    assert not re.search(r"<[^<>]*\son\w+=", body)


def test_both_languages_have_every_word():
    assert all(set(text) == {"en", "zh"} for text in words()["feedback"].values())
