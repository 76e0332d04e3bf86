"""Every assignment pays a perfect, an empty, a half-right and a hostile participant what its table says."""

from __future__ import annotations

import json
import re

import pytest

from singmuk.scoring import grade, points
from tests import tables
from tests.conftest import ROOT
from tests.test_parity import hidden_tests

NAMES = tables.names()
WHO = ["perfect", "empty", "half-right", "hostile"]


def expected(name):
    return json.loads((tables.EXPECTED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_what_the_files_say(name):
    assert (tables.EXPECTED / f"{name}.json").read_text(encoding="utf-8") == tables.text_of(name), (
        "run `python -m tests.tables`"
    )


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", NAMES)
def test_the_course_pays_what_the_table_says(name, who, course):
    one = expected(name)["participants"][who]
    for place in course.assignments[name].scenarios:
        share = course.scenarios[place.id].share(one["responses"].get(place.id))
        paid = None if share is None else place.points * share
        assert paid == pytest.approx(one["points"][place.id]), place.id
    if who == "perfect":
        waits = sum(place.points for place in course.assignments[name].scenarios if one["points"][place.id] is None)
        assert one["total"] == pytest.approx(course.assignments[name].points - waits)


@pytest.mark.parametrize("name", NAMES)
def test_the_hidden_tests_that_nbgrader_runs_pay_the_same(name, course, tmp_path, monkeypatch, capsys):
    notebook = json.loads((ROOT / "source" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    cells = hidden_tests(notebook)
    release = json.loads((ROOT / "exercises" / name / "items.json").read_text(encoding="utf-8"))["release"]
    monkeypatch.chdir(tmp_path)
    for who, one in expected(name)["participants"].items():
        given = {item: {"response": response, "day": "2026-11-22"} for item, response in one["responses"].items()}
        file = {"format": 1, "assignment": name, "release": release, "language": "en", "responses": given}
        (tmp_path / "responses.json").write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
        paid = {}
        for cell, (code, last) in cells.items():
            space = {"grade": grade, "points": points}
            exec(code, space)
            paid[cell] = eval(last, space)
        wanted = {item: worth for item, worth in one["points"].items() if course.scenarios[item].automatic}
        assert sorted(paid.values()) == pytest.approx(sorted(wanted.values())), who
    assert capsys.readouterr() == ("", "")


def test_every_assignment_has_a_table_and_no_table_is_left_over():
    there = {path.stem for path in tables.EXPECTED.glob("*.json")}
    assert there == {*NAMES, tables.BY_HAND}
    assert all(re.fullmatch(r"[a-z-]+", name) for name in there)
