"""Parts of every page: its language, and the way to the same page in the other language."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from singmuk.book.common import short_language, word
from singmuk.lang import LANGUAGES


def _edition(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    language = short_language(app.config.language)
    # Hong Kong's Chinese has a tag of its own; Sphinx would write zh-TW, after its table of messages.
    context["language"] = LANGUAGES[language]
    # Sphinx still writes a role that ARIA has given up for the entries of a list.
    context["body"] = str(context.get("body", "")).replace(' role="doc-biblioentry"', ' role="listitem"')
    folder: str | None = app.config.singmuk_editions.get("other")
    if folder is None:
        return
    up = "../" * pagename.count("/")
    target = f"{up}{folder}{pagename}{context.get('file_suffix') or '.html'}"
    other = "en" if language == "zh" else "zh"
    context["singmuk_switch"] = {
        "href": target,
        "lang": LANGUAGES[other],
        "text": word("switch", language),
        "title": word("switch-title", language),
    }
    link = f'<link rel="alternate" hreflang="{LANGUAGES[other]}" href="{escape(target, quote=True)}">'
    context["metatags"] = f"{context.get('metatags', '')}\n{link}\n"


def _quiet(app: Sphinx) -> None:
    """Take out what Jupyter Book adds in order to load code from a content network; no page asks for anything."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if not one.handler.__module__.startswith("sphinx_thebe")]


def setup(app: Sphinx) -> None:
    """Add the parts to every page of *app*."""
    app.connect("builder-inited", _quiet)
    app.connect("html-page-context", _edition)
    app.connect("config-inited", _templates)


def _templates(_app: Sphinx, config: Any) -> None:
    config.templates_path.append(str(Path(__file__).parent / "templates"))
