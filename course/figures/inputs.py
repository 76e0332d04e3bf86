"""Draw the figures of the part on what goes in; their words stand in inputs.yml."""

from math import cos, hypot, pi, sin, sqrt
from pathlib import Path
from typing import Any

import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

# The book swaps these colours for CSS variables, so that figures follow the theme.
TEXT, ACCENT, WARNING, MUTED = "#111111", "#0b6e4f", "#b3261e", "#6b7280"
SOFT, WARN = "#e6f2ee", "#fbe9e7"
# Hong Kong glyphs first; the fonts after it know fewer characters but are always there.
FONTS = ["Noto Sans CJK HK", "DejaVu Sans", "sans-serif"]

RADIUS = 1.5
# The places of the three circles: two above, one below, all through one middle.
CENTRES = {"reads": (1.72, 3.75), "sees": (3.28, 3.75), "acts": (2.5, 2.4)}


def three_abilities(language: str) -> Figure:
    """Return three circles, one for each ability of an agent; where all overlap, a person approves."""
    words = _words("three_abilities")
    figure, axes = _canvas(5.0, 5.65)

    for centre in CENTRES.values():
        axes.add_patch(Circle(centre, RADIUS, facecolor=SOFT, edgecolor="none", alpha=0.6, zorder=1))
    axes.add_patch(Polygon(_overlap(), closed=True, facecolor=WARN, edgecolor="none", zorder=2))
    for centre in CENTRES.values():
        axes.add_patch(Circle(centre, RADIUS, facecolor="none", edgecolor=ACCENT, linewidth=1.6, zorder=3))
    axes.add_patch(Polygon(_overlap(), closed=True, facecolor="none", edgecolor=WARNING, linewidth=2.2, zorder=4))

    for name, (x, y) in {"reads": (0.93, 4.15), "sees": (4.07, 4.15), "acts": (2.5, 1.5)}.items():
        _write(axes, x, y, _pick(words[name], language), fontweight="bold", fontsize=12.5)
    for name, (x, y) in {"reads_sees": (2.5, 4.4), "reads_acts": (1.55, 2.78), "sees_acts": (3.45, 2.78)}.items():
        _write(axes, x, y, _pick(words[name], language), color=MUTED, fontsize=10.5)
    _write(axes, 2.5, 3.36, _pick(words["all"], language), color=WARNING, fontweight="bold", fontsize=11.5)
    _write(axes, 2.5, 5.45, _pick(words["title"], language), color=MUTED, fontsize=11)
    _write(axes, 2.5, 0.42, _pick(words["foot"], language), fontsize=11.5)
    return figure


def _overlap() -> list[tuple[float, float]]:
    """Return the outline of the region that lies in all three circles."""
    middle = tuple(sum(centre[axis] for centre in CENTRES.values()) / 3 for axis in (0, 1))
    outline = []
    for step in range(360):
        turn = 2 * pi * step / 360
        away = min(_reach(middle, turn, centre) for centre in CENTRES.values())
        outline.append((middle[0] + away * cos(turn), middle[1] + away * sin(turn)))
    return outline


def _reach(start: tuple[float, ...], turn: float, centre: tuple[float, float]) -> float:
    """Return how far one can go from *start* in the direction *turn* before leaving the circle."""
    x, y = start[0] - centre[0], start[1] - centre[1]
    along = x * cos(turn) + y * sin(turn)
    return -along + sqrt(along**2 - hypot(x, y) ** 2 + RADIUS**2)


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a transparent figure whose axes count inches from the lower left corner."""
    figure = Figure(figsize=(width, height))
    figure.patch.set_alpha(0.0)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, width), ylim=(0.0, height))
    axes.set_axis_off()
    return figure, axes


def _write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write *text* with its middle at *x* and *y*."""
    usual = {
        "ha": "center",
        "va": "center",
        "color": TEXT,
        "fontsize": 12,
        "fontfamily": FONTS,
        "linespacing": 1.25,
        "zorder": 5,
    }
    axes.text(x, y, text, **{**usual, **style})


def _words(figure: str) -> dict[str, Any]:
    """Return the words of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
