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


@dataclass
class Paper:
    """Writes graded notebooks from the release's notebook *template*."""

    template: dict[str, Any]
    scenarios: Mapping[str, Scenario]
    sources: Mapping[str, Source]
    _parts: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _kept: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def text(self, found: Responses | None, why: str, points: Mapping[str, float | None]) -> bytes:
        """Return the notebook that shows the responses *found* and the *points*; without responses, *why*."""
        if found is None:
            graded = exercise.graded_notebook(self.template, self.scenarios, None, sources=self.sources, reason=why)
            return exercise.notebook_text(graded).encode("utf-8")
        language = next(code for code, tag in TAGS.items() if tag == found.language)
        if language not in self._parts:
            self._parts[language] = self._cut(language)
        parts = self._parts[language]
        done = [parts[0]]
        for at in range(1, len(parts), 4):
            indent, what, name, rest = parts[at : at + 4]
            if what == "item":
                done.append(self._item(name, language, found.responses.get(name), indent))
            else:
                done.append(f"{indent}{quoted(repr(points[name] or 0.0))}")
            done.append(rest)
        return "".join(done).encode("utf-8")

    def _cut(self, language: str) -> list[str]:
        """Return what is always the same, cut where a text goes: between two parts its indent, what, and whose."""
        nobody = Responses(
            format=FORMAT, assignment="nobody", release="00000000", language=TAGS[language], responses={}
        )
        graded = exercise.graded_notebook(self.template, self.scenarios, nobody, sources=self.sources)
        for cell in graded["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            if name.removesuffix("-item") in self.scenarios and cell.get("outputs"):
                what = "item" if name.endswith("-item") and name not in self.scenarios else "points"
                mark = f"\0{what} {name.removesuffix('-item') if what == 'item' else name}"
                cell["outputs"] = [output | {"data": {"text/plain": mark}} for output in cell["outputs"]]
        return _MARK.split(exercise.notebook_text(graded))

    def _item(self, name: str, language: str, given: Given | None, indent: str) -> str:
        """Return the lines of the file that tell the response to the scenario *name*."""
        scenario = self.scenarios[name]
        key = (name, language, dumps([given.response, given.confidence]) if given else "")
        if key in self._kept:
            return self._kept[key]
        said = item_text(scenario, given, language, self.sources, scored=True)
        lines = f",\n{indent}".join(quoted(line) for line in said.splitlines(keepends=True))
        written = f"{indent}{lines}"
        if scenario.automatic:  # what people write is theirs alone
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = written
        return written
