"""Sort: put each row in one of some bins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import Path, Record, Text
from singmuk.scenario import (
    Check,
    Id,
    Line,
    Option,
    Scenario,
    ids_of,
    listed,
    note_of,
    read_places,
    shown,
    twice,
)


class Bin(Record):
    """Where a row can be put."""

    id: Id
    text: Text


class Row(Option):
    """Something to put away, and the bin where it belongs."""

    bin: Id


class Sort(Scenario):
    """Rows into bins; the share of rows in their bin counts."""

    words: ClassVar[dict[str, Text]] = {"none": Text(en="Not sorted", zh="未分類")}

    kind: Literal["sort"]
    bins: tuple[Bin, ...] = Field(min_length=2, max_length=5)
    rows: tuple[Row, ...] = Field(min_length=4, max_length=12)

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see: fields are listed, never removed."""
        return super().public() | {"bins": shown(self.bins), "rows": shown(self.rows)}

    def answer(self) -> dict[str, Any]:
        """Return the bin and a note for each row."""
        return {"bins": self.best(), "notes": {row.id: note_of(row) for row in self.rows}}

    def best(self) -> dict[str, str]:
        """Return the bin of each row."""
        return {row.id: row.bin for row in self.rows}

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> dict[str, str]:
        """Return where rows were put; raise `ResponseError` for a row or bin not in *item*."""
        return read_places(response, ids_of(item["rows"]), ids_of(item["bins"]))

    def measure(self, response: dict[str, str]) -> float:
        """Return the share of rows that are in their bin."""
        return sum(response.get(row.id) == row.bin for row in self.rows) / len(self.rows)

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for each row."""
        given = self.given(response)
        texts = {one.id: one.text for one in self.bins}
        return [
            Line(
                text=row.text,
                yours=None if given is None else texts.get(given.get(row.id, ""), self.words["none"]),
                best=texts[row.bin],
                right=None if given is None else given.get(row.id) == row.bin,
                note=row,
            )
            for row in self.rows
        ]

    def checks(self) -> list[Check]:
        """Return what must hold: ids are used once, each row's bin exists, each bin is used."""
        return [
            *super().checks(),
            lambda: twice(self.bins, "bins"),
            lambda: twice(self.rows, "rows"),
            self._rows_have_bins,
            self._bins_are_used,
        ]

    def _rows_have_bins(self) -> Iterator[tuple[Path, str]]:
        ids = [one.id for one in self.bins]
        for index, row in enumerate(self.rows):
            if row.bin not in ids:
                yield ("rows", index, "bin"), f"{row.bin!r} is not a bin; use one of {listed(ids)}"

    def _bins_are_used(self) -> Iterator[tuple[Path, str]]:
        used = {row.bin for row in self.rows}
        for index, one in enumerate(self.bins):
            if one.id not in used:
                yield ("bins", index), f"{one.id!r} is never used; add a row for it or remove the bin"


KIND = Sort
