"""The item lint: rules of good item writing, each with a name by which a scenario may silence it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

from singmuk.cite import Source
from singmuk.faults import Fault
from singmuk.lang import Path
from singmuk.load import Course
from singmuk.scenario import Scenario

Finding = tuple[Path, str]
ItemRule = Callable[[Scenario, Mapping[str, Source]], Iterable[Finding]]
BankRule = Callable[[Mapping[str, Scenario]], Iterable[tuple[str, Path, str]]]


@dataclass(frozen=True)
class Rule:
    """A rule with its name and the sentence that explains it."""

    name: str
    why: str


ITEM_RULES: dict[Rule, ItemRule] = {}
BANK_RULES: dict[Rule, BankRule] = {}


def item_rule(name: str) -> Callable[[ItemRule], ItemRule]:
    """Return a decorator that makes a function the rule *name* about a single scenario."""

    def keep(function: ItemRule) -> ItemRule:
        ITEM_RULES[Rule(name, (function.__doc__ or "").strip())] = function
        return function

    return keep


def bank_rule(name: str) -> Callable[[BankRule], BankRule]:
    """Return a decorator that makes a function the rule *name* about all scenarios together."""

    def keep(function: BankRule) -> BankRule:
        BANK_RULES[Rule(name, (function.__doc__ or "").strip())] = function
        return function

    return keep


def rules() -> list[Rule]:
    """Return every rule, by name."""
    _load()
    return sorted([*ITEM_RULES, *BANK_RULES], key=lambda rule: rule.name)


def _load() -> None:
    for room in ("choices", "wording", "sources", "bank"):
        import_module(f"{__name__}.{room}")


def lint(course: Course) -> list[Fault]:
    """Return what the rules find in the sound scenarios of *course*, save what a scenario silences."""
    _load()
    found = [fault for scenario in course.scenarios.values() for fault in _item(course, scenario)]
    for rule, bank in BANK_RULES.items():
        for scenario, path, message in bank(course.scenarios):
            if rule.name not in course.scenarios[scenario].silence:
                found.append(course.fault(scenario, path, f"{message} [{rule.name}]"))
    return sorted(found)


def _item(course: Course, scenario: Scenario) -> Iterator[Fault]:
    names = [rule.name for rule in rules()]
    for name in scenario.silence:
        if name not in names:
            message = f"{name!r} is not a rule; use one of {', '.join(names)}"
            yield course.fault(scenario.id, ("silence", name), message)
    for rule, check in ITEM_RULES.items():
        if rule.name not in scenario.silence:
            for path, message in check(scenario, course.sources):
                yield course.fault(scenario.id, path, f"{message} [{rule.name}]")
