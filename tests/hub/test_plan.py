"""What a campaign takes: plans computed by hand, and more people never need less."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from singmuk.desk.identity import oauth
from singmuk.desk.metrics import Metrics
from singmuk.hub.plan import measured, plan, runbook, told
from singmuk.hub.plan.asked import Ask, assumptions
from singmuk.hub.site import Limits
from tests.conftest import ROOT
from tests.hub.plans import ASK, DESK, FIGURES, HUB, changed


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
                "starting": 14,  # 2 nodes × 16 × 0.9 = 28.8 cores ÷ 2
                "starts": 14 / 5,  # of 4.5 by processors, 2.8 by the limit, 5 by the hub
                "first": 5,
                "ready": 5 + 111 / 2.8 + 30,
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
                "starting": 64,  # the chart's own; the processors would bear 201
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
    assert "to 3 nodes" in whole and "concurrent_spawn_limit to 14 (2 on one machine)" in whole
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
    assert assumptions()["believed"].value == oauth.BELIEVED
    assert assumptions()["again"].value == Limits().again[1]


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


def test_the_runbook_is_data():
    parts = yaml.safe_load((ROOT / "singmuk" / "hub" / "plan" / "runbook.yml").read_text(encoding="utf-8"))
    assert all(set(step) <= {"do", "why", "look", "act", "seats"} for part in parts for step in part["steps"])
