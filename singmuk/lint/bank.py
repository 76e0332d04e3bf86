"""Rules about all scenarios together: no pattern pays, and what is graded can be practised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import mean

from singmuk.lang import LANGUAGES, Path
from singmuk.lint import bank_rule
from singmuk.scenario import Scenario

Found = tuple[str, Path, str]
Bank = Mapping[str, Scenario]


def _choose(bank: Bank) -> list[Scenario]:
    return [scenario for scenario in bank.values() if scenario.kind == "choose"]


@bank_rule("key-position")
def key_position(bank: Bank) -> Iterator[Found]:
    """Over the bank no place in the file holds more than half of the keys."""
    items = _choose(bank)
    places = Counter([key for *_, key in item.alternatives()].index(True) for item in items)
    if len(items) >= 6:
        for place, times in places.items():
            if times > len(items) / 2:
                found = [item for item in items if [key for *_, key in item.alternatives()].index(True) == place]
                yield (
                    found[-1].id,
                    ("choices",),
                    f"{times} of {len(items)} keys stand in place {place + 1}; move some",
                )


@bank_rule("key-length-bank")
def key_length_bank(bank: Bank) -> Iterator[Found]:
    """Over the bank the key is the longest choice no more often than chance and a half would have it."""
    items = _choose(bank)
    for language in LANGUAGES if len(items) >= 6 else ():
        longest = []
        for item in items:
            lengths = [(len(getattr(text, language)), key) for _, text, key in item.alternatives()]
            if max(lengths)[1]:
                longest.append(item.id)
        chance = mean(1 / len(item.alternatives()) for item in items)
        if len(longest) > 1.5 * chance * len(items) + 1:
            message = f"the key is the longest choice in {len(longest)} of {len(items)} items ({language}); shorten"
            yield longest[-1], ("key",), message


@bank_rule("parallel-form")
def parallel_form(bank: Bank) -> Iterator[Found]:
    """What is graded has another scenario that decides the same, for practice or a second test."""
    decided = Counter(code for scenario in bank.values() for code in scenario.codes)
    for scenario in bank.values():
        if scenario.graded and decided[scenario.codes[0]] < 2:
            yield (
                scenario.id,
                ("codes",),
                f"no other scenario decides {scenario.codes[0]}; write one in another situation",
            )
