"""Draw the figures of the first part, GenAI at work in Hong Kong; their words stand in landscape.yml."""

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

COLUMNS, SIDE, GAP = 10, 0.38, 0.09
#: The place of the house rules among the voices.
HOUSE = 3
#: How a square of each group looks, so that colour is never the only difference.
LOOKS: dict[str, dict[str, Any]] = {
    "rules": {"facecolor": ACCENT, "edgecolor": ACCENT},
    "none": {"facecolor": WARN, "edgecolor": WARNING, "linewidth": 2.6},
    "other": {"facecolor": SOFT, "edgecolor": ACCENT},
    "without": {"facecolor": "none", "edgecolor": MUTED, "linestyle": ":"},
}


def sixty_squares(language: str) -> Figure:
    """Return sixty organisations as squares: who used AI, with whose data, and with house rules or not."""
    words = _words("sixty_squares")
    figure, axes = _canvas(5.0, 5.42)
    names = [group["look"] for group in words["groups"] for _ in range(group["count"])]
    for place, name in enumerate(names):
        row, column = divmod(place, COLUMNS)
        _square(axes, (0.17 + (SIDE + GAP) * column, 4.94 - (SIDE + GAP) * row), name)

    for number, group in enumerate(words["groups"]):
        y = 2.07 - 0.52 * number
        _square(axes, (0.17, y - SIDE / 2), group["look"])
        _write(axes, 0.72, y, str(group["count"]), fontweight="bold", fontsize=15)
        _write(axes, 1.16, y, _pick(group["text"], language), fontsize=14)
    _write(axes, 0.17, 0.12, _pick(words["note"], language), color=MUTED, fontsize=12)
    return figure


def five_voices(language: str) -> Figure:
    """Return the five voices over one prompt as boxes in boxes, the widest outside."""
    words = _words("five_voices")
    figure, axes = _canvas(5.0, 5.34)
    step, inset, bottom = 0.78, 0.13, 0.1
    for number, ring in enumerate(words["rings"]):
        top = 5.26 - step * number
        origin = (0.06 + inset * number, bottom + inset * number)
        size = (4.88 - 2 * inset * number, top - origin[1])
        last = number == len(words["rings"]) - 1
        # From the house rules inward it is between you, your organisation and the maker: tinted.
        face = SOFT if number == HOUSE else "none"
        _box(axes, origin, size, facecolor=face, edgecolor=ACCENT, linewidth=1.2 + 0.3 * number)
        _write(axes, origin[0] + 0.16, top - 0.24, _pick(ring["name"], language), fontweight="bold", fontsize=14)
        style = {"color": MUTED, "fontsize": 12.5}
        _write(axes, origin[0] + 0.16, top - 0.52, _pick(ring["example"], language), **style)
        if last:
            heart = (origin[0] + 0.14, origin[1] + 0.12)
            width = size[0] - 0.28
            _box(axes, heart, (width, 0.5), facecolor="none", edgecolor=TEXT, linewidth=2.0)
            middle = heart[0] + width / 2
            prompt = _pick(words["prompt"], language)
            _write(axes, middle, heart[1] + 0.25, prompt, ha="center", fontweight="bold", fontsize=13)
    return figure


def _square(axes: Axes, origin: tuple[float, float], name: str) -> None:
    """Draw the square of one organisation; a cross marks those without house rules."""
    _box(axes, origin, (SIDE, SIDE), corner=0.05, **LOOKS[name])
    if name == "none":
        near, far = 0.11, SIDE - 0.11
        for rise in ((near, far), (far, near)):
            xs = [origin[0] + near, origin[0] + far]
            axes.plot(xs, [origin[1] + end for end in rise], color=WARNING, linewidth=2.4, zorder=3)


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


def _words(figure: str) -> dict[str, Any]:
    """Return the words of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
