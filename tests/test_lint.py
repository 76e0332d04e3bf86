"""Every rule of the lint finds what it is there for, lets pass what is fine, and can be silenced with a reason."""

from __future__ import annotations

import copy
from datetime import date, timedelta

import pytest

from singmuk.cite import Source
from singmuk.kinds import kinds
from singmuk.lint import BANK_RULES, ITEM_RULES, lint, rules
from singmuk.lint.wording import check_digit
from singmuk.load import Course
from singmuk.yaml_lines import Document
from tests.conftest import ROOT, golden_data, record

SOURCES = {"cap486": Source("cap486", "Cap. 486 2026", "Ordinance", "https://a.test", dated=True)}


def changed(kind, *changes, **fields):
    """Return the golden *kind* as data with *fields* replaced and, for each path and value, what stands there."""
    data = copy.deepcopy(golden_data(kind)) | {"review-by": "9999-12-31"} | fields
    for path, value in changes:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        place = data
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return data


def course_of(*items, sources=None):
    scenarios = {item["id"]: record(item) for item in items}
    documents = {name: Document() for name in scenarios}
    return Course(ROOT, scenarios, {}, SOURCES if sources is None else sources, (), documents)


def found(*items, sources=None):
    """Return the findings about *items* as (field, rule)."""
    faults = lint(course_of(*items, sources=sources))
    return [(fault.field, fault.message.rpartition("[")[2].rstrip("]")) for fault in faults]


GYM = "You answer letters for a gym and have a chatbot at hand, at ten to one."
NOON = "You have the list and an approved assistant. Noon is near, and so"

#: A finding for each rule about one item: the kind, what is changed, the field that is named.
FINDINGS = {
    "key-length": ("choose", [("choices.2.text.en", "What went wrong, and when, " * 3)], "choices[2].text.en"),
    "bundle": ("choose", [("choices.1.text.en", "All of the above, as it came.")], "choices[1].text.en"),
    "absolutes": ("choose", [("choices.0.text.zh", "任何情況都照貼原文。")], "choices[0].text.zh"),
    "echo": ("choose", [("choices.2.text.en", "What went wrong with the chatbot.")], "choices[2].text.en"),
    "parallel-choices": (
        "choose",
        [("choices.1.text.en", "The letter, with her name taken out")],
        "choices[1].text.en",
    ),
    "negative-stem": ("choose", [("stem.en", f"{GYM} Which is not fine?")], "stem.en"),
    "tempting": ("choose", [("choices.0.tempting", None)], "choices[0]"),
    "benign-share": ("judge", [(f"cases.{n}.verdict", "stop") for n in range(4)], "cases"),
    "telling-id": ("choose", [("choices.0.id", "wrong-one")], "choices[0].id"),
    "long-sentence": ("order", [("stem.zh", "你" * 41 + "。")], "stem.zh"),
    "rationale-length": ("order", [("steps.0.rationale.en", "Wrong.")], "steps[0].rationale.en"),
    "situation": ("order", [("stem.en", "Put the steps in order.")], "stem.en"),
    "identity-number": ("order", [("steps.0.text.en", "Type A123456(3) into the form.")], "steps[0].text.en"),
    "phone-number": ("order", [("steps.0.text.zh", "致電2345 6789。")], "steps[0].text.zh"),
    "brand": ("order", [("steps.0.text.en", "Open ChatGPT.")], "steps[0].text.en"),
    "script": ("order", [("steps.0.text.zh", "先問这是誰的資料。")], "steps[0].text.zh"),
    "markup": ("order", [("stem.en", f"{NOON} <b>hurry</b> up.")], "stem.en"),
    "review-by": ("order", [("review-by", str(date.today() - timedelta(days=1)))], "review-by"),
    "source-address": ("number", [], "note.cite[0]"),
}

#: The same rules met at their edges, where nothing is to be found.
CLEAN = {
    "key-length": ("choose", [("choices.2.text.en", "What went wrong, without the person herself")]),
    "bundle": ("choose", [("choices.1.text.en", "The letter above, with her name out.")]),
    "absolutes": (
        "choose",
        [("choices.0.text.en", "Only the letter, as it came in."), ("choices.2.text.en", "Only what went wrong.")],
    ),
    "echo": ("choose", [("choices.2.text.en", "What went wrong with the letter.")]),
    "parallel-choices": ("select", [("choices.0.text.en", "X")]),
    "negative-stem": ("choose", [("stem.en", f"{GYM} Which is **not** fine?")]),
    "tempting": ("choose", []),
    "benign-share": ("judge", [("cases.1.verdict", "go")]),
    "telling-id": ("choose", [("choices.0.id", "rightful-owner")]),
    "long-sentence": ("order", [("stem.zh", "你" * 40 + "，" + "你" * 40 + "。")]),
    "rationale-length": (
        "order",
        [("steps.0.rationale.en", "word " * 59 + "end"), ("steps.0.rationale.zh", "字" * 119 + "。")],
    ),
    "situation": ("order", [("level", "recall"), ("stem.en", "Put the steps in order.")]),
    "identity-number": ("order", [("steps.0.text.en", "Type A123456(4) into the form.")]),
    "phone-number": ("order", [("steps.0.text.zh", "致電2345 67XX，編號1234-5678-9012。")]),
    "brand": ("order", [("steps.0.text.en", "Open a public chatbot, not the fruit called apple.")]),
    "script": ("order", [("steps.0.text.zh", "先問第3.5項：「A, B」是誰的資料？")]),
    "markup": ("order", [("stem.en", f"{NOON} **hurry** up, as `A < B`.")]),
    "review-by": ("order", [("review-by", str(date.today() + timedelta(days=1)))]),  # whole runs go past midnight
    "source-address": ("number", []),
}

BARE = {"cap486": Source("cap486", "Cap. 486", "Ordinance", "", dated=True)}
UNDATED = {"cap486": Source("cap486", "Cap. 486", "Ordinance", "https://a.test", dated=False)}


def test_every_rule_has_its_cases_and_a_reason():
    assert {rule.name for rule in rules()} == {*FINDINGS, "key-position", "key-length-bank", "parallel-form"}
    assert {rule.name for rule in ITEM_RULES} == set(FINDINGS) == set(CLEAN)
    assert {rule.name for rule in BANK_RULES} == {"key-position", "key-length-bank", "parallel-form"}
    assert all(rule.why.endswith(".") for rule in rules())


@pytest.mark.parametrize("kind", list(kinds()))
def test_the_golden_example_of_each_kind_is_clean(kind):
    assert found(changed(kind)) == []


@pytest.mark.parametrize("rule", FINDINGS)
def test_a_rule_finds_what_it_is_there_for(rule):
    kind, changes, field = FINDINGS[rule]
    sources = BARE if rule == "source-address" else SOURCES
    assert (field, rule) in found(changed(kind, *changes), sources=sources)


@pytest.mark.parametrize("rule", CLEAN)
def test_a_rule_lets_pass_what_is_fine(rule):
    kind, changes = CLEAN[rule]
    assert rule not in [name for _, name in found(changed(kind, *changes))]


@pytest.mark.parametrize("rule", FINDINGS)
def test_a_rule_is_silenced_with_a_reason(rule):
    kind, changes, _ = FINDINGS[rule]
    silent = changed(kind, *changes, silence={rule: "The name of the tool has this word."})
    assert rule not in [name for _, name in found(silent, sources=BARE if rule == "source-address" else SOURCES)]


def test_silencing_a_rule_that_does_not_exist_is_told():
    (fault,) = lint(course_of(changed("choose", silence={"ecko": "The name has this word."})))
    assert fault.field == "silence.ecko"
    assert fault.message.startswith("'ecko' is not a rule; use one of absolutes, benign-share,")


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        pytest.param([("choices.1.text.zh", "以上皆是。")], "choices[1].text.zh", "bundle", id="bundle in Chinese"),
        pytest.param(
            [("choices.0.text.en", "Never the letter.")], "choices[0].text.en", "absolutes", id="English absolute"
        ),
        pytest.param(
            [("choices.0.text.en", "No.")], "choices[1].text.en", "parallel-choices", id="three times as long"
        ),
        pytest.param(
            [("stem.zh", "你在健身室工作。以下哪項不正確？")], "stem.zh", "negative-stem", id="negative in Chinese"
        ),
        pytest.param([("title.en", "A locker, 關")], "title.en", "script", id="Chinese in English"),
        pytest.param([("title.zh", "儲物櫃,關不上")], "title.zh", "script", id="half-width comma"),
        pytest.param([("choices.0.id", "step-1")], "choices[0].id", "telling-id", id="numbered id"),
        pytest.param(
            [("choices.0.rationale.en", "word " * 61)], "choices[0].rationale.en", "rationale-length", id="61 words"
        ),
        pytest.param(
            [("choices.0.rationale.zh", ("字" * 30 + "。") * 4)],
            "choices[0].rationale.zh",
            "rationale-length",
            id="124 characters",
        ),
        pytest.param([("title.en", " ".join(["word"] * 31))], "title.en", "long-sentence", id="31 words"),
        pytest.param(
            [("exhibits.0.body.zh", "編號G123456(A)。")], "exhibits[0].body.zh", "identity-number", id="check digit A"
        ),
        pytest.param(
            [("exhibits.0.body.en", "Ring 9123-4567.")], "exhibits[0].body.en", "phone-number", id="with a hyphen"
        ),
        pytest.param([("title.en", "# A locker")], "title.en", "markup", id="heading"),
    ],
)
def test_a_rule_has_more_than_one_way_to_find(changes, field, rule):
    assert (field, rule) in found(changed("choose", *changes))


def test_a_source_needs_a_date_as_well():
    assert ("note.cite[0]", "source-address") in found(changed("number"), sources=UNDATED)


@pytest.mark.parametrize(
    ("letters", "digits", "digit"),
    [
        pytest.param("A", "123456", "3", id="A123456(3), as published"),
        pytest.param("G", "123456", "A", id="G123456(A), as published"),
        pytest.param("a", "123456", "3", id="a small letter"),
    ],
)
def test_the_check_digit_of_an_identity_card_is_the_published_one(letters, digits, digit):
    assert check_digit(letters, digits) == digit


@pytest.mark.parametrize(
    "number", ["A123456(3)", "A123456（3）", "A 123456 3", "a1234563", "編號A123456(3)。", "G123456(A)"]
)
def test_a_number_that_could_be_somebodys_is_found_however_it_is_written(number):
    assert ("title.zh", "identity-number") in found(changed("choose", ("title.zh", number)))


@pytest.mark.parametrize("number", ["A123456(4)", "A12345(3)", "XA1234563", "A123456(X)", "A1234567", "AB123456(3)"])
def test_a_number_that_nobody_has_passes(number):
    assert found(changed("choose", ("title.en", f"Card {number}"))) == []
