"""The test before the course and the one after it are two forms of one: idea by idea alike, in other situations."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.conftest import ROOT

FORMS = ("before", "after")
KINDS = {"choose": 6, "judge": 2, "select": 2, "sort": 1, "redact": 1, "order": 1, "number": 1, "branch": 1}


@pytest.fixture(scope="module")
def forms(course):
    """Give the two forms, each as its places with their scenarios."""
    return {
        form: [(place, course.scenarios[place.id]) for place in course.assignments[form].scenarios] for form in FORMS
    }


def table(form):
    """Return the rows of the comment at the top of the assignment *form*: what stands in its columns."""
    text = (ROOT / "assignments" / f"{form}.yml").read_text(encoding="utf-8")
    rows = [
        re.split(r" {2,}", line[2:].strip()) for line in text.splitlines() if line.startswith("# ") and "  " in line
    ]
    return rows[1:]


def test_both_forms_hold_fifteen_ideas_of_the_same_kinds(forms):
    for places in forms.values():
        assert Counter(scenario.kind for _, scenario in places) == KINDS


def test_idea_by_idea_the_forms_are_alike(forms):
    for (first, one), (second, other) in zip(forms["before"], forms["after"], strict=True):
        assert (one.kind, one.codes[0], one.level) == (other.kind, other.codes[0], other.level), one.id
        assert first.points == second.points and abs(first.expected - second.expected) <= 0.05
        assert one.id != other.id and one.stem.en != other.stem.en


def test_what_people_choose_among_is_as_much_in_both(forms):
    for (_, one), (_, other) in zip(forms["before"], forms["after"], strict=True):
        sizes = [
            {name: len(part) for name in ("choices", "cases", "rows", "spans", "steps", "nodes", "endings")
             if (part := getattr(scenario, name, None)) is not None}
            for scenario in (one, other)
        ]  # fmt: skip
        assert sizes[0] == sizes[1], one.id


def test_the_table_at_the_top_says_what_the_forms_hold(forms):
    assert table("before") == table("after")
    for row, (_, one), (_, other) in zip(table("before"), forms["before"], forms["after"], strict=True):
        assert row[2:] == [one.codes[0], one.kind, one.id, other.id], row


@pytest.mark.parametrize("form", FORMS)
def test_the_mark_is_said_to_be_no_pass(course, form):
    mark = course.assignments[form].pass_mark
    assert "has no pass" in mark.method.en and "沒有合格線" in mark.method.zh
    judged = sum(place.points * place.expected for place in course.assignments[form].scenarios)
    assert mark.points == int(judged * 2) / 2 and f"is {judged:.1f}" in mark.method.en
