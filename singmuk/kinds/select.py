"""Select: tick all that apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import Path, Text
from singmuk.scenario import (
    Check,
    Id,
    Line,
    Option,
    Scenario,
    ids_of,
    listed,
    note_of,
    read_ids,
    shown,
    twice,
)


class Select(Scenario):
    """Several choices apply; a false alarm costs as much as a hit earns."""

    words: ClassVar[dict[str, Text]] = {
        "ticked": Text(en="You ticked it", zh="你選了"),
        "not-ticked": Text(en="You left it out", zh="你沒有選"),
        "applies": Text(en="Applies", zh="適用"),
        "does-not": Text(en="Does not apply", zh="不適用"),
    }

    kind: Literal["select"]
    choices: tuple[Option, ...] = Field(min_length=3, max_length=8)
    keys: tuple[Id, ...] = Field(min_length=1, description="The ids of the choices that apply")

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see: fields are listed, never removed."""
        return super().public() | {"choices": shown(self.choices)}

    def answer(self) -> dict[str, Any]:
        """Return the keys and a note for each choice."""
        return {"keys": list(self.keys), "notes": {choice.id: note_of(choice) for choice in self.choices}}

    def best(self) -> list[str]:
        """Return the keys."""
        return list(self.keys)

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> list[str]:
        """Return the ids that were ticked; raise `ResponseError` when one is no choice of *item*."""
        return read_ids(response, ids_of(item["choices"]))

    def measure(self, response: list[str]) -> float:
        """Return max(0, (hits − false alarms) / keys)."""
        hits = len(set(response) & set(self.keys))
        return max(0.0, (hits - (len(response) - hits)) / len(self.keys))

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for each choice."""
        ticked = self.given(response)
        return [self._line(choice, ticked) for choice in self.choices]

    def _line(self, choice: Option, ticked: list[str] | None) -> Line:
        applies = choice.id in self.keys
        chosen = None if ticked is None else choice.id in ticked
        return Line(
            text=choice.text,
            yours=None if chosen is None else self.words["ticked" if chosen else "not-ticked"],
            best=self.words["applies" if applies else "does-not"],
            right=applies if chosen is None else chosen == applies,
            note=choice,
        )

    def alternatives(self) -> list[tuple[Path, Text, bool]]:
        """Return the choices' texts."""
        return [(("choices", i, "text"), c.text, c.id in self.keys) for i, c in enumerate(self.choices)]

    def checks(self) -> list[Check]:
        """Return what must hold: ids are used once, keys are choices, not all apply."""
        return [
            *super().checks(),
            lambda: twice(self.choices, "choices"),
            self._keys_are_choices,
            self._not_all,
        ]

    def _keys_are_choices(self) -> Iterator[tuple[Path, str]]:
        ids = [choice.id for choice in self.choices]
        for index, key in enumerate(self.keys):
            if key not in ids:
                yield ("keys", index), f"{key!r} is not a choice; use some of {listed(ids)}"
            elif key in self.keys[:index]:
                yield ("keys", index), f"{key!r} stands here twice; remove one"

    def _not_all(self) -> Iterator[tuple[Path, str]]:
        if {choice.id for choice in self.choices} == set(self.keys):
            yield ("keys",), "names every choice, so there is nothing to decide; add one that does not apply"


KIND = Select
