"""The notebook with the key, from which nbgrader makes the release and the solution."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from singmuk.assignment import Assignment, Place
from singmuk.exercise.items import Node, words
from singmuk.kinds.write import Write
from singmuk.lang import LANGUAGES, Text
from singmuk.scenario import Scenario, dumps

KERNEL: Node = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
#: Words by which nbgrader finds regions and tests; an author's text must not pass for one.
_MARKS = re.compile(r"(BEGIN|END) (?=HIDDEN|MARK|SOLUTION)|AUTO(?=TEST)", re.IGNORECASE)


class DuplicateError(ValueError):
    """Two cells that would bear one name; the message says which."""


def _cell(name: str, kind: str, source: str, **nbgrader: Any) -> Node:
    # The notebook format allows 64 characters.
    identity = name if len(name) <= 64 else hashlib.sha256(name.encode()).hexdigest()[:32]
    cell: Node = {
        "cell_type": kind,
        "id": identity,
        "metadata": {
            "nbgrader": {
                "grade": False,
                "grade_id": name,
                "locked": True,
                "schema_version": 3,
                "solution": False,
                "task": False,
                **nbgrader,
            }
        },
        "source": source,
    }
    if kind == "code":
        cell["metadata"]["jupyter"] = {"source_hidden": True}
        cell |= {"execution_count": None, "outputs": []}
    return cell


def plain_marks(markdown: str) -> str:
    """Return *markdown* so that nbgrader sees none of its own marks in it; a reader sees the same words."""
    return _MARKS.sub(lambda mark: mark.group(0)[:-1] + f"&#{ord(mark.group(0)[-1])};", markdown)


def both(texts: Mapping[str, str]) -> str:
    """Return *texts* one below the other, each marked with its language."""
    return "\n\n".join(f'<div lang="{tag}">\n\n{texts[code]}\n\n</div>' for code, tag in LANGUAGES.items())


def filled(text: Text, **values: object) -> dict[str, str]:
    """Return *text* in each language with *values* filled in; a value that is a text goes by language."""
    return {
        code: getattr(text, code).format(
            **{name: getattr(value, code) if isinstance(value, Text) else value for name, value in values.items()}
        )
        for code in LANGUAGES
    }


def introduction(assignment: Assignment) -> str:
    """Return the source of the first cell: title, introduction, what to do, in both languages."""
    numbers = {"points": f"{assignment.points:g}", "pass_mark": f"{assignment.pass_mark.points:g}"}
    needed = filled(words()["compare" if assignment.pass_mark.compare else "pass"], **numbers)
    return plain_marks(
        f'# {assignment.title.en} <span lang="{LANGUAGES["zh"]}">{assignment.title.zh}</span>\n\n'
        + both(
            {
                code: f"{getattr(assignment.introduction, code)}\n\n{needed[code]}\n\n{getattr(words()['run'], code)}"
                for code in LANGUAGES
            }
        )
    )


def heading(number: int, scenario: Scenario) -> str:
    """Return the source of a scenario's first cell: number and title, nothing else."""
    return plain_marks(f'## {number}. {scenario.title.en} <span lang="{LANGUAGES["zh"]}">{scenario.title.zh}</span>')


def hidden_test(scenario: Scenario, points: float, release: tuple[str, str]) -> str:
    """Return the source of an automatic cell: what shows, and between nbgrader's marks the whole scenario."""
    data = dumps(scenario.model_dump(mode="json", by_alias=True))
    # A mark inside a JSON string is spelt with an escape, which JSON reads as the same character.
    data = _MARKS.sub(lambda mark: mark.group(0)[:-1] + f"\\u{ord(mark.group(0)[-1]):04x}", data)
    return "\n".join(
        (
            f'points("{scenario.id}", {points!r})',
            "### BEGIN HIDDEN TESTS",
            f'grade("{scenario.id}", {points!r}, {data!r}, release={release!r})',
            "### END HIDDEN TESTS",
        )
    )


def _rubric(scenario: Write, code: str) -> str:
    parts = [f"**{getattr(words()['rubric'], code)}**"]
    for criterion in scenario.rubric:
        bands = "\n".join(f"  - {band.points:g}: {getattr(band.text, code)}" for band in criterion.bands)
        parts.append(f"- {getattr(criterion.text, code)}\n{bands}")
    return "\n\n".join([*parts, f"**{getattr(words()['model'], code)}**", getattr(scenario.model, code)])


def task(scenario: Write) -> str:
    """Return the source of a written task's cell: what is asked, and the rubric and model answer as mark scheme."""
    titles = filled(words()["task"], title=scenario.title)
    asked = filled(words()["asked"], least=scenario.length.least, most=scenario.length.most)
    return "\n".join(
        (
            plain_marks(both({code: f"**{titles[code]}**\n\n{asked[code]}" for code in LANGUAGES})),
            "",
            "=== BEGIN MARK SCHEME ===",
            "",
            plain_marks(both({code: _rubric(scenario, code) for code in LANGUAGES})),
            "",
            "=== END MARK SCHEME ===",
        )
    )


def _scenario_cells(number: int, place: Place, scenario: Scenario, release: tuple[str, str]) -> list[Node]:
    cells = [
        _cell(f"{scenario.id}-text", "markdown", heading(number, scenario)),
        _cell(f"{scenario.id}-item", "code", f'ask("{scenario.id}")'),
    ]
    if isinstance(scenario, Write):
        return [*cells, _cell(scenario.id, "markdown", task(scenario), task=True, points=place.points)]
    test = hidden_test(scenario, place.points, release)
    return [*cells, _cell(scenario.id, "code", test, grade=True, points=place.points)]


def source_notebook(assignment: Assignment, scenarios: Mapping[str, Scenario], release: str) -> Node:
    """Return the instructor's notebook of *assignment*, whose hidden tests and mark schemes hold the key.

    Raises `DuplicateError` when two cells would bear one name.
    """
    cells = [
        _cell("introduction", "markdown", introduction(assignment)),
        _cell("begin", "code", "from singmuk.notebook import ask, finish, grade, points"),
    ]
    for number, place in enumerate(assignment.scenarios, 1):
        cells += _scenario_cells(number, place, scenarios[place.id], (assignment.id, release))
    cells.append(_cell("finish", "code", "finish()"))
    names = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DuplicateError(f"two cells would be called {twice[0]!r}; give the scenario another id")
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "singmuk": {"assignment": assignment.id, "release": release},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
