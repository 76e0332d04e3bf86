"""Draw the figure of the part on incidents; its words stand in incident.yml."""

from datetime import date
from itertools import pairwise
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
WIDTH, HEIGHT = 5.0, 6.6
LINE, TOP, DAY = 1.05, 5.9, 0.143  # where the road runs, where it begins, inches for one day


def missed_exits(language: str) -> Figure:
    """Return the published dates of one case as a road to scale, with the exits that were missed."""
    words = _words("missed_exits")
    figure = Figure(figsize=(WIDTH, HEIGHT))
    figure.patch.set_alpha(0.0)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, WIDTH), ylim=(0.0, HEIGHT))
    axes.set_axis_off()

    stops = words["stops"]
    heights = [TOP - DAY * (stop["day"] - stops[0]["day"]).days for stop in stops]
    colours = [ACCENT, WARNING, WARNING, MUTED]
    for number, (above, below) in enumerate(pairwise(heights)):
        span = (stops[number + 1]["day"] - stops[number]["day"]).days
        axes.plot(
            [LINE, LINE],
            [above, below],
            color=[MUTED, WARNING, MUTED][number],
            linewidth=6,
            solid_capstyle="butt",
            zorder=1,
        )
        days = _pick(words["days"], language).format(count=span)
        _write(axes, LINE - 0.2, (above + below) / 2, days, ha="right", color=MUTED, fontsize=11)
    for y, stop, colour in zip(heights, stops, colours, strict=True):
        axes.plot(
            [LINE], [y], marker="o", markersize=13, color=SOFT, markeredgecolor=colour, markeredgewidth=2.5, zorder=3
        )
        _write(axes, LINE - 0.2, y, _date(stop["day"], words, language), ha="right", fontweight="bold")
        _write(axes, LINE + 0.22, y, _pick(stop["text"], language), color=TEXT if colour != WARNING else WARNING)
    for leave in words["exits"]:
        _exit(axes, TOP - DAY * leave["after"], _pick(leave["text"], language))
    _write(axes, 0.1, HEIGHT - 0.28, _pick(words["title"], language), fontweight="bold", fontsize=13)
    _write(axes, 0.1, 0.22, _pick(words["key"], language), color=ACCENT, fontsize=11)
    return figure


def _exit(axes: Axes, y: float, text: str) -> None:
    """Draw an exit that leaves the road at height *y*, with what would have been behind it."""
    look = {"arrowstyle": "-|>", "color": ACCENT, "linewidth": 2.0, "linestyle": "--"}
    axes.annotate("", xy=(1.98, y), xytext=(LINE + 0.05, y), arrowprops=look)
    tall = 0.36 + 0.24 * text.count("\n")
    axes.add_patch(
        FancyBboxPatch(
            (2.1, y - tall / 2 + 0.06),
            2.72,
            tall - 0.12,
            boxstyle="round,pad=0.08",
            facecolor=SOFT,
            edgecolor=ACCENT,
            linewidth=1.3,
            zorder=2,
        )
    )
    _write(axes, 2.12, y, text, color=ACCENT)


def _date(day: date, words: dict[str, Any], language: str) -> str:
    """Return *day* as the language writes it."""
    month = words["months"][day.month]
    return _pick(words["date"], language).format(day=day.day, month=_pick(month, language))


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
    """Return the words of one *figure*, in both languages."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return words[figure]


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]
