"""Draw the figures of the part on output; their words and data stand in outputs.yml."""

from math import sqrt
from pathlib import Path
from typing import Any

import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

# The book swaps these colours for CSS variables, so that figures follow the theme.
TEXT, ACCENT, WARNING, MUTED = "#111111", "#0b6e4f", "#b3261e", "#6b7280"
SOFT = "#e6f2ee"
# Hong Kong glyphs first; the fonts after it know fewer characters but are always there.
FONTS = ["Noto Sans CJK HK", "DejaVu Sans", "sans-serif"]
LEFT, FULL = 0.2, 3.6  # inches: where the scale begins, and the length of 100 %
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def measured_rates(language: str) -> Figure:
    """Return measured error rates of three studies, each group with what was asked and counted."""
    words = _words("measured_rates")
    figure, axes = _canvas(4.1, 7.0)
    top = 6.85
    bottom = 0.95
    for mark in MARKS:
        x = LEFT + FULL * mark
        _write(axes, x, bottom - 0.14, f"{mark:.0%}", ha="center", color=MUTED, fontsize=11)
    _write(axes, LEFT + FULL / 2, bottom - 0.36, _pick(words["answers"], language), ha="center", color=MUTED)
    _whisker(axes, LEFT, LEFT + 0.4, 0.24)
    _write(axes, LEFT + 0.55, 0.24, _pick(words["key"], language), color=MUTED, fontsize=11)

    y = top
    for test in words["tests"]:
        _line(axes, y - 0.25, _pick(test["asked"], language), fontweight="bold", fontsize=13)
        _line(axes, y - 0.49, _pick(test["how"], language), color=MUTED, fontsize=11)
        y -= 0.62
        for bar in test["bars"]:
            _bar(axes, y, bar, words, language)
            y -= 0.58
        y -= 0.15
    return figure


def wilson(rate: float, number: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a *rate* seen in a *number* of answers."""
    z = 1.96
    middle = (rate + z * z / (2 * number)) / (1 + z * z / number)
    half = z * sqrt(rate * (1 - rate) / number + z * z / (4 * number * number)) / (1 + z * z / number)
    return middle - half, middle + half


def _bar(axes: Axes, y: float, bar: dict[str, Any], words: dict[str, Any], language: str) -> None:
    """Draw one *bar* below height *y*: what was counted, the bar, its value and, if known, its interval."""
    rate = bar["rate"]
    end, middle = LEFT + FULL * rate, y - 0.37
    _line(axes, y - 0.11, _pick(bar["what"], language), fontsize=11)
    axes.plot([LEFT, LEFT + FULL], [middle - 0.1, middle - 0.1], color=MUTED, linewidth=0.7, zorder=0)
    for mark in MARKS:
        x = LEFT + FULL * mark
        axes.plot([x, x], [middle - 0.1, middle - 0.15], color=MUTED, linewidth=0.7, zorder=0)
    axes.add_patch(Rectangle((LEFT, middle - 0.1), FULL * rate, 0.2, facecolor=SOFT, edgecolor=ACCENT, linewidth=1.3))
    value, after = f"{rate:.0%}", end + 0.1
    if "of" in bar:
        low, high = (LEFT + FULL * limit for limit in wilson(rate, bar["of"]))
        _whisker(axes, low, high, middle)
        after = high + 0.1
    if bar.get("open"):
        look = {"arrowstyle": "-|>", "color": ACCENT, "linewidth": 1.5}
        axes.annotate("", xy=(end + 0.42, middle), xytext=(end, middle), arrowprops=look)
        value, after = f"{value} {_pick(words['or_more'], language)}", end + 0.5
    _line(axes, middle, value, x=after, fontweight="bold")


def _whisker(axes: Axes, low: float, high: float, y: float) -> None:
    """Draw an interval from *low* to *high* at height *y*."""
    axes.plot([low, high], [y, y], color=TEXT, linewidth=1.6, zorder=3)
    for x in (low, high):
        axes.plot([x, x], [y - 0.06, y + 0.06], color=TEXT, linewidth=1.6, zorder=3)


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a transparent figure whose axes count inches from the lower left corner."""
    figure = Figure(figsize=(width, height))
    figure.patch.set_alpha(0.0)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, width), ylim=(0.0, height))
    axes.set_axis_off()
    return figure, axes


def _line(axes: Axes, y: float, text: str, *, x: float = LEFT, **style: Any) -> None:
    """Write *text* at the scale's start, or at *x*."""
    _write(axes, x, y, text, **style)


def _write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write *text* with its middle at height *y*."""
    usual = {
        "ha": "left",
        "va": "center",
        "color": TEXT,
        "fontsize": 12,
        "fontfamily": FONTS,
        "linespacing": 1.25,
        "zorder": 4,
    }
    axes.text(x, y, text, **{**usual, **style})


def _words(figure: str) -> dict[str, Any]:
    """Return the words and data of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
