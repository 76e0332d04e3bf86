"""Rules about all scenarios together: no pattern pays, and what is graded can be practised."""

from __future__ import annotations

import pytest

from tests.test_lint import changed, found


def choose(name, place, *, longest=False, **fields):
    """Return a golden choose whose key stands in *place*, as the longest choice or not."""
    data = changed("choose", id=name, **fields)
    key = data["choices"].pop(2)
    key["text"] = {
        "en": "What went wrong, in general words alone." if longest else "What went wrong.",
        "zh": "只寫事情。",
    }
    data["choices"].insert(place, key)
    return data


def bank(places, **fields):
    return [choose(f"item-{number}", place, **fields) for number, place in enumerate(places)]


@pytest.mark.parametrize(
    ("places", "findings"),
    [
        pytest.param([0, 1, 2, 0, 1, 2], [], id="spread"),
        pytest.param([0, 0, 0, 1, 1, 2], [], id="half in one place"),
        pytest.param([0, 0, 0, 0, 1, 2], [("choices", "key-position")], id="four of six in one place"),
        pytest.param([0, 0, 0, 0, 0], [], id="too few to tell"),
    ],
)
def test_keys_are_spread_over_the_places(places, findings):
    assert found(*bank(places)) == findings


@pytest.mark.parametrize(
    ("longest", "findings"),
    [
        pytest.param(4, [], id="four of six: chance and a half, and one"),
        pytest.param(5, [("key", "key-length-bank")], id="five of six"),
    ],
)
def test_the_longest_choice_is_not_the_key_more_often_than_chance(longest, findings):
    items = [choose(f"item-{n}", n % 3, longest=n < longest) for n in range(6)]
    assert found(*items) == findings


def test_too_few_items_have_no_usual_length():
    assert found(*bank([0, 1, 2, 0, 1], longest=True)) == []


def test_what_is_graded_has_a_parallel():
    alone = changed("order", id="alone", use="basics", codes=["DPP6"])
    other = changed("sort", id="other", codes=["DPP2", "DPP6"])
    assert found(alone) == [("codes", "parallel-form")]
    assert found(alone, other) == []
    assert found(changed("order", id="practised", codes=["DPP6"])) == []


@pytest.mark.parametrize(
    ("rule", "items"),
    [
        pytest.param("key-position", bank([0] * 6), id="key-position"),
        pytest.param("key-length-bank", bank([0, 1, 2] * 2, longest=True), id="key-length-bank"),
        pytest.param("parallel-form", [changed("order", use="basics", codes=["DPP6"])], id="parallel-form"),
    ],
)
def test_a_rule_about_the_bank_is_silenced_where_it_is_told(rule, items):
    assert [name for _, name in found(*items)] == [rule]
    items[-1]["silence"] = {rule: "The form of this item is wanted."}
    assert found(*items) == []
