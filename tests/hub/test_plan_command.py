"""`singmuk hub plan`: its forms, nonsense that is refused, and results that cannot be used."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from singmuk.cli import main
from singmuk.hub.plan import measured, plan
from singmuk.hub.plan.asked import Ask, AskedError, assumptions
from singmuk.hub.plan.figure import figure, needs, sizes
from tests.hub.plans import ASK, DESK, FIGURES, HUB, changed

EXAMPLE = ["--people", "10000", "--peak", "0.25", "--seats", "0.05"]


@pytest.fixture
def results(tmp_path):
    (tmp_path / "hub.json").write_text(json.dumps(HUB), encoding="utf-8")
    (tmp_path / "desk.json").write_text(json.dumps(DESK), encoding="utf-8")
    return tmp_path


def run(*options):
    return CliRunner().invoke(main, ["hub", "plan", *map(str, options)])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--people", 0], "--people: 0 cannot be planned", id="nobody"),
        pytest.param(["--people", 10, "--peak", 25], "25 % is 0.25", id="percent"),
        pytest.param(["--people", 10, "--peak", 0], "--peak: 0 is no share", id="no peak"),
        pytest.param(["--people", 10, "--seats", -0.1], "--seats: -0.1 is no share", id="less than no seats"),
        pytest.param(["--people", 10, "--minutes", "nan"], "--minutes: nan cannot be", id="not a number"),
        pytest.param(["--people", 10, "--stay", "inf"], "--stay: inf cannot be", id="for ever"),
        pytest.param(["--people", 10, "--margin", 0.5], "plans less than was measured", id="margin"),
        pytest.param(["--people", 10, "--answers-per-person", 0], "--answers-per-person: 0", id="no answers"),
        pytest.param(["--people", 10, "--assume", "pots=1"], "'pots' is not assumed here", id="assumption"),
        pytest.param(["--people", 10, "--assume", "pods=many"], "is no NAME=VALUE", id="assumption in words"),
        pytest.param(["--people", 10, "--assume", "believed=0"], "give 1 or more", id="no time"),
        pytest.param(["--people", 10, "--seats", 1, "--node-gb", 0.2], "no seat fits on a node", id="small nodes"),
        pytest.param(["--people", 10, "--json", "--markdown"], "choose one", id="two forms"),
        pytest.param(["--people", 10, "--figure", "a.doc"], "neither .svg nor .png", id="picture"),
        pytest.param(["--people", 10, "--figure", "/none/a.svg"], "cannot be written", id="picture's folder"),
        pytest.param([], "--people", id="nothing"),
    ],
)
def test_nonsense_is_refused_in_words(results, options, words):
    answer = run(*options, "--results", results)
    assert answer.exit_code and words in answer.output and "Traceback" not in answer.output


def test_all_faults_are_told_at_once(results):
    output = run("--people", 0, "--peak", 2, "--node-cpu", -1, "--results", results).output
    assert all(option in output for option in ("--people:", "--peak:", "--node-cpu:"))
    with pytest.raises(AskedError, match=r"--people[\s\S]*--margin"):
        Ask(people=-1, margin=0)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("hub.json", None, "is not there; measure again", id="missing"),
        pytest.param("desk.json", None, "is not there; measure again", id="desk's missing"),
        pytest.param("hub.json", "{", "is no JSON", id="broken"),
        pytest.param("hub.json", "[]", "made by another version", id="a list"),
        pytest.param("hub.json", json.dumps(changed(HUB, format=2)), "format: input should be 1", id="stale"),
        pytest.param("hub.json", json.dumps(changed(HUB, seat__cpu=None)), "seat.cpu: field required", id="lacking"),
        pytest.param("hub.json", json.dumps(changed(HUB, seat__cpu=0)), "seat.cpu: input should be greater", id="zero"),
        pytest.param("hub.json", '"\\ud800"', "made by another version", id="text"),
        pytest.param("desk.json", json.dumps(changed(DESK, rows__SQLite=None, seat=None)), "seat: field", id="old"),
    ],
)
def test_results_that_cannot_be_used_are_told(results, name, content, words):
    (results / name).unlink() if content is None else (results / name).write_text(content, encoding="utf-8")
    answer = run("--people", 10, "--results", results)
    assert answer.exit_code == 1 and words in answer.output and name in answer.output
    assert "make benchmark" in answer.output


def test_a_busy_machine_is_told(results):
    (results / "hub.json").write_text(json.dumps(changed(HUB, load=[3.0, 4.0])), encoding="utf-8")
    assert "the machine was busy" in run("--people", 10, "--results", results).output
    (results / "hub.json").write_text(json.dumps(HUB), encoding="utf-8")
    assert "the machine was busy" not in run("--people", 10, "--results", results).output


def test_json_is_the_same_each_time_and_holds_all(results):
    first, second = (run(*EXAMPLE, "--json", "--results", results).output for _ in range(2))
    assert first == second
    data = json.loads(first)
    assert data["asked"]["people"] == 10_000 and data["format"] == 1
    assert {line["name"] for line in data["lines"]} == set(plan(ASK, FIGURES).values)
    assert data["runbook"] and data["warnings"] and data["measured"]


def test_markdown_and_text_hold_every_line_and_warning(results):
    page, text = (run(*EXAMPLE, *form, "--results", results).output for form in (["--markdown"], []))
    made = plan(replace(ASK, margin=1.5), FIGURES)
    flat = re.sub(r"\s+", " ", text)
    for line in made.lines:
        assert f"| {line.shown} | {line.how} |" in page
        assert line.text in text and line.shown in text
    for warning in made.warnings:
        assert warning in page and warning[:40] in flat


def test_what_is_assumed_can_be_listed_and_changed(results):
    listed = run("--assumptions")
    assert listed.exit_code == 0 and all(f"{name}=" in listed.output for name in assumptions())
    data = json.loads(run(*EXAMPLE, "--assume", "pods=45", "--json", "--results", results).output)
    assert {line["name"]: line["value"] for line in data["lines"]}["seats-per-node"] == 30


def test_the_figures_that_come_with_the_package_are_read_where_none_are_named():
    answer = run(*EXAMPLE)
    assert answer.exit_code == 0, answer.output
    found = measured.read()
    assert found.hub.date in answer.output and found.desk.date in answer.output


def test_the_picture_shows_what_the_plan_says(results, tmp_path):
    path = tmp_path / "plan.svg"
    assert run(*EXAMPLE, "--figure", path, "--results", results).exit_code == 0
    assert "People invited" in path.read_text(encoding="utf-8")
    drawn = figure(ASK, FIGURES)
    left, right = drawn.axes
    assert "cores" in left.get_ylabel() and "GB" in right.get_ylabel()
    pages, seats, _, _ = left.lines
    assert list(pages.get_xdata()) == sizes(10_000) and 10_000 in sizes(10_000)
    assert list(seats.get_ydata()) == needs(ASK, FIGURES, sizes(10_000), 1.0, "machine-cores")
    assert all(many >= few for few, many in zip(pages.get_ydata(), seats.get_ydata(), strict=True))
