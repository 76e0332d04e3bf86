"""Draw what the bank of scenarios covers; the words stand in coverage.yml."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from singmuk import coverage

# The book swaps these colours for CSS variables, so that figures follow the theme.
TEXT, ACCENT, WARNING, MUTED = "#111111", "#0b6e4f", "#b3261e", "#6b7280"
SOFT, WARN = "#e6f2ee", "#fbe9e7"
# Hong Kong glyphs first; the fonts after it know fewer characters but are always there.
FONTS = ["Noto Sans CJK HK", "DejaVu Sans", "sans-serif"]
#: The page is read anew at each build: the scenarios may have changed without it.
READS_COURSE = True

ROOT = Path(__file__).parents[2]
WIDTH, ROW, NAME, HEAD = 5.0, 0.25, 1.05, 1.0


def codes_by_module(language: str) -> Figure:
    """Return a table: how many scenarios of each part decide each code that must be decided."""
    bank = _bank()
    wanted = bank.demand.codes if bank.demand and bank.demand.codes else bank.order("code")
    least = bank.demand.each_code if bank.demand else 0
    rows = [(code, code, least) for code in wanted]
    return _table(language, "codes_by_module", [("code", None, rows)])


def modules_by_kind_and_role(language: str) -> Figure:
    """Return a table: how many scenarios of each part are of each kind, and for each role."""
    bank, words = _bank(), _words()
    least = bank.demand.each_kind if bank.demand else 0
    kinds = [(one, _pick(words["kinds"][one], language), least) for one in bank.order("kind")]
    roles = [(one, _pick(words["roles"][one], language), 0) for one in bank.order("role")]
    own = words["modules_by_kind_and_role"]
    parts = [("kind", _pick(own["kind"], language), kinds), ("role", _pick(own["role"], language), roles)]
    return _table(language, "modules_by_kind_and_role", parts)


def _table(
    language: str, name: str, parts: list[tuple[coverage.Side, str | None, list[tuple[str, str, int]]]]
) -> Figure:
    """Return a table with a column for each module; each row is red where fewer than its least are there."""
    bank, words = _bank(), _words()
    modules = bank.order("module")
    lines = sum(len(rows) + (1.4 if title else 0) for _, title, rows in parts)
    height = HEAD + ROW * lines + 0.1
    figure, axes = _canvas(WIDTH, height)
    step = (WIDTH - NAME) / (len(modules) + 1)
    for column, module in enumerate(modules):
        label = _pick(words["modules"].get(module, {"en": module, "zh": module}), language)
        _write(axes, NAME + step * (column + 0.4), height - HEAD + 0.06, label, rotation=55, ha="left", va="bottom")
    total = _pick(words[name]["total"], language)
    x = NAME + step * (len(modules) + 0.2)
    _write(axes, x, height - HEAD + 0.06, total, rotation=55, ha="left", va="bottom", fontweight="bold")
    y = height - HEAD
    for side, title, rows in parts:
        there, sums = bank.count(side, "module"), bank.count(side)
        if title:
            y -= ROW * 1.4
            _write(axes, 0.02, y + ROW / 2, title, color=MUTED)
        for value, label, least in rows:
            y -= ROW
            few = sums[(value,)] < least
            _write(axes, 0.02, y + ROW / 2, label, color=WARNING if few else TEXT)
            for column, module in enumerate(modules):
                times = there[(value, module)]
                _cell(axes, (NAME + step * column, y), step, str(times or ""), WARN if few else SOFT if times else None)
            x = NAME + step * (len(modules) + 0.5)
            colour = WARNING if few else TEXT
            _write(axes, x, y + ROW / 2, str(sums[(value,)]), ha="center", color=colour, fontweight="bold")
    return figure


def _cell(axes: Axes, origin: tuple[float, float], width: float, text: str, fill: str | None) -> None:
    """Draw a cell of the table with *text* in its middle."""
    x, y = origin
    place = (x + 0.015, y + 0.015)
    axes.add_patch(Rectangle(place, width - 0.03, ROW - 0.03, facecolor=fill or "none", edgecolor="none"))
    _write(axes, x + width / 2, y + ROW / 2, text, ha="center")


@lru_cache(maxsize=1)
def _bank() -> coverage.Bank:
    """Return the bank of this course."""
    return coverage.read(ROOT)


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return read


def _pick(text: dict[str, str], language: str) -> str:
    """Return *text* in the *language* of the page: any code that begins with zh is Chinese."""
    return text["zh" if language.startswith("zh") else "en"]


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
    usual = {"ha": "left", "va": "center", "color": TEXT, "fontsize": 11, "fontfamily": FONTS, "zorder": 4}
    if text:
        axes.text(x, y, text, **{**usual, **style})
