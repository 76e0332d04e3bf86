"""Draw the figures of the part on deepfakes; their words and data stand in deepfake.yml."""

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


def call_back_points(language: str) -> Figure:
    """Return the way of the HK$200 million, with the points at which one call would have ended it."""
    words = _words("call_back_points")
    figure, axes = _canvas(5.0, 6.6)
    line, stops = 0.4, words["stops"]
    heights = [6.05 - 1.06 * number for number in range(len(stops))]
    axes.plot([line, line], [heights[0], heights[-1]], color=WARNING, linewidth=5, zorder=1)
    exits = 0
    for number, (y, stop) in enumerate(zip(heights, stops, strict=True), start=1):
        axes.plot([line], [y], "o", markersize=25, color=WARN, markeredgecolor=WARNING, markeredgewidth=2.5, zorder=2)
        _write(axes, line, y, str(number), ha="center", color=WARNING, fontweight="bold", fontsize=13)
        last = number == len(stops)
        _write(axes, 0.75, y + (0.14 if last else 0.0), _pick(stop["what"], language))
        if last:
            _write(axes, 0.75, y - 0.26, _pick(words["found"], language), color=WARNING, fontweight="bold")
        elif "out" in stop:
            exits += 1
            axes.annotate(
                "",
                xy=(3.12, y),
                xytext=(2.66, y),
                arrowprops={"arrowstyle": "-|>", "color": ACCENT, "linewidth": 1.8},
            )
            _box(axes, (3.16, y - 0.42), (1.78, 0.84), facecolor=SOFT, edgecolor=ACCENT)
            title = f"{_pick(words['exit'], language)} {exits}"
            _write(axes, 4.05, y + 0.25, title, ha="center", color=ACCENT, fontweight="bold", fontsize=11)
            _write(axes, 4.05, y - 0.12, _pick(stop["out"], language), ha="center", fontsize=11.5)
        else:
            _write(axes, 4.05, y, _pick(stop["none"], language), ha="center", color=MUTED, fontsize=11)
    return figure


def detection_against_chance(language: str) -> Figure:
    """Return how often people told real from fake, with intervals, against the coin's 50 per cent."""
    words = _words("detection_against_chance")
    figure, axes = _canvas(5.0, 4.9)
    left, right, ground = 1.75, 4.3, 0.72
    rows = words["rows"]
    # The last row, help, stands a little apart from what people reach by themselves.
    heights = [4.25 - 0.56 * number for number in range(len(rows) - 1)] + [1.25]

    def place(share: float) -> float:
        return left + (right - left) * (share - 30.0) / 60.0

    axes.plot([place(50.0)] * 2, [ground, 4.55], color=MUTED, linewidth=1.6, linestyle="--", zorder=1)
    _write(axes, place(50.0), 4.72, _pick(words["coin"], language), ha="center", color=MUTED, fontsize=11)
    for y, row in zip(heights, rows, strict=True):
        colour = WARNING if row["low"] < 50.0 else ACCENT
        axes.plot([place(row["low"]), place(row["high"])], [y, y], color=colour, linewidth=3, zorder=2)
        axes.plot([place(row["mean"])], [y], "o", markersize=9, color=colour, zorder=3)
        _write(axes, 0.08, y, _pick(row["name"], language), fontweight="bold" if row is rows[0] else "normal")
        _write(axes, 4.92, y, f"{row['mean']:.2f}", ha="right", color=colour, fontweight="bold")
    axes.plot([0.08, 4.92], [1.63, 1.63], color=MUTED, linewidth=0.6)
    axes.plot([left, right], [ground, ground], color=MUTED, linewidth=1)
    for tick in (30, 40, 50, 60, 70, 80, 90):
        axes.plot([place(tick)] * 2, [ground, ground - 0.06], color=MUTED, linewidth=1)
        _write(axes, place(tick), ground - 0.18, str(tick), ha="center", fontsize=11)
    _write(axes, (left + right) / 2, 0.27, _pick(words["axis"], language), ha="center", fontsize=11)
    _write(axes, 0.08, 0.08, _pick(words["count"], language), color=MUTED, fontsize=10.5)
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
    axes.text(x, y, text.replace("$", r"\$"), **{**usual, **style})


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
