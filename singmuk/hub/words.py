"""The words that a seat and the hub's own pages show, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import yaml

# A seat starts often and on a busy machine, so nothing else of the package is loaded for them.
LANGUAGES = ("en", "zh")


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """Return every word by its name and its language."""
    found: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))
    return found


def start(exercises: Sequence[tuple[Mapping[str, str], str, str]]) -> str:
    """Return the page that leads to the *exercises*: the title of each, its folder, its name."""
    told = words()
    parts = []
    for language in LANGUAGES:
        lines = [f"# {told['title'][language]}", told["how" if exercises else "empty"][language]]
        links = [
            f"- [{_plain(title[language])}]({quote(folder)}/{quote(name)}.ipynb)" for title, folder, name in exercises
        ]
        parts += [*lines, *(["\n".join(links)] if links else [])]
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Return *text* so that Markdown shows it as it is."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>#" else one for one in text)
