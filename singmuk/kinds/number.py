"""Number: recompute a figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import Path, Text
from singmuk.scenario import Check, Line, Note, ResponseError, Scenario, note_of

#: Decimal figures have no exact binary form; without this, 0.3 would not lie within 0.1 of 0.2.
SLACK = 1e-9


class Wrong(Note):
    """A figure that people often give, and how they come to it."""

    value: float


class Number(Scenario):
    """A figure with a tolerance; within it the whole is earned."""

    words: ClassVar[dict[str, Text]] = {
        "yours": Text(en="Your figure", zh="你的數字"),
        "best": Text(en="Right figure", zh="正確數字"),
        "none": Text(en="No figure given", zh="未有填上數字"),
    }

    kind: Literal["number"]
    answer_: float
    tolerance: float = Field(ge=0, description="In the unit of the answer")
    unit: Text | None = None
    note: Note
    wrong: tuple[Wrong, ...] = Field(min_length=1, max_length=4)

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see: fields are listed, never removed."""
        return super().public() | {"unit": self.unit.model_dump() if self.unit else None}

    def answer(self) -> dict[str, Any]:
        """Return the figure, its tolerance, its note and those of the figures people often give."""
        return {
            "answer": self.answer_,
            "tolerance": self.tolerance,
            "note": note_of(self.note),
            "wrong": [{"value": wrong.value, **note_of(wrong)} for wrong in self.wrong],
        }

    def best(self) -> float:
        """Return the figure."""
        return self.answer_

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> float:  # noqa: ARG003  (any figure may be given)
        """Return the figure that was given; raise `ResponseError` unless it is a finite number."""
        try:
            figure = math.nan if isinstance(response, bool | str) else float(response)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            figure = math.nan
        if not math.isfinite(figure):
            raise ResponseError("must be a number")
        return figure

    def measure(self, response: float) -> float:
        """Return 1 within the tolerance, else 0."""
        return 1.0 if self.near(response, self.answer_) else 0.0

    def near(self, figure: float, other: float) -> bool:
        """Return whether *figure* lies within the tolerance of *other*."""
        return abs(figure - other) <= self.tolerance + SLACK

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for the right figure and for each that people often give."""
        given = self.given(response)
        lines = [self._line(self.answer_, self.note, given, right=True)]
        lines += [self._line(wrong.value, wrong, given, right=False) for wrong in self.wrong]
        if given is not None and not any(line.yours for line in lines):
            shown = self._figure(given)
            lines.append(Line(text=shown, yours=self.words["yours"], best=None, right=False, note=None))
        return lines

    def _line(self, value: float, note: Note, given: float | None, *, right: bool) -> Line:
        yours = given is not None and self.near(given, value)
        return Line(
            text=self._figure(value),
            yours=self.words["yours"] if yours else None,
            best=self.words["best"] if right else None,
            right=right,
            note=note,
        )

    def _figure(self, value: float) -> Text:
        figure = f"{value:,.10g}"
        unit = self.unit
        return Text(en=f"{figure} {unit.en}" if unit else figure, zh=f"{figure} {unit.zh}" if unit else figure)

    def checks(self) -> list[Check]:
        """Return what must hold: a wrong figure is wrong, and told from the others."""
        return [*super().checks(), self._wrong_is_wrong]

    def _wrong_is_wrong(self) -> Iterator[tuple[Path, str]]:
        for index, wrong in enumerate(self.wrong):
            if self.near(wrong.value, self.answer_):
                yield (
                    ("wrong", index, "value"),
                    f"{wrong.value:g} is within the tolerance of the answer; change one",
                )


KIND = Number
