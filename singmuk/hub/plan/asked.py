"""What a plan is asked for, and what it takes for granted; every fault is told at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

#: More than any organisation has; beyond it a slip of the finger is likelier.
MOST = 5_000_000


class AskedError(Exception):
    """A question that makes no sense; the message names every fault, a line each."""


@dataclass(frozen=True)
class Assumed:
    """One thing taken for granted: its value, and who says so."""

    value: float
    why: str


@cache
def assumptions() -> Mapping[str, Assumed]:
    """Return what a plan takes for granted where nobody says otherwise."""
    text = resources.files(__package__).joinpath("assumed.yml").read_text(encoding="utf-8")
    return {name: Assumed(float(one["value"]), one["why"]) for name, one in yaml.safe_load(text).items()}


@dataclass(frozen=True)
class Ask:
    """How many come, when, and what the machines are."""

    people: int
    #: The share of them who are there at once, at the busiest.
    peak: float = 0.25
    #: The share of those who work in a seat instead of on the desk's pages.
    seats: float = 0.0
    #: Minutes within which those at once come.
    minutes: float = 10.0
    #: Minutes that somebody stays.
    stay: float = 20.0
    #: Items of the assignment.
    items: int = 10
    #: Answers somebody saves, the changed ones too; None: one for each item.
    answers: float | None = None
    node_cpu: float = 16.0
    node_gb: float = 64.0
    #: By how much more than measured everything is planned.
    margin: float = 1.5
    #: What is taken for granted otherwise than usual.
    assume: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `AskedError` for what cannot be planned."""
        if faults := list(self._faults()):
            raise AskedError("\n".join(faults))

    def _faults(self) -> Iterator[str]:
        if not 1 <= self.people <= MOST:
            yield f"--people: {self.people} cannot be planned; give a number from 1 to {MOST:,}"
        for name, share, least in (("--peak", self.peak, "above 0"), ("--seats", self.seats, "from 0")):
            if not (0 <= share <= 1) or (share == 0 and least == "above 0"):
                hint = f"; {share:g} % is {share / 100:g}" if 1 < share <= 100 else ""
                yield f"{name}: {share:g} is no share; give a number {least} to 1, such as 0.25{hint}"
        for name, value, most in (
            *(("--minutes", self.minutes, 10_080), ("--stay", self.stay, 10_080), ("--items", self.items, 1_000)),
            *(("--node-cpu", self.node_cpu, 1_024), ("--node-gb", self.node_gb, 32_768)),
        ):
            if not (math.isfinite(value) and 0 < value <= most):
                yield f"{name}: {value:g} cannot be; give a number above 0, at most {most:,}"
        if self.answers is not None and not (math.isfinite(self.answers) and 0 < self.answers <= 100_000):
            yield f"--answers-per-person: {self.answers:g} cannot be; give a number above 0, or leave it out"
        if not (math.isfinite(self.margin) and 1 <= self.margin <= 10):
            yield f"--margin: {self.margin:g} plans less than was measured, or far more; give a number from 1 to 10"
        for name, value in self.assume.items():
            if name not in assumptions():
                yield f"--assume: {name!r} is not assumed here; use one of {', '.join(assumptions())}"
            elif not (math.isfinite(value) and value >= 0) or (name == "node-reserve" and value >= 1):
                yield f"--assume: {name}={value:g} cannot be"
            elif value < 1 and name not in ("node-reserve", "system-pods", "one-machine"):
                yield f"--assume: {name}={value:g} cannot be; give 1 or more"

    def assumed(self, name: str) -> float:
        """Return what is taken for granted as *name*."""
        return self.assume.get(name, assumptions()[name].value)

    @property
    def saves(self) -> float:
        """Return how often somebody saves an answer."""
        return float(self.items if self.answers is None else self.answers)

    @property
    def present(self) -> int:
        """Return how many are there at once."""
        return above(self.people * self.peak)

    @property
    def seated(self) -> int:
        """Return how many seats there are at once."""
        return above(self.present * self.seats)

    @property
    def owners(self) -> int:
        """Return how many have a seat at some time, and so a folder of their own."""
        return above(self.people * self.seats)

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self) | {"answers": self.saves, "assume": dict(sorted(self.assume.items()))}


def above(value: float) -> int:
    """Return the whole number that is not below *value*; what is a whole number but for rounding is that number."""
    return math.ceil(round(value, 9))
