"""The release: the public halves of an assignment's scenarios, and the id by which a participant's file names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from singmuk.assignment import Assignment
from singmuk.face import dress
from singmuk.lang import Text
from singmuk.scenario import Scenario, dumps

#: A notebook or a part of one, as JSON has it.
Node = dict[str, Any]
NAME = "items.json"


@lru_cache(maxsize=1)
def words() -> dict[str, Text]:
    """Return the words that an exercise shows beside its scenarios, by name."""
    read = yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))
    return {name: Text(**text) for name, text in read.items()}


def release(assignment: Assignment, scenarios: Mapping[str, Scenario], pictures: Path | None) -> Node:
    """Return the content of items.json: fields are listed, never removed.

    Its id changes with anything a participant sees and with nothing else; a corrected key keeps it.
    """
    shown: Node = {
        "format": 1,
        "assignment": assignment.id,
        "title": dress(assignment.title.model_dump()),
        "introduction": dress(assignment.introduction.model_dump()),
        "pass_mark": {
            "points": assignment.pass_mark.points,
            "method": dress(assignment.pass_mark.method.model_dump()),
            **({"compare": True} if assignment.pass_mark.compare else {}),
        },
        "points": assignment.points,
        "items": [
            {"points": place.points, "item": dress(scenarios[place.id].public(), pictures)}
            for place in assignment.scenarios
        ],
    }
    return shown | {"release": hashlib.sha256(dumps(shown).encode("utf-8")).hexdigest()[:16]}


def release_text(content: Node) -> str:
    """Return the text of items.json, the same for the same *content*."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _lines(text: Any) -> Any:
    """Return *text* cut after each line end, as the notebook format stores it."""
    return text.splitlines(keepends=True) if isinstance(text, str) else text


def _stored(cell: Node) -> Node:
    stored = cell | {"source": _lines(cell["source"])}
    if "outputs" in cell:
        stored["outputs"] = [_stored_output(output) for output in cell["outputs"]]
    return stored


def _stored_output(output: Node) -> Node:
    if "data" in output:
        return output | {"data": {name: _lines(text) for name, text in output["data"].items()}}
    return output | {"text": _lines(output["text"])} if "text" in output else output


def notebook_text(notebook: Node) -> str:
    """Return *notebook* as nbformat writes it, byte for byte, without its checks: thousands are written."""
    stored = notebook | {"cells": [_stored(cell) for cell in notebook["cells"]]}
    return json.dumps(stored, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": ")) + "\n"
