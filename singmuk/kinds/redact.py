"""Redact: mark what must go from a prompt before it is sent; marking too much costs as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import LANGUAGES, Path, Text
from singmuk.scenario import Check, Line, Option, Scenario, note_of, read_ids, twice


class Span(Option):
    """A piece of the text that can be marked; it stands in the text of each language exactly once."""

    remove: bool = Field(description="Whether it has to go")


class Redact(Scenario):
    """Spans to remove and spans to keep; scored by sensitivity and specificity together."""

    words: ClassVar[dict[str, Text]] = {
        "removed": Text(en="You removed it", zh="你已刪去"),
        "kept": Text(en="You kept it", zh="你保留了"),
        "remove": Text(en="Remove", zh="應刪去"),
        "keep": Text(en="Keep", zh="可保留"),
    }

    kind: Literal["redact"]
    text: Text = Field(description="The prompt, as plain text")
    spans: tuple[Span, ...] = Field(min_length=4, max_length=16)

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see: fields are listed, never removed."""
        return super().public() | {"text": {code: self.segments(code) for code in LANGUAGES}}

    def segments(self, language: str) -> list[str | dict[str, str]]:
        """Return the text of *language* cut into plain strings and spans, in reading order."""
        text: str = getattr(self.text, language)
        pieces: list[str | dict[str, str]] = []
        place = 0
        found = [(text.index(words), words, span.id) for span in self.spans if (words := getattr(span.text, language))]
        for start, words, name in sorted(found):
            if start > place:
                pieces.append(text[place:start])
            pieces.append({"span": name, "text": words})
            place = start + len(words)
        return [*pieces, text[place:]] if place < len(text) else pieces

    def answer(self) -> dict[str, Any]:
        """Return the ids to remove and a note for each span."""
        return {"remove": self.best(), "notes": {span.id: note_of(span) for span in self.spans}}

    def best(self) -> list[str]:
        """Return the ids of the spans that have to go."""
        return [span.id for span in self.spans if span.remove]

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> list[str]:
        """Return the ids that were marked; raise `ResponseError` when one is no span of *item*."""
        pieces = next(iter(item["text"].values()))
        return read_ids(response, [piece["span"] for piece in pieces if not isinstance(piece, str)])

    def measure(self, response: list[str]) -> float:
        """Return max(0, sensitivity + specificity − 1), Youden's J (Youden 1950)."""
        remove = set(self.best())
        keep = len(self.spans) - len(remove)
        hits = len(remove & set(response))
        false_alarms = len(response) - hits
        return max(0.0, hits / len(remove) + (keep - false_alarms) / keep - 1)

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for each span."""
        marked = self.given(response)
        return [self._line(span, marked) for span in self.spans]

    def _line(self, span: Span, marked: list[str] | None) -> Line:
        removed = None if marked is None else span.id in marked
        return Line(
            text=span.text,
            yours=None if removed is None else self.words["removed" if removed else "kept"],
            best=self.words["remove" if span.remove else "keep"],
            right=None if removed is None else removed == span.remove,
            note=span,
        )

    def checks(self) -> list[Check]:
        """Return what must hold: ids once, spans in the text once and apart, both sorts present."""
        return [
            *super().checks(),
            lambda: twice(self.spans, "spans"),
            self._in_the_text,
            self._apart,
            self._both,
        ]

    def _in_the_text(self) -> Iterator[tuple[Path, str]]:
        for index, span in enumerate(self.spans):
            for code in LANGUAGES:
                words, text = getattr(span.text, code), getattr(self.text, code)
                if text.count(words) != 1:
                    times = "is not in the text" if words not in text else "is in the text more than once"
                    advice = "copy it exactly" if words not in text else "add a word or two around it"
                    yield ("spans", index, "text", code), f"{words!r} {times}; {advice}"

    def _apart(self) -> Iterator[tuple[Path, str]]:
        for code in LANGUAGES:
            text = getattr(self.text, code)
            places = sorted(
                (text.find(getattr(span.text, code)), len(getattr(span.text, code)), index)
                for index, span in enumerate(self.spans)
                if getattr(span.text, code) in text
            )
            for (start, length, _), (following, _, index) in pairwise(places):
                if following < start + length:
                    yield ("spans", index, "text", code), "overlaps another span; cut them apart"

    def _both(self) -> Iterator[tuple[Path, str]]:
        for remove, what in ((True, "to remove"), (False, "to keep")):
            if sum(span.remove is remove for span in self.spans) < 2:
                yield ("spans",), f"fewer than two {what}; both sorts are needed to tell care from fear"


KIND = Redact
