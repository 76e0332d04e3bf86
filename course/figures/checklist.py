"""Draw the figures of the Checklist part; their words stand in checklist.yml."""

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


def two_ends(language: str) -> Figure:
    """Return the parts of the Checklist, each as a decision that leads to a question."""
    words = _words("two_ends")
    pitch, foot = 1.12, 0.1
    height = foot + pitch * len(words["rows"]) + 0.4
    figure, axes = _canvas(5.0, height)
    left, right, width = 0.05, 2.6, 2.35
    _write(axes, left + 0.05, height - 0.2, _pick(words["left"], language), color=MUTED, fontsize=11.5)
    _write(axes, right + 0.05, height - 0.2, _pick(words["right"], language), color=MUTED, fontsize=11.5)
    for number, row in enumerate(words["rows"]):
        y = height - 0.42 - pitch * (number + 1) + 0.1
        _box(axes, (left, y), (2.1, pitch - 0.12), facecolor=SOFT, edgecolor=ACCENT)
        _write(axes, left + 0.12, y + 0.79, _pick(row["part"], language), fontweight="bold", color=ACCENT)
        _write(axes, left + 0.12, y + 0.37, _pick(row["decides"], language), fontsize=11.8)
        _box(axes, (right, y), (width, pitch - 0.12), facecolor="none", edgecolor=MUTED)
        _write(axes, right + 0.12, y + (pitch - 0.12) / 2, _pick(row["ask"], language), fontsize=11.8)
        look = {"arrowstyle": "-|>", "color": ACCENT, "linewidth": 1.8}
        middle = y + (pitch - 0.12) / 2
        axes.annotate("", xy=(right - 0.03, middle), xytext=(left + 2.13, middle), arrowprops=look)
    return figure


def twenty_four(language: str) -> Figure:
    """Return what 24 organisations had in place, one dot for each of them."""
    words = _words("twenty_four")
    pitch = 0.66
    height = pitch * len(words["rows"]) + 0.42
    figure, axes = _canvas(5.0, height)
    total = max(row["count"] for row in words["rows"])
    fewest = min(row["count"] for row in words["rows"])
    for number, row in enumerate(words["rows"]):
        y = height - 0.2 - pitch * number
        colour = WARNING if row["count"] == fewest else ACCENT
        bold = "bold" if row["count"] == fewest else "normal"
        _write(axes, 0.08, y, _pick(row["name"], language), fontweight=bold)
        _write(axes, 4.9, y, str(row["count"]), ha="right", color=colour, fontweight="bold", fontsize=14)
        for dot in range(total):
            axes.plot(
                [0.16 + dot * 0.203],
                [y - 0.28],
                marker="o",
                markersize=10,
                color=colour if dot < row["count"] else "none",
                markeredgecolor=colour,
                markeredgewidth=1.3,
            )
    _write(axes, 0.08, 0.12, _pick(words["note"], language), color=MUTED, fontsize=11)
    return figure


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


def _box(axes: Axes, origin: tuple[float, float], size: tuple[float, float], **style: Any) -> None:
    """Draw a box with round corners, its lower left one at *origin*."""
    (x, y), (width, height), corner = origin, size, 0.1
    usual = {"linewidth": 1.3, "zorder": 2}
    axes.add_patch(
        FancyBboxPatch(
            (x + corner, y + corner),
            width - 2 * corner,
            height - 2 * corner,
            boxstyle=f"round,pad={corner}",
            **{**usual, **style},
        )
    )


def _words(figure: str) -> dict[str, Any]:
    """Return the words of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
