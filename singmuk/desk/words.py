"""The words of the desk's own pages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return every word of the desk's pages, by group and name."""
    read: dict[str, Any] = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
    return read


def say(place: str, language: str, **values: object) -> str:
    """Return the words at *place* ("my.title") in *language*, filled with *values*."""
    group, name = place.split(".")
    text = str(words()[group][name][language])
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text
