"""Draw the figures of the part on writing a policy; their words stand in policy.yml."""

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


def rule_to_desk(language: str) -> Figure:
    """Return three rules, each with an arrow to what it becomes at the desk."""
    words = _words("rule_to_desk")
    pitch, foot = 1.18, 0.08
    height = foot + pitch * len(words["rows"]) + 0.4
    figure, axes = _canvas(5.0, height)
    left, right, width, tall = 0.05, 2.72, 2.23, pitch - 0.14
    _write(axes, left + 0.05, height - 0.2, _pick(words["left"], language), color=MUTED, fontsize=11.5)
    _write(axes, right + 0.05, height - 0.2, _pick(words["right"], language), color=MUTED, fontsize=11.5)
    for number, row in enumerate(words["rows"]):
        y = height - 0.4 - pitch * (number + 1) + 0.1
        colour, fill = (ACCENT, SOFT) if row["holds"] else (WARNING, WARN)
        _box(axes, (left, y), (width, tall), facecolor="none", edgecolor=MUTED)
        _write(axes, left + 0.12, y + tall / 2, _pick(row["rule"], language), fontweight="bold", fontsize=11.8)
        _box(axes, (right, y), (width, tall), facecolor=fill, edgecolor=colour)
        _write(axes, right + 0.12, y + tall / 2, _pick(row["desk"], language), fontsize=11.8)
        _arrow(axes, (left + width + 0.03, y + tall / 2), (right - 0.03, y + tall / 2), colour)
    return figure


def three_clocks(language: str) -> Figure:
    """Return how long the chat, the draft and the record of one letter are kept."""
    words = _words("three_clocks")
    pitch, origin, scale = 0.92, 0.2, 3.0 / 90
    height = pitch * len(words["rows"]) + 0.72
    figure, axes = _canvas(5.0, height)
    _write(axes, origin - 0.12, height - 0.24, _pick(words["start"], language), color=MUTED, fontsize=11)
    axes.plot([origin, origin], [0.34, height - 0.48], color=MUTED, linewidth=1.2, zorder=1)
    for number, row in enumerate(words["rows"]):
        y = height - 0.72 - pitch * number
        _write(axes, origin + 0.1, y, _pick(row["name"], language), fontweight="bold")
        if "days" in row:
            length = row["days"] * scale
            _box(axes, (origin, y - 0.5), (length, 0.28), corner=0.06, facecolor=WARN, edgecolor=WARNING)
            _write(
                axes,
                origin + length + 0.1,
                y - 0.36,
                _pick(words["days"], language).format(n=row["days"]),
                color=WARNING,
                fontweight="bold",
            )
        else:
            _box(axes, (origin, y - 0.5), (3.9, 0.3), corner=0.06, facecolor=SOFT, edgecolor=ACCENT)
            _arrow(axes, (origin + 3.9, y - 0.35), (origin + 4.6, y - 0.35), ACCENT)
            _write(axes, origin + 0.12, y - 0.35, _pick(row["note"], language), color=ACCENT)
    _write(axes, origin - 0.12, 0.14, f"\u25b2 {_pick(words['over'], language)}", color=ACCENT, fontsize=11.5)
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


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    """Draw an arrow from *start* to *end*."""
    look = {"arrowstyle": "-|>", "color": color, "linewidth": 1.8}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)


def _words(figure: str) -> dict[str, Any]:
    """Return the words of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
