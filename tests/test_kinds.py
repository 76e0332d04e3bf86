"""Every kind of item: no response hurts it, the best one earns everything, its public half keeps the secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singmuk import load
from singmuk.kinds import kinds
from singmuk.scenario import Line, Note, ResponseError, dumps
from tests.conftest import ROOT, golden_data, record
from tests.strategies import ODD, json_values, responses

GOLDEN = {kind: record(golden_data(kind)) for kind in kinds()}
BANK = {**{f"template {kind}": item for kind, item in GOLDEN.items()}, **load.course(ROOT).scenarios}

every_kind = pytest.mark.parametrize("kind", list(kinds()))
every_scenario = pytest.mark.parametrize("scenario", [pytest.param(item, id=name) for name, item in BANK.items()])


#: Fields that only the secret half may have.
SECRET = {"key", "keys", "answer", "rationale", "tempting", "cite", "value", "values", "remove", "verdict", "bin"}
ANYTHING = {kind: json_values(item) for kind, item in GOLDEN.items()}
GIVEN = {kind: responses(item) for kind, item in GOLDEN.items()}


@every_kind
@given(data=st.data())
@settings(max_examples=150)
def test_any_json_value_earns_a_share_and_never_raises(kind, data):
    share = GOLDEN[kind].share(data.draw(ANYTHING[kind]))
    assert share is None or 0.0 <= share <= 1.0
    assert isinstance(share, float) or kind == "write"


@every_kind
@pytest.mark.parametrize("odd", [pytest.param(odd, id=f"{odd!a:.12}") for odd in ODD])
def test_odd_values_are_neither_scored_nor_a_reason_to_fail(kind, odd):
    for response in (odd, [odd], {str(odd): odd}):
        assert GOLDEN[kind].share(response) in (0.0, None)
        assert GOLDEN[kind].explain(response)


@every_kind
@given(data=st.data())
@settings(max_examples=150)
def test_anything_can_be_explained_with_a_line_for_every_choice(kind, data):
    scenario = GOLDEN[kind]
    lines = scenario.explain(data.draw(ANYTHING[kind]))
    told = [line.note for line in lines if line.note]
    assert all(isinstance(line, Line) for line in lines)
    assert {id(note) for note in told} == {id(note) for _, note in scenario.notes()}
    assert len(told) == len({id(note) for note in told})


@every_kind
@given(data=st.data())
@settings(max_examples=80)
def test_what_a_participant_can_give_is_read_scored_and_explained(kind, data):
    scenario = GOLDEN[kind]
    response = data.draw(GIVEN[kind])
    plain = scenario.read(response)
    assert scenario.given(response) == plain
    assert type(scenario).accept(json.loads(dumps(scenario.public())), response) == plain  # no key is needed
    assert scenario.share(response) == scenario.measure(plain)
    assert scenario.share(json.loads(json.dumps(response))) == scenario.share(response)
    if isinstance(response, list | str) and response:
        assert any(line.yours for line in scenario.explain(response)) or not str(response).strip()


@every_kind
def test_a_malformed_response_says_why(kind):
    with pytest.raises(ResponseError, match=r"must|cannot"):
        GOLDEN[kind].read({"no such id": [True]})
    assert GOLDEN[kind].share({"no such id": [True]}) == 0.0
    assert GOLDEN[kind].given({"no such id": [True]}) is None


@every_scenario
def test_the_best_response_earns_everything_and_none_earns_nothing(scenario):
    assert scenario.share(scenario.best()) == (1.0 if scenario.automatic else None)
    assert scenario.share(None) == 0.0
    assert json.loads(json.dumps(scenario.best())) == scenario.best()


@every_scenario
@pytest.mark.parametrize("given_it", [pytest.param(True, id="best"), pytest.param(False, id="model answer")])
def test_every_scenario_is_explained_in_both_languages(scenario, given_it):
    lines = scenario.explain(scenario.best() if given_it else None)
    assert lines
    assert any(line.best for line in lines)
    assert all(line.text.en and line.text.zh for line in lines)
    assert given_it == any(line.yours for line in lines)
    assert not given_it or not any(line.yours and line.right is False for line in lines)


@every_scenario
def test_the_public_half_has_neither_key_nor_rationale(scenario):
    public = dumps(scenario.public())
    assert not SECRET & names_in(scenario.public())
    for _, note in scenario.notes():
        for text in [note.rationale, note.tempting]:
            assert not text or (dumps(text.en)[1:-1] not in public and dumps(text.zh)[1:-1] not in public)
    assert dumps(json.loads(public)) == public


def names_in(value):
    """Return the names of all fields inside *value*."""
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


@every_scenario
def test_the_secret_half_is_json_and_holds_every_note(scenario):
    answer = dumps(scenario.answer())
    assert json.loads(answer) == scenario.answer()
    for _, note in scenario.notes():
        assert dumps(note.rationale.model_dump()) in answer


@given(st.permutations(range(5)))
def test_the_public_half_of_an_order_tells_nothing_of_the_right_one(places):
    data = golden_data("order")
    mixed = data | {"steps": [data["steps"][place] for place in places]}
    assert record(mixed).public() == GOLDEN["order"].public()


@every_kind
def test_a_note_is_found_wherever_it_stands(kind):
    data = golden_data(kind)
    assert dumps(data).count('"rationale"') == len(list(GOLDEN[kind].notes()))
    assert all(isinstance(note, Note) for _, note in GOLDEN[kind].notes())


@every_scenario
def test_all_checks_hold(scenario):
    assert [fault for check in scenario.checks() for fault in check()] == []
