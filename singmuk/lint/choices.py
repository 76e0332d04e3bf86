"""Rules about choices: nothing but the thought tells the key from the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from statistics import mean

from singmuk.cite import Source
from singmuk.lang import LANGUAGES, Path, Text
from singmuk.lint import Finding, item_rule
from singmuk.scenario import Scenario

Sources = Mapping[str, Source]
LONGER = 1.25

_BUNDLES = {
    "en": re.compile(
        r"\b(all|none|both|neither|any) of (the|these) (above|below|choices|options|following)\b|\bA and B\b",
        re.I,
    ),
    "zh": re.compile(r"以上(皆|全|都|均|各項)|以上(所有|任何)|全部皆|甲及乙|甲和乙"),
}
_ABSOLUTES = {
    "en": re.compile(r"\b(always|never|only|must|every|completely|impossible|guaranteed?|absolutely)\b", re.I),
    "zh": re.compile(r"一定|絕對|絕不|從不|永遠|必然|必定|完全|任何情況"),
}
_NEGATIVE = {
    "en": re.compile(r"\b(not|except|least|never)\b[^?]*\?", re.I),
    "zh": re.compile(r"(不正確|不屬於|不適合|不應|並非|除了[^？]*(以外|之外))[^？]*？"),
}
_TELLING = re.compile(
    r"^(correct|right|wrong|best|key|true|false|good|bad|answer|distractor)(-|$)|^(step|option|choice)-?\d+$|^[a-e]$"
)
_WORD = re.compile(r"[a-z]{5,}")
_COMMON = frozenset(
    "about after again against before being below between could doing during first from further having "
    "other should their there these thing things those through under until where which while would "
    "email using within without today tomorrow people person place still every asked asking shall".split()
)


def _in(text: Text, language: str) -> str:
    return str(getattr(text, language))


def _key_and_rest(scenario: Scenario) -> tuple[list[tuple[Path, Text]], list[tuple[Path, Text]]]:
    texts = scenario.alternatives()
    return [(p, t) for p, t, key in texts if key], [(p, t) for p, t, key in texts if not key]


@item_rule("key-length")
def key_length(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """A key is at most a quarter longer than the mean of the distractors, or its length gives it away."""
    keys, rest = _key_and_rest(scenario)
    for language in LANGUAGES if rest else ():
        usual = mean(len(_in(text, language)) for _, text in rest)
        for path, text in keys:
            if len(_in(text, language)) > LONGER * usual:
                length = len(_in(text, language))
                message = f"the key has {length} characters, the distractors {usual:.0f} on average; cut the key"
                yield (*path, language), message


@item_rule("bundle")
def bundle(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """No "all of the above" and no "A and B": they test logic, not judgement."""
    for path, text, _key in scenario.alternatives():
        for language, pattern in _BUNDLES.items():
            if found := pattern.search(_in(text, language)):
                yield (
                    (*path, language),
                    f"{found.group()!r} bundles other choices; let each choice stand alone",
                )


@item_rule("absolutes")
def absolutes(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """Words such as "always" stand in distractors only where they also stand in a key."""
    keys, rest = _key_and_rest(scenario)
    for language, pattern in _ABSOLUTES.items():
        if any(pattern.search(_in(text, language)) for _, text in keys):
            continue
        for path, text in rest:
            if found := pattern.search(_in(text, language)):
                message = f"{found.group()!r} stands in distractors only, which gives them away; say it plainly"
                yield (*path, language), message


@item_rule("echo")
def echo(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """No word links the stem to a key alone."""
    keys, rest = _key_and_rest(scenario)
    stem = set(_WORD.findall(scenario.stem.en.lower())) - _COMMON
    elsewhere = {word for _, text in rest for word in _WORD.findall(text.en.lower())}
    if len(keys) == 1 and rest:
        path, text = keys[0]
        for word in sorted(set(_WORD.findall(text.en.lower())) & stem - elsewhere):
            yield (*path, "en"), f"{word!r} stands in the stem and in the key alone; reword one of them"


@item_rule("parallel-choices")
def parallel_choices(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """Choices are alike in form: all end in a full stop or none does, none is three times another's length."""
    texts = scenario.alternatives()
    for language, stop in (("en", (".", "!", "?")), ("zh", ("。", "！", "？"))) if texts else ():
        ends = [_in(text, language).rstrip('」』”"').endswith(stop) for _, text, _ in texts]
        if len(set(ends)) > 1:
            odd = ends.index(min(set(ends), key=ends.count))
            yield (*texts[odd][0], language), "ends unlike the other choices; all with a full stop, or none"
        lengths = [len(_in(text, language)) for _, text, _ in texts]
        if max(lengths) > 3 * min(lengths) and max(lengths) > 20:
            longest = lengths.index(max(lengths))
            yield (
                (*texts[longest][0], language),
                "is over three times as long as another choice; even them out",
            )


@item_rule("negative-stem")
def negative_stem(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """A stem asks for what is, not for what is not; where it must, the word is emphasised."""
    for language, pattern in _NEGATIVE.items():
        sentence = re.split(r"(?<=[.。！!])\s*", _in(scenario.stem, language))[-1]
        found = pattern.search(re.sub(r"\*\*[^*]+\*\*", "", sentence))
        if found and scenario.alternatives():
            yield ("stem", language), "asks for what is not so; ask for what is, or emphasise the **not**"


@item_rule("tempting")
def tempting(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """A wrong choice says what it gets right: it is a mistake that people honestly make."""
    rest = {path[:-1] for path, _text, key in scenario.alternatives() if not key}
    for path, note in scenario.notes():
        if path in rest and note.tempting is None:
            yield path, "has no `tempting`; say what this choice gets right and why people pick it"


@item_rule("benign-share")
def benign_share(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """About half of the cases are fine (35 to 65 %), or people learn to refuse everything."""
    share = scenario.stop_share()
    if share is not None and not 0.35 <= 1 - share <= 0.65:
        yield ("cases",), f"{1 - share:.0%} of the cases are fine; bring it between 35 % and 65 %"


@item_rule("telling-id")
def telling_id(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """An id tells what a choice says, not whether it is right: ids travel to participants."""
    for path, note in scenario.notes():
        name = getattr(note, "id", "")
        if _TELLING.search(name):
            yield (*path, "id"), f"{name!r} tells too much or too little; name what the choice says"
