"""The Markdown of texts as HTML."""

from __future__ import annotations

import re
from functools import lru_cache

from markdown_it import MarkdownIt


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    # Raw HTML, links and pictures off: a text is words, and a page must not ask anybody for anything.
    return MarkdownIt("commonmark", {"html": False}).disable(["link", "image", "autolink", "reference"])


#: A line that is broken within Chinese: a browser would show a space there.
_BROKEN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")


@lru_cache(maxsize=4096)
def html(text: str) -> str:
    """Return Markdown *text* as HTML; a single paragraph comes without its `<p>`, to fit into a label."""
    rendered = str(_markdown().render(_BROKEN.sub("", text))).strip()
    alone = re.fullmatch(r"<p>((?:(?!</?p>).)*)</p>", rendered, re.DOTALL)
    return alone.group(1) if alone else rendered
