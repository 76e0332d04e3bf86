"""A solved exercise: while nbgrader makes solutions, `ask` shows the model answer in the static face."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from IPython.display import HTML, display

from singmuk import load
from singmuk.face import static
from singmuk.lang import LANGUAGES
from singmuk.scoring import solving

__all__ = ["shown", "solving"]


@lru_cache(maxsize=1)
def _course() -> load.Course:
    return load.course(Path(os.environ["SINGMUK_COURSE"]))


def shown(name: str) -> None:
    """Show the scenario *name* and its model answer in both languages, as plain HTML without a script."""
    course = _course()
    scenario = course.scenarios[name]
    pictures = course.root / "scenarios" / "pictures"
    parts = [
        f'<div class="singmuk-static" lang="{tag}">{static.question(scenario, language, pictures)}'
        f"{static.model_answer(scenario, language, course.sources)}</div>"
        for language, tag in LANGUAGES.items()
    ]
    display(HTML("<hr>".join(parts)))  # type: ignore[no-untyped-call]
