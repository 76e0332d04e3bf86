"""The live item in a notebook: the face on anywidget."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from singmuk import face
from singmuk.cite import Source
from singmuk.scenario import Scenario


class Item(anywidget.AnyWidget):
    """One scenario, live: it shows the item and reports each change of the response."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    item = traitlets.Dict().tag(sync=True)
    answer = traitlets.Any(None, allow_none=True).tag(sync=True)  # None: graded, so no feedback here
    response = traitlets.Any(None, allow_none=True).tag(sync=True)  # None: not answered, never a default
    first = traitlets.Any(None, allow_none=True).tag(sync=True)
    confidence = traitlets.Int(None, allow_none=True).tag(sync=True)
    checked = traitlets.Bool(False).tag(sync=True)
    language = traitlets.Enum(("en", "zh"), "en").tag(sync=True)
    seed = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(_esm=face.module(), _css=face.style(), **traits)


def practise(scenario: Scenario, root: Path, sources: Mapping[str, Source], *, language: str = "en") -> Item:
    """Return *scenario* as a live item for practice, with its feedback."""
    return Item(**face.halves(scenario, root, sources, practice=True), language=language)
