"""Choose: pick the best of three to five."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import Path, Text
from singmuk.scenario import Check, Id, Line, Option, Scenario, ids_of, listed, note_of, read_id, shown, twice


class Choose(Scenario):
    """One best choice; the key earns the whole."""

    words: ClassVar[dict[str, Text]] = {
        "yours": Text(en="Your choice", zh="你的選擇"),
        "best": Text(en="Best choice", zh="最佳選擇"),
    }

    kind: Literal["choose"]
    choices: tuple[Option, ...] = Field(min_length=3, max_length=5)
    key: Id = Field(description="The id of the best choice")

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see: fields are listed, never removed."""
        return super().public() | {"choices": shown(self.choices)}

    def answer(self) -> dict[str, Any]:
        """Return the key and a note for each choice."""
        return {"key": self.key, "notes": {choice.id: note_of(choice) for choice in self.choices}}

    def best(self) -> str:
        """Return the key."""
        return self.key

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> str:
        """Return the id that was chosen; raise `ResponseError` when it is no choice of *item*."""
        return read_id(response, ids_of(item["choices"]))

    def measure(self, response: str) -> float:
        """Return 1 for the key, else 0."""
        return 1.0 if response == self.key else 0.0

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for each choice."""
        chosen = self.given(response)
        return [
            Line(
                text=choice.text,
                yours=self.words["yours"] if choice.id == chosen else None,
                best=self.words["best"] if choice.id == self.key else None,
                right=choice.id == self.key,
                note=choice,
            )
            for choice in self.choices
        ]

    def alternatives(self) -> list[tuple[Path, Text, bool]]:
        """Return the choices' texts."""
        return [(("choices", i, "text"), c.text, c.id == self.key) for i, c in enumerate(self.choices)]

    def checks(self) -> list[Check]:
        """Return what must hold: ids are used once, the key is a choice."""
        return [*super().checks(), lambda: twice(self.choices, "choices"), self._key_is_a_choice]

    def _key_is_a_choice(self) -> Iterator[tuple[Path, str]]:
        ids = [choice.id for choice in self.choices]
        if self.key not in ids:
            yield ("key",), f"{self.key!r} is not a choice; use one of {listed(ids)}"


KIND = Choose
