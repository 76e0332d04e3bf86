"""Judge: give each short case one of two verdicts; about half of the cases are fine."""

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


class Verdict(Record):
    """What can be said of a case."""

    id: Id
    text: Text


class Case(Option):
    """A short case and its right verdict."""

    verdict: Id


class Judge(Scenario):
    """Two verdicts over several cases; the share of right ones counts."""

    words: ClassVar[dict[str, Text]] = {"none": Text(en="No verdict given", zh="未作判斷")}

    kind: Literal["judge"]
    verdicts: tuple[Verdict, ...] = Field(min_length=2, max_length=2)
    signal: Id = Field(description="The verdict that catches something: hits for d′")
    cases: tuple[Case, ...] = Field(min_length=4, max_length=12)

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see: fields are listed, never removed."""
        return super().public() | {"verdicts": shown(self.verdicts), "cases": shown(self.cases)}

    def answer(self) -> dict[str, Any]:
        """Return the verdict and a note for each case."""
        return {
            "verdicts": self.best(),
            "signal": self.signal,
            "notes": {case.id: note_of(case) for case in self.cases},
        }

    def best(self) -> dict[str, str]:
        """Return the right verdict of each case."""
        return {case.id: case.verdict for case in self.cases}

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> dict[str, str]:
        """Return the verdicts that were given; raise `ResponseError` for a case or verdict not in *item*."""
        return read_places(response, ids_of(item["cases"]), ids_of(item["verdicts"]))

    def measure(self, response: dict[str, str]) -> float:
        """Return the share of cases whose verdict is right."""
        return sum(response.get(case.id) == case.verdict for case in self.cases) / len(self.cases)

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for each case."""
        given = self.given(response)
        texts = {verdict.id: verdict.text for verdict in self.verdicts}
        return [
            Line(
                text=case.text,
                yours=None if given is None else texts.get(given.get(case.id, ""), self.words["none"]),
                best=texts[case.verdict],
                right=None if given is None else given.get(case.id) == case.verdict,
                note=case,
            )
            for case in self.cases
        ]

    def stop_share(self) -> float:
        """Return the share of cases whose verdict is the signal."""
        return sum(case.verdict == self.signal for case in self.cases) / len(self.cases)

    def checks(self) -> list[Check]:
        """Return what must hold: ids are used once, the signal and each case's verdict exist."""
        return [
            *super().checks(),
            lambda: twice(self.verdicts, "verdicts"),
            lambda: twice(self.cases, "cases"),
            self._signal_is_a_verdict,
            self._cases_have_verdicts,
        ]

    def _signal_is_a_verdict(self) -> Iterator[tuple[Path, str]]:
        ids = [verdict.id for verdict in self.verdicts]
        if self.signal not in ids:
            yield ("signal",), f"{self.signal!r} is not a verdict; use one of {listed(ids)}"

    def _cases_have_verdicts(self) -> Iterator[tuple[Path, str]]:
        ids = [verdict.id for verdict in self.verdicts]
        for index, case in enumerate(self.cases):
            if case.verdict not in ids:
                yield (
                    ("cases", index, "verdict"),
                    f"{case.verdict!r} is not a verdict; use one of {listed(ids)}",
                )


KIND = Judge
