"""Shares in figures: what the formula of each kind gives, by hand or as published."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import golden_data, record


def changed(kind, **fields):
    return record(golden_data(kind) | fields)


def with_ids(kind, field, ids, **fields):
    """Return the golden *kind* with one entry of *field* for each of *ids*."""
    first = golden_data(kind)[field][0]
    return changed(kind, **{field: [first | {"id": name} for name in ids]}, **fields)


@pytest.mark.parametrize(
    ("response", "share"),
    [
        pytest.param("ABCDE", 1.0, id="right order"),
        pytest.param("ABDCE", 0.8, id="one neighbouring pair swapped: Kendall 1938, τ = 0.8"),
        pytest.param("BACDE", 0.8, id="the first pair swapped"),
        pytest.param("BADCE", 0.6, id="two pairs swapped"),
        pytest.param("EBCDA", 0.0, id="first and last swapped: τ = -0.4"),
        pytest.param("EDCBA", 0.0, id="reversed: τ = -1"),
        pytest.param("ABCD", 0.0, id="a step missing"),
        pytest.param("ABCDD", 0.0, id="a step twice"),
        pytest.param("ABCDEE", 0.0, id="a step too many"),
        pytest.param("ABCDF", 0.0, id="an unknown step"),
        pytest.param("", 0.0, id="nothing"),
    ],
)
def test_order_earns_kendalls_tau(response, share):
    order = with_ids("order", "steps", "abcde")
    assert order.share(list(response.lower())) == pytest.approx(share)


@pytest.mark.parametrize(
    ("ticked", "share"),
    [
        pytest.param("ab", 1.0, id="all keys"),
        pytest.param("ba", 1.0, id="in another order"),
        pytest.param("aab", 1.0, id="a repeat counts once"),
        pytest.param("a", 0.5, id="one hit"),
        pytest.param("abc", 0.5, id="two hits, one false alarm"),
        pytest.param("ac", 0.0, id="one hit, one false alarm"),
        pytest.param("abcd", 0.0, id="everything ticked"),
        pytest.param("cd", 0.0, id="false alarms only, not below 0"),
        pytest.param("", 0.0, id="nothing ticked"),
        pytest.param("abz", 0.0, id="one that is no choice spoils the response"),
    ],
)
def test_select_earns_hits_less_false_alarms(ticked, share):
    assert with_ids("select", "choices", "abcd", keys=["a", "b"]).share(list(ticked)) == share


def four_spans(remove):
    words = {"a": "red", "b": "blue", "c": "green", "d": "grey", "e": "pink"}
    note = golden_data("redact")["spans"][0]
    spans = [
        note | {"id": name, "text": {"en": word, "zh": word}, "remove": name in remove} for name, word in words.items()
    ]
    everything = " ".join(words.values())
    return changed("redact", text={"en": everything, "zh": everything}, spans=spans)


@pytest.mark.parametrize(
    ("marked", "share"),
    [
        pytest.param("abc", 1.0, id="all that must go, nothing else"),
        pytest.param("ab", 2 / 3, id="sensitivity 2/3, specificity 1"),
        pytest.param("abcd", 0.5, id="over-redaction: sensitivity 1, specificity 1/2"),
        pytest.param("abcde", 0.0, id="everything marked: sensitivity 1, specificity 0"),
        pytest.param("abd", 1 / 6, id="sensitivity 2/3, specificity 1/2"),
        pytest.param("ad", 0.0, id="1/3 + 1/2 - 1 is below 0"),
        pytest.param("de", 0.0, id="only what should stay"),
        pytest.param("", 0.0, id="nothing marked: sensitivity 0, specificity 1"),
        pytest.param("aabbcc", 1.0, id="repeats count once"),
        pytest.param("abcz", 0.0, id="one that is no span spoils the response"),
    ],
)
def test_redact_earns_sensitivity_and_specificity_together(marked, share):
    assert four_spans(remove="abc").share(list(marked)) == pytest.approx(share)


def test_redact_cuts_the_text_into_pieces_that_make_it_again(golden):
    redact = golden("redact")
    for language, text in redact.text.model_dump().items():
        pieces = redact.segments(language)
        assert "".join(piece if isinstance(piece, str) else piece["text"] for piece in pieces) == text
        assert {piece["span"] for piece in pieces if isinstance(piece, dict)} == {span.id for span in redact.spans}
        assert "" not in pieces


@pytest.mark.parametrize(
    ("answer", "tolerance", "response", "share"),
    [
        pytest.param(0.2, 0.1, 0.3, 1.0, id="0.3 is within 0.1 of 0.2, binary fractions or not"),
        pytest.param(0.2, 0.1, 0.1, 1.0, id="the lower edge"),
        pytest.param(0.2, 0.1, 0.3001, 0.0, id="just beyond the upper edge"),
        pytest.param(103, 0, 103, 1.0, id="no tolerance, the figure itself"),
        pytest.param(103, 0, 103.0, 1.0, id="a whole number as a fraction"),
        pytest.param(103, 0, 103.000001, 0.0, id="no tolerance, nearly the figure"),
        pytest.param(103, 0.05, 103.05, 1.0, id="at the edge"),
        pytest.param(-5, 0, 5, 0.0, id="the sign counts"),
        pytest.param(1, 0, True, 0.0, id="true is no 1"),
        pytest.param(103, 0, "103", 0.0, id="a text is no number"),
        pytest.param(103, 0, [103], 0.0, id="a list is no number"),
        pytest.param(103, 0, math.nan, 0.0, id="not a number"),
        pytest.param(103, 1e300, math.inf, 0.0, id="infinity"),
        pytest.param(103, 0, 10**400, 0.0, id="beyond all floats"),
        pytest.param(0, 0, -0.0, 1.0, id="minus zero"),
    ],
)
def test_number_earns_within_the_tolerance(answer, tolerance, response, share):
    wrong = [golden_data("number")["wrong"][0] | {"value": 7.7}]
    assert changed("number", answer=answer, tolerance=tolerance, wrong=wrong).share(response) == share


@pytest.mark.parametrize(
    ("way", "share"),
    [
        pytest.param(["offer-a-call", "two-lines"], 1.0, id="best ending"),
        pytest.param(["offer-a-call", "serve-on"], 0.5, id="middling ending"),
        pytest.param(["read-it-out"], 0.0, id="worst ending"),
        pytest.param(["offer-a-call"], 0.0, id="unfinished"),
        pytest.param([], 0.0, id="not begun"),
        pytest.param(["offer-a-call", "two-lines", "serve-on"], 0.0, id="goes on after the ending"),
        pytest.param(["two-lines"], 0.0, id="begins in the middle"),
        pytest.param(["offer-a-call", "read-it-out"], 0.0, id="a choice of another node"),
        pytest.param(["offer-a-call", None], 0.0, id="a step that is none"),
        pytest.param(["offer-a-call", ["two-lines"]], 0.0, id="a step that is a list"),
        pytest.param("two-lines", 0.0, id="a text"),
    ],
)
def test_branch_earns_what_its_ending_is_worth(golden, way, share):
    assert golden("branch").share(way) == share


@pytest.mark.parametrize(
    ("kind", "response", "share"),
    [
        pytest.param("judge", {}, 0.0, id="no verdict"),
        pytest.param("judge", {"late-fee": "stop"}, 0.25, id="one of four"),
        pytest.param("judge", {"late-fee": "go"}, 0.0, id="the wrong verdict"),
        pytest.param(
            "judge", dict.fromkeys(["late-fee", "lobby-notice", "sick-guards"], "stop"), 0.5, id="all refused"
        ),
        pytest.param("judge", {"late-fee": "stop", "nobody": "stop"}, 0.0, id="an unknown case spoils it"),
        pytest.param("judge", {"late-fee": "perhaps"}, 0.0, id="an unknown verdict spoils it"),
        pytest.param("judge", {"late-fee": None}, 0.0, id="no verdict written down"),
        pytest.param("judge", [["late-fee", "stop"]], 0.0, id="a list"),
        pytest.param("sort", {"moved-house": "accuracy", "soap-offers": "use"}, 0.5, id="two of four rows"),
        pytest.param("sort", {"moved-house": "use", "soap-offers": "use"}, 0.25, id="one of two right"),
        pytest.param("sort", {"moved-house": "attic"}, 0.0, id="an unknown bin"),
        pytest.param("choose", "what-happened", 1.0, id="the key"),
        pytest.param("choose", "whole-letter", 0.0, id="a distractor"),
        pytest.param("choose", "What-happened", 0.0, id="case counts"),
        pytest.param("choose", ["what-happened"], 0.0, id="the key in a list"),
    ],
)
def test_judge_sort_and_choose_earn_the_share_that_is_right(golden, kind, response, share):
    assert golden(kind).share(response) == share


@pytest.mark.parametrize(
    ("text", "share"),
    [
        pytest.param("A word to you.", None, id="a text waits for a trainer"),
        pytest.param("。", None, id="a full stop is a text"),
        pytest.param("", 0.0, id="empty"),
        pytest.param(" \t\n\r\u00a0\u3000\u2028\ufeff", 0.0, id="white space, full-width and byte-order mark too"),
        pytest.param("x" * 20_000, None, id="the longest that is taken"),
        pytest.param("x" * 20_001, 0.0, id="longer than is taken"),
        pytest.param(["A word"], 0.0, id="a list"),
    ],
)
def test_write_is_for_a_trainer_unless_blank(golden, text, share):
    assert golden("write").share(text) == share


@pytest.mark.parametrize(
    ("points", "share"),
    [
        pytest.param({}, 0.0, id="no points yet"),
        pytest.param({"what-is-wrong": 2, "what-instead": 1}, 1.0, id="the top bands"),
        pytest.param({"what-is-wrong": 1}, 1 / 3, id="one of three"),
        pytest.param({"what-is-wrong": 9, "what-instead": -4}, 2 / 3, id="beyond the bands, either way"),
        pytest.param({"no-criterion": 5}, 0.0, id="an unknown criterion"),
    ],
)
def test_the_rubrics_points_become_a_share(golden, points, share):
    assert golden("write").rubric_share(points) == pytest.approx(share)


@given(st.dictionaries(st.sampled_from(["what-is-wrong", "what-instead"]), st.floats(-10, 10)))
def test_the_rubric_never_leaves_the_scale(points):
    assert 0.0 <= record(golden_data("write")).rubric_share(points) <= 1.0


def test_the_share_of_signals_is_told_of_verdicts_only(golden):
    assert golden("judge").stop_share() == 0.5
    assert golden("sort").stop_share() is None
