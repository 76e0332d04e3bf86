"""Draw the figure of the part on data across the boundary; its words stand in borders.yml."""

from pathlib import Path
from typing import Any

import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

# The book swaps these colours for CSS variables, so that figures follow the theme.
TEXT, ACCENT, WARNING, MUTED = "#111111", "#0b6e4f", "#b3261e", "#6b7280"
SOFT, WARN = "#e6f2ee", "#fbe9e7"
# Hong Kong glyphs first; the fonts after it know fewer characters but are always there.
FONTS = ["Noto Sans CJK HK", "DejaVu Sans", "sans-serif"]
#: How a date is drawn: marker, its face, its edge, the colour of its words.
MARKS = {
    "home": ("o", ACCENT, ACCENT, ACCENT),
    "away": ("s", MUTED, MUTED, TEXT),
    "gone": ("X", WARNING, WARNING, WARNING),
    "later": ("s", "none", MUTED, TEXT),
}


def dates(language: str) -> Figure:
    """Return the dates on which rules were signed, took effect or were dropped, as a line downwards."""
    words = _words("dates")
    step, band, top = 0.37, 0.4, 8.06
    figure, axes = _canvas(5.0, top + 0.38)
    line, place, what = 1.1, 1.32, 2.78

    for (x, mark), label in zip([(0.2, "home"), (1.75, "away"), (3.3, "gone")], words["legend"], strict=True):
        _mark(axes, x, top + 0.1, mark)
        _write(axes, x + 0.17, top + 0.1, _pick(label, language), color=MUTED, fontsize=11)

    y = top - 0.36
    start, end = y, 0.0  # the line stops at today
    for year in words["years"]:
        _box(axes, (0.05, y - 0.15), (4.9, 0.3), corner=0.06, facecolor=SOFT, edgecolor="none")
        _write(axes, 0.15, y, year["year"], fontweight="bold")
        y -= band
        for row in year["rows"]:
            if row["mark"] == "later":
                axes.plot([0.05, 4.95], [y + 0.02, y + 0.02], color=WARNING, linestyle="--", linewidth=1.4)
                _write(axes, 4.95, y + 0.15, _pick(words["today"], language), ha="right", color=WARNING, fontsize=11)
                end = y + 0.02
                y -= 0.26
            colour = MARKS[row["mark"]][3]
            _write(axes, line - 0.17, y, _pick(row["day"], language), ha="right", fontsize=11, color=MUTED)
            _mark(axes, line, y, row["mark"])
            _write(axes, place, y, _pick(row["place"], language), fontweight="bold", fontsize=11.5, color=colour)
            _write(axes, what, y, _pick(row["what"], language), fontsize=11.5, color=colour)
            y -= step
        y -= 0.04
    axes.plot([line, line], [start - 0.15, end], color=MUTED, linewidth=1.6, zorder=1)
    return figure


def _mark(axes: Axes, x: float, y: float, mark: str) -> None:
    """Draw the *mark* of one date."""
    shape, face, edge, _ = MARKS[mark]
    axes.plot([x], [y], marker=shape, markersize=9, color=face, markeredgecolor=edge, markeredgewidth=1.8, zorder=3)


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a transparent figure whose axes count inches from the lower left corner."""
    figure = Figure(figsize=(width, height))
    figure.patch.set_alpha(0.0)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, width), ylim=(0.0, height))
    axes.set_axis_off()
    return figure, axes


def _write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write *text* with its middle at height *y*."""
    usual = {"ha": "left", "va": "center", "color": TEXT, "fontsize": 12, "fontfamily": FONTS, "zorder": 4}
    axes.text(x, y, text, **{**usual, **style})


def _box(
    axes: Axes, origin: tuple[float, float], size: tuple[float, float], *, corner: float = 0.1, **style: Any
) -> None:
    """Draw a box with round corners, its lower left one at *origin*."""
    (x, y), (width, height) = origin, size
    axes.add_patch(
        FancyBboxPatch(
            (x + corner, y + corner),
            width - 2 * corner,
            height - 2 * corner,
            boxstyle=f"round,pad={corner}",
            **{"linewidth": 1.3, "zorder": 0, **style},
        )
    )


def _words(figure: str) -> dict[str, Any]:
    """Return the words of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
