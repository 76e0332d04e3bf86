"""Write: a short text, marked by a trainer with a rubric."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import Path, Record, Text
from singmuk.scenario import Check, Id, Line, Note, ResponseError, Scenario, note_of, twice

#: What is more than white space, spelt out because Python and JavaScript draw the line differently.
INK = re.compile(r"[^\s\ufeff\x1c-\x1f\x85]")

#: Characters a text may have at most; intake refuses a longer one.
LONGEST = 20_000


class Band(Record):
    """A step of a criterion and what it is worth."""

    points: float = Field(ge=0)
    text: Text


class Criterion(Record):
    """One thing a trainer looks for."""

    id: Id
    text: Text
    bands: tuple[Band, ...] = Field(min_length=2, max_length=6)


class Words(Record):
    """How long the text should be; in Chinese each character counts as a word."""

    least: int = Field(ge=1)
    most: int = Field(ge=1, le=2_000)


class Write(Scenario):
    """A written task; never scored automatically."""

    automatic: ClassVar[bool] = False
    words: ClassVar[dict[str, Text]] = {"model": Text(en="Model answer", zh="參考答案")}

    kind: Literal["write"]
    length: Words = Field(alias="words")
    rubric: tuple[Criterion, ...] = Field(min_length=1, max_length=6)
    model: Text
    note: Note

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see; the rubric is part of the task."""
        return super().public() | {
            "words": {"least": self.length.least, "most": self.length.most},
            "rubric": [
                {
                    "id": criterion.id,
                    "text": criterion.text.model_dump(),
                    "bands": [{"points": band.points, "text": band.text.model_dump()} for band in criterion.bands],
                }
                for criterion in self.rubric
            ],
        }

    def answer(self) -> dict[str, Any]:
        """Return the model answer and its note."""
        return {"model": self.model.model_dump(), "note": note_of(self.note)}

    def best(self) -> str:
        """Return the model answer in English."""
        return self.model.en

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> str:  # noqa: ARG003  (any text may be given)
        """Return the text; raise `ResponseError` when it is no text or too long to be read."""
        if not isinstance(response, str):
            raise ResponseError("must be a text")
        if len(response) > LONGEST:
            raise ResponseError(f"has {len(response):,} characters; at most {LONGEST:,} are taken")
        # Half of a surrogate pair is no character and cannot be written to a file.
        return response.encode("utf-8", "replace").decode("utf-8")

    def measure(self, response: str) -> float | None:
        """Return 0 for a blank text, else None: a trainer marks it."""
        return None if INK.search(response) else 0.0

    def rubric_share(self, points: Mapping[str, float]) -> float:
        """Return the share from 0 to 1 that *points* by criterion make of all that the rubric gives."""
        most = {criterion.id: max(band.points for band in criterion.bands) for criterion in self.rubric}
        earned = sum(min(max(points.get(name, 0.0), 0.0), top) for name, top in most.items())
        return earned / sum(most.values())

    def explain(self, response: object = None) -> list[Line]:
        """Return one line: the text that was written and the model answer."""
        given = self.given(response)
        yours = Text(en=given, zh=given) if given and INK.search(given) else None
        return [Line(text=self.words["model"], yours=yours, best=self.model, right=None, note=self.note)]

    def checks(self) -> list[Check]:
        """Return what must hold: ids once, bands that rise from 0, a length that can be met."""
        return [*super().checks(), lambda: twice(self.rubric, "rubric"), self._bands_rise, self._length]

    def _bands_rise(self) -> Iterator[tuple[Path, str]]:
        for index, criterion in enumerate(self.rubric):
            points = [band.points for band in criterion.bands]
            if points[0] != 0 or any(later <= earlier for earlier, later in pairwise(points)):
                yield ("rubric", index, "bands"), "points must begin with 0 and rise; put the bands in order"

    def _length(self) -> Iterator[tuple[Path, str]]:
        if self.length.least > self.length.most:
            yield ("words", "least"), "is more than the most; swap them"


KIND = Write
