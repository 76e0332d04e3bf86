"""The face scores as Python does: the same vectors, awkward ones included, through both."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from singmuk import face
from singmuk.kinds import kinds

pytestmark = pytest.mark.browser
WANTED = 220
AWKWARD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", " ", "\ufeff", "\x1c", "\x85", "\u3000", "\ud800", "__proto__", "constructor", "toString"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=8,
)


def ids(scenario):
    """Return every id that stands in the public half, right or wrong place."""
    found = set()

    def walk(value):
        if isinstance(value, dict):
            found.update(str(value[key]) for key in ("id", "span") if key in value)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(scenario.public())
    return sorted(found)


def responses(scenario):
    """Draw responses to *scenario*: right, nearly right, made of its own ids, and anything at all."""
    best, own = scenario.best(), st.sampled_from(ids(scenario))
    near = [st.just(best), own, st.lists(own, max_size=12), st.dictionaries(own, own, max_size=12)]
    if isinstance(best, list):
        near += [st.permutations(best), st.lists(st.sampled_from(best), max_size=8)]
        near += [st.integers(0, len(best)).map(lambda cut: best[:cut]), own.map(lambda one: [*best, one])]
    if isinstance(best, dict):
        values = st.sampled_from(sorted(set(best.values())))
        near += [st.fixed_dictionaries(dict.fromkeys(best, values))]
        near += [st.dictionaries(st.sampled_from(sorted(best)), values)]
    if isinstance(best, float):
        near += [st.floats(best - 3, best + 3), st.sampled_from([best + scenario.tolerance, best - scenario.tolerance])]
        near += [st.sampled_from([math.nextafter(best + scenario.tolerance, math.inf), str(best), True, 10**400])]
    return st.one_of(*near, AWKWARD)


def vectors(scenario, count):
    """Return *count* or more of (response as JSON, share), the same at every run."""
    found = {}

    @settings(max_examples=3 * count, derandomize=True, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck), deadline=None)  # fmt: skip
    @given(responses(scenario))
    def draw(response):
        found[json.dumps(response)] = scenario.share(response)

    draw()
    return list(found.items())


@pytest.fixture(scope="module")
def scorer(browser):
    page = browser.new_page()
    page.evaluate(
        """async (source) => {
          const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
          window.KINDS = (await import(address)).KINDS;
        }""",
        face.module(),
    )
    yield lambda item, answer, given: page.evaluate(
        """([item, answer, given]) => given.map((text) => {
          try { return KINDS[item.kind].share(item, answer, JSON.parse(text)); } catch (fault) { return String(fault); }
        })""",
        [item, answer, given],
    )
    page.close()


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_the_face_and_python_give_the_same_share(kind, scorer, course, golden):
    scenarios = [golden(kind), *(one for one in course.scenarios.values() if one.kind == kind)]
    total, different = 0, set()
    for scenario in scenarios:
        half = face.halves(scenario, course.root, course.sources, practice=True)
        pairs = vectors(scenario, WANTED // len(scenarios) + 1)
        shares = scorer(half["item"], half["answer"], [response for response, _ in pairs])
        wrong = [
            (response, share, shown) for (response, share), shown in zip(pairs, shares, strict=True) if share != shown
        ]
        assert wrong == []
        total += len(pairs)
        different.update(share for _, share in pairs)
    assert total >= 200
    assert len(different) >= 2, "vectors that all score alike prove nothing"
