"""The small pages that a launch can end on: one template, and every word in words.yml."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader

from singmuk.lang import LANGUAGES

HERE = Path(__file__).parent
#: The answer's status, by the page's name in words.yml.
STATUS = {
    "door": 403, "window": 200, "denied": 403, "state": 400, "signature": 400, "time": 400, "used": 400, "large": 413,
    "form": 400, "message": 400, "issuer": 403, "client": 403, "place": 403, "nobody": 403, "role": 403,
    "target": 403, "blocked": 403, "campaign": 404, "keys": 503,
}  # fmt: skip


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, dict[str, str]]]:
    """Return every word of the pages, by page, place and language."""
    read: dict[str, dict[str, dict[str, str]]] = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
    return read


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def render(why: str, nonce: str, link: str = "") -> str:
    """Return the page *why* as HTML in both languages; *nonce* lets its style count, *link* opens a window."""
    said = {"said": words()[why], "shared": words()["shared"], "tags": LANGUAGES}
    return _environment().get_template("page.html").render(why=why, nonce=nonce, link=link, **said)
