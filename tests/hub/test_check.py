"""`singmuk hub check` on the machine's own configuration: clean as it is, and every planted mistake is found alone."""

from __future__ import annotations

import pytest

from singmuk.hub.check import rules
from tests.hub import machines
from tests.hub.planted import APART, PLANTED


@pytest.fixture(scope="module")
def etc(tmp_path_factory):
    return machines.lay(tmp_path_factory.mktemp("machine"))


def named(found):
    """Return the names of the rules that found something."""
    return sorted({one.rule for one in found})


def test_the_configuration_of_the_machine_is_clean(etc):
    assert machines.findings(etc) == []


def test_every_rule_has_a_planted_mistake():
    assert sorted([*PLANTED, *APART]) == [one.name for one in rules()]


@pytest.mark.parametrize(
    ("name", "planted"),
    [pytest.param(name, one, id=f"{name}: {one[:60]}") for name in PLANTED for one in PLANTED[name]],
)
def test_a_planted_mistake_is_found_by_its_rule_alone(etc, name, planted):
    found = machines.findings(etc, planted)
    assert named(found) == [name], [str(one) for one in found]
    assert all(str(etc / "jupyterhub_config.py") in str(one) and one.fact and one.advice for one in found)


def test_every_rule_says_why():
    assert all(len(one.why) > 30 and one.why.endswith(".") for one in rules())
