"""The words of a feedback page and the small pieces of HTML that all of it is made of."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import yaml

from singmuk import face
from singmuk.exercise.graded import inert

#: The drawings that go with a word and are silent themselves, as the face has them.
ICONS = {
    "right": "M5 12.5l4.5 4.5L19 7.5",
    "wrong": "M7 7l10 10M17 7L7 17",
    "partly": "M6 12h12",
    "best": "M12 4.5l2.3 4.9 5.2.6-3.9 3.6 1.1 5.3-4.7-2.7-4.7 2.7 1.1-5.3L4.5 10l5.2-.6z",
    "note": "M12 3.5a8.5 8.5 0 1 0 .01 0zM12 8v.01M12 11.5v4.5",
    "plain": "M12 7.5a4.5 4.5 0 1 0 .01 0z",
}


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return every word that is shown, by name: the face's, and under `feedback` a feedback page's own."""
    own = yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))
    return face.words() | {"feedback": own}


def found(name: str) -> bool:
    """Return whether there is a word *name*."""
    place: Any = words()
    for part in name.split("."):
        place = place.get(part) if isinstance(place, dict) else None
    return isinstance(place, dict) and "en" in place


@lru_cache(maxsize=8192)
def say(name: str, language: str, **values: object) -> str:
    """Return the word *name* with *values* filled in, ready to stand in HTML."""
    place: Any = words()
    for part in name.split("."):
        place = place[part]
    text = str(place[language])
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    return escape(text)


def number(points: float) -> str:
    """Return *points* as people write them: two decimals at most, none that say nothing."""
    return f"{round(points, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def written(text: str) -> str:
    """Return what a person wrote, ready to stand in HTML: every character shows as itself and does nothing."""
    return f'<div class="sf-text" dir="auto">{escape(inert(text))}</div>'


def icon(name: str) -> str:
    """Return the drawing *name*, which stands once in the page among its `icons`."""
    return f'<svg class="sm-icon sm-icon-{name}" aria-hidden="true"><use href="#icon-{name}"/></svg>'


def icons() -> str:
    """Return every drawing, to stand in a page once."""
    drawn = "".join(
        f'<symbol id="icon-{name}" viewBox="0 0 24 24"><path d="{path}"/></symbol>' for name, path in ICONS.items()
    )
    return f'<svg class="sf-icons" aria-hidden="true">{drawn}</svg>'


def fold(summary: str, content: str) -> str:
    """Return *content* folded under *summary*; nothing when there is none."""
    return f'<details class="sf-fold"><summary>{summary}</summary>{content}</details>' if content else ""
