"""What a careful deployer would not leave so on a hub: rules, each with a name, a reason and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from singmuk.hub.check.finished import Finished

Severity = Literal["error", "warning"]
#: What a rule says: the setting, what is so, what to do.
Said = tuple[str, str, str]
Look = Callable[[Finished], Iterable[Said]]
ROOMS = ("names", "people", "scopes", "services", "spawning", "seats", "wire", "proxy", "files", "versions")


@dataclass(frozen=True)
class Rule:
    """A rule: its name, how bad it is to break it, and why."""

    name: str
    severity: Severity
    why: str


@dataclass(frozen=True, order=True)
class Finding:
    """One setting that a careful deployer would not leave so."""

    severity: Severity
    file: str
    setting: str
    fact: str
    advice: str
    rule: str

    def __str__(self) -> str:
        """Return the finding as `severity: file: setting: what is so; what to do [rule]`."""
        return f"{self.severity}: {self.file}: {self.setting}: {self.fact}; {self.advice} [{self.rule}]"


RULES: dict[Rule, Look] = {}


def rule(name: str, severity: Severity) -> Callable[[Look], Look]:
    """Return a decorator that makes a function the rule *name*; its docstring is the reason."""

    def keep(function: Look) -> Look:
        RULES[Rule(name, severity, " ".join((function.__doc__ or "").split()))] = function
        return function

    return keep


def rules() -> list[Rule]:
    """Return every rule, by name."""
    for room in ROOMS:
        import_module(f"{__name__}.{room}")
    return sorted(RULES, key=lambda one: one.name)


def check(hub: Finished) -> list[Finding]:
    """Return what the rules find on the *hub*, errors first."""
    found = []
    for one in rules():
        for setting, fact, advice in RULES[one](hub):
            found.append(Finding(one.severity, hub.file, setting, fact, advice, one.name))
    return sorted(found)
