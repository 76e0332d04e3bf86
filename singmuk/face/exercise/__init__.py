"""The face of an exercise around its items: in a notebook, on a page of its own, and as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml

from singmuk import face

HERE = Path(__file__).parent
#: Elements after which a reader of plain text expects a new line.
BLOCKS = {"p", "li", "ul", "ol", "div", "br", "blockquote", "pre"}


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return every word an exercise shows around its items, by group and name."""
    read: dict[str, Any] = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
    return read


def say(place: str, language: str, **values: object) -> str:
    """Return the words at *place* ("status.full") in *language*, filled with *values*."""
    group, name = place.split(".")
    text = str(words()[group][name][language])
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text


def both(place: str, **values: object) -> dict[str, str]:
    """Return the words at *place* in each language, filled with *values*."""
    return {language: say(place, language, **values) for language in ("en", "zh")}


def script(*names: str) -> str:
    """Return the face, the words of an exercise and the pieces called *names*, to stand inside a script."""
    own = f"const OWN = {face.inline_json(words())};\nfor (const group of Object.keys(OWN)) {{\n"
    own += "  WORDS[group] = { ...WORDS[group], ...OWN[group] };\n}"
    return "\n".join([face.pieces(), own, *((HERE / name).read_text(encoding="utf-8") for name in names)])


@lru_cache(maxsize=2)
def module(name: str) -> str:
    """Return the ES module by which a notebook shows an item ("item") or its end ("finish")."""
    return f"{script('parts.js', f'{name}.js')}\nexport default {{ render: host }};\n"


@lru_cache(maxsize=1)
def page_script() -> str:
    """Return the classic script of an exercise's page: a module does not load from `file://`."""
    return f'"use strict";\n(function () {{\n{script("parts.js", "state.js", "page.js", "layout.js")}\n}})();\n'


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style sheet of an exercise, its items' included."""
    return face.style() + (HERE / "exercise.css").read_text(encoding="utf-8")


class _Plain(HTMLParser):
    """What is left of an author's markup when nothing can show it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "li":
            self.text += "\n- "

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS and not self.text.endswith("\n"):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data


def plain(markup: str) -> str:
    """Return the text of an author's *markup*."""
    parser = _Plain()
    parser.feed(markup)
    parser.close()
    return parser.text.strip()


def _exhibit(exhibit: Mapping[str, Any], language: str) -> Iterator[str]:
    for field in ("channel", "from", "to", "subject", "title", "caption", "text", "body"):
        if exhibit.get(field):
            yield plain(exhibit[field][language])
    if exhibit["kind"] == "picture":
        yield plain(exhibit["alt"][language])
    for row in [exhibit.get("head") or [], *exhibit.get("rows", [])]:
        yield " | ".join(plain(cell[language]) if isinstance(cell, dict) else f"{cell:,}" for cell in row)


def _options(item: Mapping[str, Any], language: str) -> Iterator[str]:
    if isinstance(item.get("text"), dict):
        yield "".join(piece if isinstance(piece, str) else piece["text"] for piece in item["text"][language])
    for group in ("verdicts", "bins", "cases", "rows", "choices", "steps"):
        for option in item.get(group, []):
            yield f"- {plain(option['text'][language])}"
    for node in item.get("nodes", []):
        yield plain(node["text"][language])
        for choice in node["choices"]:
            yield f"- {plain(choice['text'][language])}"
    for criterion in item.get("rubric", []):
        yield plain(criterion["text"][language])
        for band in criterion["bands"]:
            yield f"- {band['points']:g}: {plain(band['text'][language])}"


def as_text(item: Mapping[str, Any]) -> str:
    """Return the public half *item* as text in both languages, for where nothing live can be shown."""
    parts = []
    for language in ("en", "zh"):
        parts += [plain(item["title"][language]), plain(item["stem"][language])]
        for exhibit in item["exhibits"]:
            parts.append("\n".join(line for line in _exhibit(exhibit, language) if line))
        parts.append("\n".join(_options(item, language)))
    return "\n\n".join(part for part in parts if part)
