"""The face: one ES module and one style sheet that show a scenario on a page and in a notebook."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from singmuk.cite import Source
from singmuk.kinds import kinds
from singmuk.markdown import html
from singmuk.scenario import Scenario

HERE = Path(__file__).parent
PICTURE_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
#: A picture travels inside the page, so it is kept small.
LARGEST_PICTURE = 512 * 1024
#: What a page of the book needs beside the face.
OF_PAGES = ("reading.js", "host.js")


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return every word the face shows, by name, with a text for each language."""
    read: dict[str, Any] = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
    for name, kind in kinds().items():
        own = {word: text.model_dump() for word, text in kind.words.items()}
        read[name] = own | read.get(name, {})
    return read


def pieces() -> str:
    """Return the face without a host: words, core, then each kind, to stand inside a script of one's own."""
    parts = [f"const WORDS = {inline_json(words())};", "const KINDS = {};"]
    core = sorted(path for path in HERE.glob("*.js") if path.name not in OF_PAGES)
    parts += [path.read_text(encoding="utf-8") for path in [*core, *sorted((HERE / "kinds").glob("*.js"))]]
    return "\n".join(parts)


@lru_cache(maxsize=1)
def module() -> str:
    """Return the face as an ES module, for anywidget and for pages that load modules."""
    return f"{pieces()}\nexport default {{ render }};\nexport {{ KINDS }};\n"


@lru_cache(maxsize=1)
def script() -> str:
    """Return the face with its page host as a classic script: a module does not load from `file://`."""
    host = "\n".join((HERE / name).read_text(encoding="utf-8") for name in OF_PAGES)
    return f'"use strict";\n(function () {{\n{pieces()}\n{host}\n}})();\n'


@lru_cache(maxsize=1)
def reading_script() -> str:
    """Return the script of a page without a scenario: it notes in the browser that the page was read."""
    parts = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("plain.js", "reading.js"))
    call = 'noteRead(readJson(document.getElementById("singmuk-page"), {}));'
    return f'"use strict";\n(function () {{\n{parts}\n{call}\n}})();\n'


@lru_cache(maxsize=1)
def style() -> str:
    """Return the face's style sheet."""
    return (HERE / "face.css").read_text(encoding="utf-8")


def inline_json(value: object) -> str:
    """Return *value* as JSON that can stand inside a `<script>` element."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for mark, code in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(mark, code)
    return text


def data_uri(path: Path) -> str:
    """Return the picture in the file *path* as an address that needs no request.

    Raises `ValueError` when it is larger than a page should carry.
    """
    content = path.read_bytes()
    if len(content) > LARGEST_PICTURE:
        raise ValueError(f"{path.name}: is larger than {LARGEST_PICTURE // 1024} KB; make it smaller")
    return f"data:{PICTURE_TYPES[path.suffix]};base64,{base64.b64encode(content).decode('ascii')}"


def dress(half: Any, pictures: Path | None = None, sources: Mapping[str, Source] | None = None) -> Any:
    """Return a half of a scenario ready to be shown: Markdown as HTML, pictures and sources filled in."""
    if isinstance(half, list):
        return [dress(part, pictures, sources) for part in half]
    if not isinstance(half, dict):
        return half
    if set(half) == {"en", "zh"} and all(isinstance(text, str) for text in half.values()):
        return {language: html(text) for language, text in half.items()}
    dressed = {name: dress(part, pictures, sources) for name, part in half.items()}
    if half.get("kind") == "picture" and "file" in half:
        del dressed["file"]
        dressed["alt"] = half["alt"]
        dressed["src"] = data_uri(pictures / half["file"]) if pictures else ""
    if isinstance(half.get("cite"), list):
        dressed["cite"] = [sources[key].link() for key in half["cite"]] if sources else []
    return dressed


def halves(scenario: Scenario, root: Path, sources: Mapping[str, Source], *, practice: bool) -> dict[str, Any]:
    """Return what a page needs to show *scenario*: the item, and the answer for *practice* alone."""
    pictures = root / "scenarios" / "pictures"
    return {
        "item": dress(scenario.public(), pictures),
        "answer": dress(scenario.answer(), pictures, sources) if practice else None,
    }
