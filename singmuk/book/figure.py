"""The directive `figure-code`: a figure drawn by matplotlib at build time, inside the page as SVG.

Inside the page its text stays text: the browser's fonts draw it, a screen reader reads it, and its
colours follow the light and the dark theme.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from matplotlib import rc_context
from matplotlib.figure import Figure
from sphinx.application import Sphinx

from singmuk.book.common import Directive

#: Colours that figures use, and what a page makes of them.
COLOURS = {
    "#111111": "currentColor",
    "#0b6e4f": "var(--figure-accent)",
    "#b3261e": "var(--figure-warning)",
    "#6b7280": "var(--figure-muted)",
    "#e6f2ee": "var(--figure-soft)",
    "#fbe9e7": "var(--figure-soft-warning)",
}
#: The same seed gives the same ids in the SVG, so that two builds give the same bytes.
SETTINGS: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "singmuk", "font.family": "sans-serif"}


@lru_cache(maxsize=16)
def _functions(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"course_figures_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def svg(figure: Figure, name: str, alt: str) -> str:
    """Return *figure* as an SVG element named by *alt*, with colours that follow the page's theme."""
    buffer = io.StringIO()
    with rc_context(SETTINGS):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for colour, value in COLOURS.items():
        text = re.sub(re.escape(colour), value, text, flags=re.IGNORECASE)
    # Ids are made the figure's own: a page may hold several.
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    # matplotlib names one font; the page has its own list, with Chinese glyphs.
    text = re.sub(r"font(-family)?: ?[^;\"]*?(\d+px)[^;\"]*", r"font-size: \2", text)
    # As attributes of their own the styles need no leave from a page's content security policy.
    text = re.sub(r' style="([^"]*)"', _attributes, text)
    return text.replace("<svg", f'<svg class="figure-code" role="img" aria-label="{escape(alt, quote=True)}"', 1)


def _attributes(style: re.Match[str]) -> str:
    """Return what a style attribute says as presentation attributes, which SVG has for each of its properties."""
    pairs = [pair.partition(":") for pair in style.group(1).split(";") if pair.strip()]
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in pairs)


class FigureDirective(Directive):
    """Draw a function of course/figures/ into the page: `module:function`, with a caption."""

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged}  # noqa: RUF012  (docutils declares it so)

    def run(self) -> list[nodes.Node]:
        """Return the drawing and its caption."""
        module, _, function = self.arguments[0].partition(":")
        path = Path(self.env.srcdir) / "course" / "figures" / f"{module}.py"
        if not path.is_file():
            raise self.error(f"course/figures/{module}.py does not exist; mend the name before the colon")
        self.depend_on(f"course/figures/{module}.py")
        self.depend_on(f"course/figures/{module}.yml")
        draw: Callable[[str], Figure] | None = getattr(_functions(path), function, None)
        if draw is None:
            raise self.error(f"course/figures/{module}.py has no function {function!r}; mend the name after the colon")
        if getattr(_functions(path), "READS_COURSE", False):
            self.env.note_reread()  # it draws what may have changed without the page: the scenarios
        alt = self._alternative(path, function)
        figure = nodes.figure("", self.html(svg(draw(self.language), f"figure-{function}", alt)))
        self.set_source_info(figure)
        if self.content:
            caption = nodes.caption()
            self.set_source_info(caption)
            inline, _ = self.state.inline_text(" ".join(self.content), self.lineno)
            caption.rawsource = " ".join(self.content)
            caption += inline
            figure += caption
        return [figure]

    def _alternative(self, path: Path, function: str) -> str:
        words = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))
        alt = words.get(function, {}).get("alt", {}).get(self.language)
        if not isinstance(alt, str) or not alt.strip():
            raise self.error(
                f"course/figures/{path.stem}.yml has no text alternative in this language; add {function}.alt"
            )
        return " ".join(alt.split())


def setup(app: Sphinx) -> None:
    """Add the directive to *app*."""
    app.add_directive("figure-code", FigureDirective)
