"""What a campaign takes: plans computed by hand, more people never need less, and results that cannot be used."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from singmuk.cli import main
from singmuk.desk.identity import hub as identity
from singmuk.desk.metrics import Metrics
from singmuk.hub.plan import measured, plan, runbook, told
from singmuk.hub.plan.asked import Ask, AskedError, assumptions
from singmuk.hub.plan.figure import figure, needs, sizes
from tests.conftest import ROOT

EXAMPLE = ["--people", "10000", "--peak", "0.25", "--seats", "0.05"]


def sign_in(hub, proxy, desk, database):
    return {
        **{"per_second": 20.0, "p99": 5000.0, "hub_cpu": hub, "proxy_cpu": proxy, "desk_cpu": desk},
        **{"database_cpu": database, "bytes": 500_000.0},
    }


def rows(hub, database):
    one = sign_in(hub, 0.02, 0.01, database)
    return {
        "sign_in": {"1": one, "20": one, "100": one},
        "answer": {"hub_cpu": 0.0, "proxy_cpu": 0.001, "database_cpu": database / 4},
        "check": {"hub_cpu": 0.004},
        "hub_bytes": 4_000.0,
        "hub_empty": 400_000.0,
        "desk_bytes": 8_000.0,
    }


#: Round figures, so that a plan can be computed on paper.
HUB = {
    **{"format": 1, "date": "2026-11-01", "processors": 2, "load": [0.1, 2.0], "versions": {"jupyterhub": "5.5.4"}},
    "rows": {"SQLite": rows(0.04, 0.0), "PostgreSQL": rows(0.05, 0.008)},
    **{"idle": {"hub_mb": 100.0, "proxy_mb": 50.0}, "people": {"hub_mb": 110.0, "proxy_mb": 70.0}, "people_count": 500},
    "seat": {
        **{"seconds": {"lower": 3.0, "median": 4.0, "upper": 5.0}, "cpu": 3.2, "hub_cpu": 0.1, "pss_mb": 150.0},
        **{"rss_mb": 200.0, "home_bytes": 1_000_000.0, "idle_cpu": 0.001, "activity_cpu": 0.005},
    },
    "storm": {"at_once": 20, "limit": 4, "first": 8.0, "median": 50.0, "last": 100.0, "told_later": 40},
}
DESK_ROWS = {
    "campaign": {"requests": 1_000, "people": 100, "cpu_each": 0.02},
    "memory": {"start_mb": 100.0, "each_mb": 0.1},
}
DESK = {
    **{"date": "2026-11-01", "processors": 2, "load": [0.1, 2.0]},
    "rows": {"SQLite": DESK_ROWS, "PostgreSQL": DESK_ROWS},
    "seat": {"cpu": 4.0},
}
FIGURES = measured.Measured.model_validate_json(json.dumps({"hub": HUB, "desk": DESK}))
ASK = Ask(people=10_000, peak=0.25, seats=0.05, margin=2.0)


@pytest.fixture
def results(tmp_path):
    (tmp_path / "hub.json").write_text(json.dumps(HUB), encoding="utf-8")
    (tmp_path / "desk.json").write_text(json.dumps(DESK), encoding="utf-8")
    return tmp_path


def run(*options):
    return CliRunner().invoke(main, ["hub", "plan", *map(str, options)])


def changed(data, **values):
    """Return *data* with the *values* put where their names, with __ for a dot, lead."""
    copy = json.loads(json.dumps(data))
    for path, value in values.items():
        *way, last = path.split("__")
        place = copy
        for name in way:
            place = place[name]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return copy


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        pytest.param(
            ASK,
            {
                "present": 2_500,
                "sign-ins": 2_500 / 600,
                "saves": 2_500 * 10 / 1_200,
                "network": 2_500 / 600 * 4 * 2,
                "desk-cores": 2 * (2_500 / 600 * 0.01 + 25_000 / 1_200 * 0.002),
                "desk-processes": 1,
                "desk-replicas": 2,
                "desk-mb": 2 * (2 * 100 + 2_500 * 0.1),
                "seats": 125,
                "seat-mb": 400,
                "seat-cores": 125 * 2 * (3.2 / 600 + 4 / 1_200 + 0.001),
                "seats-per-node": 95,  # pods: 110 - 15; memory holds 57,600 ÷ 400 = 144
                "nodes": 2 + 1,
                "seats-gb": 50,
                "starting": 18,  # 2 nodes × 16 × 0.9 = 28.8 cores × 4 ÷ 3.2 ÷ 2
                "starts": 18 / 5,  # of 4.5 by processors, 3.6 by the limit, 5 by the hub
                "first": 5,
                "ready": 5 + 107 / 3.6 + 60,
                "volumes": 500,
                "homes-gb": 1,
                "checks": 25_000 / 1_200,
                "activity": 125 / 300,
                "hub-cores": 2 * (2_500 / 600 * 0.05 + 25_000 / 1_200 * 0.004 + 125 / 600 * 0.1 + 125 / 300 * 0.005),
                "hubs": 1,
                "hub-mb": 2 * (100 + 2_500 * 0.02),
                "proxy-cores": 2 * (2_500 / 600 * 0.02 + 25_000 / 1_200 * 0.001),
                "proxy-mb": 2 * (50 + 2_500 * 0.04),
                "database-cores": 2 * (2_500 / 600 * 0.008 + 25_000 / 1_200 * 0.002),
                "hub-database-mb": 2 * (0.4 + 40),
                "desk-database-mb": 160,
                "machine-cores": 4,  # 0.167 + 0.629 + 0.208 + 0.15 + 2.417 = 3.571
                "machine-starting": 2,
                "machine-gb": 39,  # 0.9 + 0.3 + 0.3 + 37.5
            },
            id="the example with half of all doubled",
        ),
        pytest.param(
            Ask(people=30, peak=1.0, minutes=1.0, stay=10.0, items=4, margin=1.0),
            {
                "present": 30,
                "sign-ins": 0.5,
                "saves": 0.2,
                "desk-cores": 0.5 * 0.01 + 0.2 * 0.002,
                "desk-processes": 1,
                "seats": 0,
                "nodes": 0,
                "starting": 0,
                "volumes": 0,
                "checks": 0.2,
                "hub-cores": 0.5 * 0.05 + 0.2 * 0.004,
                "hubs": 1,
                "machine-cores": 1,
                "machine-gb": 1,  # 0.203 + 0.1006 + 0.0512
            },
            id="a class without seats",
        ),
        pytest.param(
            Ask(people=400_000, peak=0.25, seats=0.02, minutes=5.0, margin=1.0, node_cpu=8, node_gb=16),
            {
                "present": 100_000,
                "sign-ins": 100_000 / 300,
                "desk-cores": 100_000 / 300 * 0.01 + 1e6 / 1_200 * 0.002,
                "desk-processes": 5,
                "desk-replicas": 5,
                "seats": 2_000,
                "seats-per-node": 72,  # 14,400 MB ÷ 200
                "nodes": 28 + 1,
                "checks": 1e6 / 1_200,
                "starting": 64,  # the chart's own; the processors would bear 252
                "starts": 10,  # the hub: 1 ÷ 0.1
                "hubs": 21,  # 16.67 + 3.33 + 0.67 + 0.03
            },
            id="more than a hub does",
        ),
    ],
)
def test_a_plan_is_what_one_computes_by_hand(ask, wanted):
    made = plan(ask, FIGURES)
    assert {name: made[name] for name in wanted} == pytest.approx(wanted, rel=1e-9)


def test_every_line_says_how_it_came_about_and_has_a_name_of_its_own():
    made = plan(ASK, FIGURES)
    assert all(line.how and line.text and line.part for line in made.lines)
    assert len(made.values) == len(made.lines)


asks = st.builds(
    Ask,
    people=st.integers(1, 200_000),
    peak=st.floats(0.01, 1.0),
    seats=st.floats(0.0, 1.0),
    minutes=st.floats(1.0, 600.0),
    stay=st.floats(1.0, 600.0),
    items=st.integers(1, 200),
    margin=st.floats(1.0, 5.0),
    node_cpu=st.floats(4.0, 128.0),
    node_gb=st.floats(16.0, 512.0),
)
#: How fast seats start grows with the nodes; all else may only grow with people.
MAY_FALL = {"ready", "first", "seats-per-node"}


@given(asks, st.integers(0, 200_000))
def test_more_people_never_need_less(ask, more):
    fewer, many = plan(ask, FIGURES), plan(replace(ask, people=ask.people + more), FIGURES)
    for name, value in fewer.values.items():
        assert name in MAY_FALL or many[name] >= value - 1e-9, name


@given(asks, st.floats(1.0, 2.0))
def test_a_larger_margin_never_needs_less(ask, factor):
    careful = replace(ask, margin=min(10.0, ask.margin * factor))
    for name in ("desk-cores", "hub-cores", "hubs", "nodes", "seats-gb", "machine-cores", "machine-gb"):
        assert plan(careful, FIGURES)[name] >= plan(ask, FIGURES)[name] - 1e-9, name


@given(asks)
def test_what_is_planned_is_enough(ask):
    made = plan(ask, FIGURES)
    assert made["desk-processes"] >= made["desk-cores"] - 1e-6
    assert made["hubs"] >= made["hub-cores"] - 1e-6
    assert made["seats"] == 0 or (made["nodes"] - 1) * made["seats-per-node"] >= made["seats"]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        pytest.param(ASK, "stops at about 16 on a node", id="volumes"),
        pytest.param(ASK, "If all 10,000 are mailed at once", id="mail"),
        pytest.param(ASK, "told to come again later", id="429"),
        pytest.param(replace(ASK, people=300_000), "One hub is not enough", id="hubs"),
        pytest.param(replace(ASK, people=300_000), "needs PostgreSQL", id="processes"),
        pytest.param(replace(ASK, people=60_000), "more than one machine should hold", id="one machine"),
        pytest.param(replace(ASK, people=15_000), "busy for", id="a busy hub"),
        pytest.param(replace(ASK, seats=1.0, minutes=1.0), "later than the 1 min", id="late seats"),
    ],
)
def test_a_plan_warns(ask, words):
    assert any(words in warning for warning in plan(ask, FIGURES).warnings), plan(ask, FIGURES).warnings


def test_a_plan_without_seats_says_nothing_of_seats():
    made = plan(replace(ASK, seats=0.0), FIGURES)
    assert len(made.warnings) == 1
    text = told.markdown(made, runbook.runbook(made))
    assert "concurrent_spawn_limit to" not in text and "prePuller" not in text and "culler" not in text


def test_the_runbook_is_filled_and_in_order():
    made = plan(ASK, FIGURES)
    steps = runbook.runbook(made)
    whole = "\n".join(json.dumps(step.data()) for step in steps)
    assert not re.search(r"[{}]\w", whole.replace('{"', "").replace('"}', ""))
    assert list(dict.fromkeys(step.when for step in steps)) == [
        "A day before", "An hour before", "They come", "Ten minutes later", "Afterwards",
    ]  # fmt: skip
    assert "to 3 nodes" in whole and "concurrent_spawn_limit to 18 (2 on one machine)" in whole
    assert all(step.why for step in steps) and all(step.look for step in steps if step.act)


def test_the_runbook_looks_at_figures_that_are_there():
    pytest.importorskip("jupyterhub")
    from jupyterhub import metrics  # noqa: PLC0415
    from prometheus_client import REGISTRY, generate_latest  # noqa: PLC0415

    assert metrics.metrics_prefix == "jupyterhub"
    there = generate_latest(REGISTRY).decode() + Metrics().text().decode()
    text = (ROOT / "singmuk" / "hub" / "plan" / "runbook.yml").read_text(encoding="utf-8")
    names = set(re.findall(r"\b(?:jupyterhub|singmuk)_[a-z_]+", text))
    assert names and [name for name in names if name not in there] == []


def test_what_is_assumed_is_what_the_desk_does():
    assert assumptions()["believed"].value == identity.BELIEVED


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


def test_no_figure_is_typed_into_the_code():
    """Every measured figure can be changed in its file, and changes the plan."""
    usual = plan(ASK, FIGURES).values
    for path in ("rows__PostgreSQL__check__hub_cpu", "seat__rss_mb", "seat__pss_mb", "seat__hub_cpu", "idle__hub_mb"):
        *_, last = path.split("__")
        value = HUB
        for name in path.split("__"):
            value = value[name]
        more = measured.Measured.model_validate_json(
            json.dumps({"hub": changed(HUB, **{path: 3 * value}), "desk": DESK})
        )
        assert plan(ASK, more).values != usual, last


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


def test_the_runbook_is_data():
    parts = yaml.safe_load((ROOT / "singmuk" / "hub" / "plan" / "runbook.yml").read_text(encoding="utf-8"))
    assert all(set(step) <= {"do", "why", "look", "act", "seats"} for part in parts for step in part["steps"])
