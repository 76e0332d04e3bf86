"""The face of the desk: the assignment's page that saves as one goes, my course, and what all its pages wear."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from singmuk.face import exercise

HERE = Path(__file__).parent


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def assignment_script() -> str:
    """Return the script of an assignment's page."""
    own = [_read(f"{name}.js") for name in ("queue", "around", "desk")]
    pieces = "\n".join([exercise.script("parts.js", "state.js"), *own])
    return f'"use strict";\n(function () {{\n{pieces}\n}})();\n'


@lru_cache(maxsize=1)
def my_script() -> str:
    """Return the script of every page: light or dark, times, *my course*, printing."""
    return f'"use strict";\n(function () {{\n{_read("my.js")}\n}})();\n'


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style sheet of every page of the desk."""
    return exercise.style() + _read("desk.css")
