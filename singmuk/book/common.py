"""What the book's directives share: the course, the language, the words."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from singmuk.law import Statement, Term
from singmuk.load import Course

COURSE = "singmuk_course_read"
TERMS = "singmuk_terms_read"


def short_language(language: str | None) -> str:
    """Return the course's short name of Sphinx's *language*: `zh` for any Chinese, else `en`."""
    return "zh" if (language or "en").lower().startswith("zh") else "en"


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
    return read


def word(name: str, language: str, **filled: object) -> str:
    """Return the words called *name* in *language*, with *filled* put in."""
    return _words()[name][language].format(**filled)


class Directive(SphinxDirective):
    """A directive of the course, which knows the course and the language of the page."""

    @property
    def course(self) -> Course:
        """Return the course that was read before the pages."""
        found: Course = getattr(self.env.app, COURSE)
        return found

    @property
    def statements(self) -> dict[str, Statement]:
        """Return the dated register."""
        found: dict[str, Statement] = getattr(self.env.app, TERMS)[0]
        return found

    @property
    def terms(self) -> list[Term]:
        """Return the glossary."""
        found: list[Term] = getattr(self.env.app, TERMS)[1]
        return found

    @property
    def language(self) -> str:
        """Return the short name of the page's language."""
        return short_language(self.config.language)

    def depend_on(self, name: str) -> None:
        """Have the page built anew when the file *name* below the course's folder changes."""
        self.env.note_dependency(str(Path(self.env.srcdir) / name))

    def html(self, markup: str) -> nodes.raw:
        """Return *markup* as a node for HTML pages."""
        node = nodes.raw("", markup, format="html")
        self.set_source_info(node)
        return node


def untranslated(node: Any) -> Any:
    """Return *node*, whose text comes from data in both languages, kept out of the translation files."""
    node["translatable"] = False
    return node
