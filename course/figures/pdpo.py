"""Draw the figures of the PDPO part; their words stand in pdpo.yml."""

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


def sentence_journey(language: str) -> Figure:
    """Return the way of one prompt through the six principles, as a line with six stops."""
    words = _words("sentence_journey")
    figure, axes = _canvas(5.0, 7.3)
    line, last = 0.42, 0.84

    _write(axes, 0.1, 7.12, _pick(words["before"], language), color=MUTED, fontsize=11)
    _box(axes, (0.1, 5.86), (4.8, 1.1), facecolor=WARN, edgecolor=WARNING)
    chips = [(1.95, 6.53, 2.05), (1.95, 6.09, 1.4)]
    rows = zip(chips, words["plain"], words["marked"], words["tails"], strict=True)
    for (x, y, width), plain, marked, tail in rows:
        _write(axes, x - 0.1, y + 0.15, _pick(plain, language), ha="right")
        _box(axes, (x, y), (width, 0.3), corner=0.06, facecolor="none", edgecolor=WARNING)
        _write(axes, x + width / 2, y + 0.15, _pick(marked, language), ha="center", color=WARNING)
        _write(axes, x + width + 0.1, y + 0.15, _pick(tail, language))

    heights = [5.3 - 0.74 * number for number in range(len(words["stops"]))]
    turn = heights[2]  # at the third stop the last mark of the person falls off
    for colour, start, end in [(WARNING, 5.86, turn), (ACCENT, turn, last)]:
        axes.plot([line, line], [start, end], color=colour, linewidth=5, solid_capstyle="butt", zorder=1)
    for number, (y, stop) in enumerate(zip(heights, words["stops"], strict=True), start=1):
        colour, fill = (WARNING, WARN) if y > turn else (ACCENT, SOFT)
        axes.plot(
            [line],
            [y],
            marker="o",
            markersize=25,
            color=fill,
            markeredgecolor=colour,
            markeredgewidth=2.5,
            zorder=2,
        )
        _write(axes, line, y, str(number), ha="center", color=colour, fontweight="bold", fontsize=13)
        _write(axes, 0.8, y + 0.13, _pick(stop["name"], language), fontweight="bold", fontsize=13)
        _write(axes, 0.8, y - 0.15, _pick(stop["question"], language))
        if "drops" in stop:
            _drop(axes, y, _pick(stop["drops"], language).split("\n"))

    _box(axes, (0.1, 0.28), (4.8, 0.56), facecolor=SOFT, edgecolor=ACCENT)
    _write(axes, 2.5, 0.56, _pick(words["clean"], language), ha="center", fontweight="bold")
    _write(axes, 0.1, 0.1, _pick(words["after"], language), color=MUTED, fontsize=11)
    return figure


def disclosure_tiers(language: str) -> Figure:
    """Return the two tiers of the disclosure offence, as a stair whose first crime needs no harm."""
    words = _words("disclosure_tiers")
    figure, axes = _canvas(5.0, 4.4)
    left, width, ground, height = 0.15, 1.57, 0.62, 0.98
    right = left + 3 * width
    # Each layer is one thing that must be true; it carries the steps to its right.
    layers = [
        ("consent", SOFT, TEXT, MUTED, 1.3),
        ("intent", WARN, WARNING, WARNING, 1.3),
        ("harm", WARN, WARNING, WARNING, 4.0),
    ]
    for number, (name, face, colour, edge, line) in enumerate(layers):
        x, y = left + width * number, ground + height * number
        _box(axes, (x, y), (right - x, height), corner=0.02, facecolor=face, edgecolor=edge, linewidth=line)
        _write(axes, (x + right) / 2, y + height / 2, _pick(words[name], language), ha="center", color=colour)
    for number, name in enumerate(["none", "one", "two"]):
        x, top = left + width * (number + 0.5), ground + height * (number + 1)
        note = _pick(words[f"{name}_note"], language)
        rise = 0.2 + 0.085 * note.count("\n")
        _write(
            axes,
            x,
            top + 2 * rise + 0.06,
            _pick(words[name], language),
            ha="center",
            color=WARNING if number else TEXT,
            fontweight="bold",
        )
        _write(axes, x, top + rise, note, ha="center", color=MUTED, fontsize=10.5)
    _arrow(axes, (left + width, 0.26), (left + width, ground - 0.04))
    _write(axes, left + width + 0.12, 0.3, _pick(words["start"], language), color=WARNING, fontweight="bold")
    return figure


def _drop(axes: Axes, y: float, pieces: list[str]) -> None:
    """Draw the *pieces* that fall off the line at height *y*."""
    _arrow(axes, (2.98, y), (3.44, y))
    for number, piece in enumerate(pieces):
        middle = y + 0.17 * (len(pieces) - 1) - 0.34 * number
        _box(
            axes,
            (3.5, middle - 0.14),
            (1.4, 0.28),
            corner=0.06,
            facecolor=WARN,
            edgecolor=WARNING,
            linestyle="--",
        )
        _write(axes, 4.2, middle, piece, ha="center", color=WARNING, fontsize=11)


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


def _box(
    axes: Axes, origin: tuple[float, float], size: tuple[float, float], *, corner: float = 0.1, **style: Any
) -> None:
    """Draw a box with round corners, its lower left one at *origin*."""
    (x, y), (width, height) = origin, size
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


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a warning arrow from *start* to *end*."""
    look = {"arrowstyle": "-|>", "color": WARNING, "linewidth": 1.5}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)


def _words(figure: str) -> dict[str, Any]:
    """Return the words of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
