"""The graded notebook: the release with what was given, what is best and why, as text that no exporter runs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from singmuk.cite import Source
from singmuk.exercise.cells import both, task
from singmuk.exercise.items import Node, words
from singmuk.kinds.write import Write
from singmuk.lang import LANGUAGES
from singmuk.responses import TAGS, Given, Responses
from singmuk.scenario import Line, Scenario
from singmuk.scoring import worth

#: What a terminal or a page may take for more than a character; new lines and tabs stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def inert(text: str) -> str:
    """Return *text* with nothing in it but characters that show as themselves."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def _word(name: str, language: str, **values: object) -> str:
    return str(getattr(words()[name], language)).format(**values)


def _indented(text: str) -> str:
    return text.replace("\n", "\n   ")


def _response_text(scenario: Scenario, given: Given | None, lines: list[Line], language: str) -> str:
    """Return what was given in words: the lines of feedback that have something of the participant's."""
    parts = [_word("response", language)]
    if given is None or given.response is None:
        parts.append(_word("none", language))
    elif scenario.given(given.response) is None:
        parts.append(_word("malformed", language))
    elif isinstance(scenario, Write):
        parts.append(next((getattr(line.yours, language) for line in lines if line.yours), _word("none", language)))
    else:
        said = [f"- {getattr(line.text, language)}: {getattr(line.yours, language)}" for line in lines if line.yours]
        parts += said or [_word("none", language)]
    if given is not None and given.confidence is not None:
        parts.append(_word("sure", language, n=given.confidence))
    return "\n".join(parts)


def _feedback_text(lines: list[Line], language: str, sources: Mapping[str, Source]) -> str:
    """Return for each line what it is about, what was given, what is best, why, and who says so."""
    parts = [_word("feedback", language)]
    for number, line in enumerate(lines, 1):
        rows = [f"{number}. {_indented(getattr(line.text, language))}"]
        for name, text in (("yours", line.yours), ("best", line.best)):
            if text:
                rows.append(_word(name, language, text=_indented(getattr(text, language))))
        if line.note:
            rows.append(_indented(getattr(line.note.rationale, language)))
            if labels := [sources[key].label for key in line.note.cite if key in sources]:
                rows.append(_word("sources", language, text=", ".join(labels)))
        parts.append("\n   ".join(rows))
    return "\n".join(parts)


def item_text(
    scenario: Scenario, given: Given | None, language: str, sources: Mapping[str, Source], *, scored: bool
) -> str:
    """Return the response to *scenario* in words and, once *scored*, what is best, why and who says so."""
    lines = scenario.explain(given.response if given else None)
    said = _response_text(scenario, given, lines, language)
    if scored:
        if given is None or scenario.given(given.response) is None or isinstance(scenario, Write):
            lines = scenario.explain()  # the text stands above, and no response has nothing to compare
        said += "\n\n" + _feedback_text(lines, language, sources)
    return inert(said)


def points_of(
    template: Node, scenarios: Mapping[str, Scenario], responses: Responses | None
) -> dict[str, float | None]:
    """Return the points of each cell that counts by its name; None for a text that waits for a trainer."""
    found: dict[str, float | None] = {}
    for cell in template["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("grade") or meta.get("task"):
            name = meta["grade_id"]
            given = responses.responses.get(name) if responses else None
            share = scenarios[name].share(given.response if given else None)
            found[name] = None if share is None else worth(share, float(meta["points"]))
    return found


def _shown(text: str) -> list[Node]:
    return [{"data": {"text/plain": text}, "metadata": {}, "output_type": "display_data"}]


def _result(points: float) -> list[Node]:
    data = {"text/plain": repr(points)}
    return [{"data": data, "execution_count": None, "metadata": {}, "output_type": "execute_result"}]


def graded_notebook(
    template: Node,
    scenarios: Mapping[str, Scenario],
    responses: Responses | None,
    *,
    sources: Mapping[str, Source],
    reason: str = "",
    scored: bool = True,
) -> Node:
    """Return the *template*, a release's notebook, filled in from *responses*; nothing else of a submission is in it.

    Without responses the *reason* is shown and everything earns 0. Until it is *scored* it shows what was given
    and nothing of the key. What a participant wrote stands in outputs of plain text alone, which every exporter
    escapes.
    """
    language = next(code for code, tag in TAGS.items() if responses is None or tag == responses.language)
    points = points_of(template, scenarios, responses)
    cells = []
    roles = {f"{name}{end}": (end, name) for name in scenarios for end in ("", "-text", "-item")}
    for cell in template["cells"]:
        cell_name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        role, name = roles.get(cell_name, (cell_name, ""))
        change: Node = {}
        if role == "introduction" and responses is None:
            refused = words()["refused"].model_dump()
            change["source"] = f"{both({code: f'**{refused[code]}**' for code in LANGUAGES})}\n\n{cell['source']}"
        elif role == "begin" and responses is None:
            change["outputs"] = _shown(inert(reason or _word("missing", language)))
        elif role == "-text":
            change["source"] = f"{cell['source']}\n\n{getattr(scenarios[name].stem, language)}"
        elif role == "-item":
            given = responses.responses.get(name) if responses else None
            change["outputs"] = _shown(item_text(scenarios[name], given, language, sources, scored=scored))
        elif role == "" and scored and isinstance(scenario := scenarios.get(name), Write):
            change["source"] = task(scenario)
        elif role == "" and scored and name in points:
            change["outputs"] = _result(points[name] or 0.0)
        cells.append(cell | change)
    return template | {"cells": cells}
