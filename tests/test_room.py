"""What the trainer's room counts and says, and `singmuk collect` and `singmuk release` with the desk."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import yaml

from singmuk.desk.room import counts, view
from singmuk.desk.store import open_office
from singmuk.gradebook import settings
from singmuk.lang import LANGUAGES
from tests import courses, rooms, submissions
from tests.rooms import START, TASK, at_desk, desk_url
from tests.submissions import NAME


@pytest.fixture
def course(tmp_path):
    return submissions.lay(tmp_path / "course")


@pytest.fixture
def desk(course):
    return rooms.busy_desk(course)


def office(root, ask):
    """Return what *ask* gets from the desk's store."""
    opened = open_office(desk_url(root))
    try:
        return ask(opened)
    finally:
        opened.close()


# Collect ------------------------------------------------------------------------------------------------------------


def test_collect_takes_from_the_desk_says_so_and_does_nothing_twice(desk):
    said = submissions.singmuk(desk, "collect")
    assert "Taking from the desk (state/desk.db)." in said and f"{NAME}: 11 new." in said
    assert submissions.json_of(desk, "p-text")["responses"][TASK]["response"].startswith("We use")
    again = submissions.singmuk(desk, "collect", NAME)
    assert "11 as before" in again and "Nothing changed." in again


def test_the_newest_hand_in_counts_also_within_one_second(desk):
    for number, text in enumerate(["zz one", "aa two", "mm three"], start=1):
        at_desk(desk, "p-often", {TASK: text}, token=f"{number:032}")
    submissions.singmuk(desk, "collect")
    assert submissions.json_of(desk, "p-often")["responses"][TASK]["response"] == "mm three"
    at_desk(desk, "p-often", {TASK: "ll four"}, at=START + timedelta(minutes=1))
    assert "1 newer than the one before" in submissions.singmuk(desk, "collect")
    assert submissions.json_of(desk, "p-often")["responses"][TASK]["response"] == "ll four"


def test_collect_takes_from_desk_and_exchange_together(desk, tmp_path):
    folder = tmp_path / "exchange" / "singmuk" / "inbound" / f"p-sent+{NAME}+2026-11-21 09:30:00 UTC+x"
    courses.put(folder / "responses.json", courses.responses_text(desk, NAME, {TASK: "by the exchange"}))
    courses.put(folder / "timestamp.txt", "2026-11-21 09:30:00.000000 UTC")
    with (desk / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc.Exchange.root = {str(tmp_path / 'exchange')!r}\nc.ExchangeCollect.check_owner = False\n")
    said = submissions.singmuk(desk, "collect")
    assert "the desk (state/desk.db) and nbgrader's exchange" in said and f"{NAME}: 12 new." in said


def test_without_a_desk_a_missing_exchange_is_a_fault(course, tmp_path):
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc.Exchange.root = {str(tmp_path / 'none')!r}\n")
    assert "c.Exchange.root" in submissions.singmuk(course, "collect", good=False)


def test_a_hand_in_that_is_not_its_receipts_is_refused_with_the_reason(desk):
    submissions.ask(desk_url(desk), "update handins set content = replace(content, 'We use', 'We sell')")
    said = submissions.singmuk(desk, "collect", good=False)
    assert "10 new, 1 refused" in said and "receipt" in said
    assert not (desk / "submitted" / "p-text").exists()


# Release ------------------------------------------------------------------------------------------------------------


def test_release_shows_each_their_own_and_leaves_out_who_waits(desk):
    submissions.singmuk(desk, "collect")
    submissions.singmuk(desk, "grade")
    said = submissions.singmuk(desk, "release", NAME)
    assert "10 released to the desk, 0 there as before" in said and "1 left out" in said
    released = {one: office(desk, lambda store, who=one: store.released(who)) for one in ("p-0", "p-wrong", "p-text")}
    assert released == {"p-0": {NAME: (20.0, 26.0, True)}, "p-wrong": {NAME: (0.0, 26.0, False)}, "p-text": {}}
    page = office(desk, lambda store: store.page("p-wrong", NAME))
    assert "0 of 26 points" in page
    again = submissions.singmuk(desk, "release", NAME)
    assert "0 released to the desk, 10 there as before" in again


def test_release_may_include_who_waits_and_tells_passed_of_nobody_before(desk):
    submissions.singmuk(desk, "collect")
    submissions.singmuk(desk, "grade")
    assert "11 released to the desk" in submissions.singmuk(desk, "release", NAME, "--waiting")
    assert submissions.ask(desk_url(desk), "select passed from feedback where participant = 'p-text'") == [(None,)]
    submissions.ask(submissions.db_url(desk), "update grade set manual_score = 6 where auto_score is null")
    assert "1 released to the desk, 10 there as before" in submissions.singmuk(desk, "release", NAME)
    assert submissions.ask(desk_url(desk), "select points, passed from feedback where participant = 'p-text'") == [
        (26.0, 1)
    ]


def test_release_without_a_desk_says_what_to_do_instead(course):
    submissions.hand_in(course, 2)
    submissions.singmuk(course, "grade")
    said = submissions.singmuk(course, "release", NAME, good=False)
    assert "singmuk start" in said and "release_feedback" in said


# Counts -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def counting(desk):
    found = counts.Counting(settings.read(desk))
    yield found
    found.close()


def test_counts_follow_the_steps(desk, counting):
    assert counting.of(NAME, 17.5) == counts.Counts(0, 11, 0, 0, 0, 0, 0)
    submissions.singmuk(desk, "collect")
    assert counting.of(NAME, 17.5).collected == 11
    submissions.singmuk(desk, "grade")
    found = counting.of(NAME, 17.5)
    assert (found.graded, found.waiting, found.passed, found.final) == (11, 1, 9, 10)
    submissions.singmuk(desk, "release", NAME)
    assert counting.of(NAME, 17.5).released == 10


def test_a_course_without_anything_counts_nothing(course):
    counting = counts.Counting(settings.read(course))
    assert counting.of(NAME, 17.5) == counts.Counts(None, None, None, 0, 0, 0, 0)


def test_numbers_stay_while_the_gradebook_is_being_written(desk, counting):
    submissions.singmuk(desk, "collect")
    submissions.singmuk(desk, "grade")
    before = counting.of(NAME, 17.5)
    engine = counts.create_engine(submissions.db_url(desk))
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        assert counting.of(NAME, 17.5) == before
    engine.dispose()


@pytest.mark.parametrize(
    ("graded", "waiting", "passed", "share"),
    [
        (9, 0, 5, None),
        (12, 3, 5, None),
        (10, 0, 5, 50),
        (10, 0, 10, 95),
        (40, 0, 0, 5),
        (300, 0, 299, 95),
        (30, 0, 20, 67),
    ],
)
def test_the_share_is_told_of_ten_or_more_and_never_of_all_or_none(graded, waiting, passed, share):
    assert counts.Counts(None, None, None, graded, graded, waiting, passed).share == share


# Words --------------------------------------------------------------------------------------------------------------


def test_every_word_is_there_in_both_languages_and_is_used():
    read = yaml.safe_load((view.HERE / "words.yml").read_text(encoding="utf-8"))
    used = "".join(path.read_text(encoding="utf-8") for path in view.HERE.rglob("*") if path.suffix in (".py", ".html"))
    known = (
        r"(job|card|step)\.[a-z-]+|door\.(used|text)|fault\.\w+|hub\.(account|list|participant|away|late|unconfirmed)"
    )
    for group, texts in read.items():
        for name, text in texts.items():
            assert set(text) == {"en", "zh"} and all(text.values()), (group, name)
            assert set(re.findall(r"\{\w+\}", text["en"])) == set(re.findall(r"\{\w+\}", text["zh"])), (group, name)
            place = f"{group}.{name}"
            assert place in used or re.fullmatch(known, place), place


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("numbers", "next_"),
    [
        ((None, None, None, 0, 0, 0, 0), ""),
        ((3, 0, 0, 0, 0, 0, 0), ""),
        ((3, 2, 0, 0, 0, 0, 0), "collect"),
        ((3, 2, 0, 2, 0, 0, 0), "grade"),
        ((3, 2, 0, 2, 2, 1, 0), "read"),
        ((3, 2, 0, 2, 2, 0, 0), "release"),
        ((3, 2, 2, 2, 2, 0, 0), ""),
    ],
)
def test_one_step_is_the_next_and_each_says_why(numbers, next_, language):
    found = view.steps(counts.Counts(*numbers), again=False, formgrader=True, language=language)
    assert [step.name for step in found] == ["collect", "grade", "read", "release"]
    assert [step.name for step in found if step.next] == ([next_] if next_ else [])
    assert all(step.note and "{" not in step.note for step in found)


def test_newer_submissions_ask_for_grading_again():
    found = view.steps(counts.Counts(3, 2, 2, 2, 2, 0, 0), again=True, formgrader=True, language="en")
    assert found[1].next and "Newer" in found[1].note
