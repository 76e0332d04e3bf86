"""Order: put steps in order."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import Text
from singmuk.scenario import (
    Check,
    Line,
    Option,
    ResponseError,
    Scenario,
    ids_of,
    listed,
    note_of,
    read_ids,
    shown,
    twice,
)


class Order(Scenario):
    """Steps, in the file in their right order; scored by Kendall's τ, never below 0."""

    words: ClassVar[dict[str, Text]] = {
        "place": Text(en="Step {n}", zh="第{n}步"),
    }

    kind: Literal["order"]
    steps: tuple[Option, ...] = Field(min_length=3, max_length=7, description="In the right order")

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see; steps stand by id, so that their order tells nothing."""
        return super().public() | {"steps": shown(sorted(self.steps, key=lambda step: step.id))}

    def answer(self) -> dict[str, Any]:
        """Return the right order and a note for each step."""
        return {"order": self.best(), "notes": {step.id: note_of(step) for step in self.steps}}

    def best(self) -> list[str]:
        """Return the ids in the right order."""
        return [step.id for step in self.steps]

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> list[str]:
        """Return the ids as ordered; raise `ResponseError` unless each step of *item* stands there once."""
        steps = ids_of(item["steps"])
        ids = read_ids(response, steps)
        if len(ids) != len(steps) or ids != response:
            raise ResponseError(f"must put each of {listed(steps)} in its place once")
        return ids

    def measure(self, response: list[str]) -> float:
        """Return max(0, τ) with τ = (concordant − discordant) / pairs (Kendall 1938); ABDCE has 0.8."""
        place = {step: index for index, step in enumerate(response)}
        pairs = list(combinations(self.best(), 2))
        concordant = sum(place[first] < place[second] for first, second in pairs)
        return max(0.0, (2 * concordant - len(pairs)) / len(pairs))

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for each step, in the right order."""
        given = self.given(response)
        return [
            Line(
                text=step.text,
                yours=None if given is None else self._place(given.index(step.id)),
                best=self._place(index),
                right=None if given is None else given.index(step.id) == index,
                note=step,
            )
            for index, step in enumerate(self.steps)
        ]

    def _place(self, index: int) -> Text:
        place = self.words["place"]
        return Text(en=place.en.format(n=index + 1), zh=place.zh.format(n=index + 1))

    def checks(self) -> list[Check]:
        """Return what must hold: ids are used once."""
        return [*super().checks(), lambda: twice(self.steps, "steps")]


KIND = Order
