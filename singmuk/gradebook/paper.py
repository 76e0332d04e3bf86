"""The text of a graded notebook, put together from parts written once: byte for byte what nbgrader would write.

Of two graded notebooks in one language only the texts beside the items and the points differ. Everything else
is written once, with a mark where those go. `singmuk.exercise.graded_notebook` says what goes there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring as quoted
from typing import Any

from singmuk import exercise
from singmuk.cite import Source
from singmuk.exercise.graded import item_text
from singmuk.responses import FORMAT, TAGS, Given, Responses
from singmuk.scenario import Scenario, dumps

#: Texts beside items that are kept to be used again; most participants choose what others chose.
KEPT = 4_000
#: What stands where a text goes, a whole line of the file with its indent; no author can write it.
_MARK = re.compile(r'^( *)"\\u0000(item|points) ([a-z0-9-]+)"$', re.MULTILINE)


@dataclass(frozen=True)
class _Gap:
    """A place in the file for a text or for points: how far in, which of the two, and of which scenario."""

    indent: str
    what: str
    name: str

    @property
    def item(self) -> bool:
        """Return whether the text beside an item goes here."""
        return self.what == "item"


@dataclass
class Paper:
    """Writes graded notebooks from the release's notebook *template*."""

    template: dict[str, Any]
    scenarios: Mapping[str, Scenario]
    sources: Mapping[str, Source]
    _parts: dict[str, tuple[list[bytes], list[_Gap]]] = field(default_factory=dict, repr=False)
    _kept: dict[tuple[str, ...], bytes] = field(default_factory=dict, repr=False)

    def text(self, found: Responses | None, why: str, points: Mapping[str, float | None]) -> bytes:
        """Return the notebook that shows the responses *found* and the *points*; without responses, *why*."""
        if found is None:
            graded = exercise.graded_notebook(self.template, self.scenarios, None, sources=self.sources, reason=why)
            return exercise.notebook_text(graded).encode("utf-8")
        language = next(code for code, tag in TAGS.items() if tag == found.language)
        if language not in self._parts:
            self._parts[language] = self._cut(language)
        same, gaps = self._parts[language]
        done = [same[0]]
        for gap, rest in zip(gaps, same[1:], strict=True):
            if gap.item:
                done.append(self._item(gap, language, found.responses.get(gap.name)))
            else:
                done.append(f"{gap.indent}{quoted(repr(points[gap.name] or 0.0))}".encode())
            done.append(rest)
        return b"".join(done)

    def _cut(self, language: str) -> tuple[list[bytes], list[_Gap]]:
        """Return what is always the same, in pieces, and what goes between two of them."""
        nobody = Responses(
            format=FORMAT, assignment="nobody", release="00000000", language=TAGS[language], responses={}
        )
        graded = exercise.graded_notebook(self.template, self.scenarios, nobody, sources=self.sources)
        for cell in graded["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            whose = name if name in self.scenarios else name.removesuffix("-item")
            if whose in self.scenarios and cell.get("outputs"):
                mark = f"\0{'points' if whose == name else 'item'} {whose}"
                cell["outputs"] = [output | {"data": {"text/plain": mark}} for output in cell["outputs"]]
        parts = _MARK.split(exercise.notebook_text(graded))
        gaps = [_Gap(*three) for three in zip(parts[1::4], parts[2::4], parts[3::4], strict=True)]
        return [part.encode("utf-8") for part in parts[::4]], gaps

    def _item(self, gap: _Gap, language: str, given: Given | None) -> bytes:
        """Return the lines of the file that tell the response to the scenario of the *gap*."""
        scenario = self.scenarios[gap.name]
        key = (gap.name, language, dumps([given.response, given.confidence]) if given else "")
        if key in self._kept:
            return self._kept[key]
        said = item_text(scenario, given, language, self.sources, scored=True)
        lines = f",\n{gap.indent}".join(quoted(line) for line in said.splitlines(keepends=True))
        written = f"{gap.indent}{lines}".encode()
        if scenario.automatic:  # what people write is theirs alone
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = written
        return written
