"""Draw the twenty pictures of the scenarios "real or changed?" into scenarios/pictures/, the same bytes each time.

Run it from anywhere: `python course/figures/deepfake_pictures.py`. What each picture shows stands in the file
deepfake_pictures.yml; chance (a crease, a barcode, hair) comes from a seed that is the picture's number.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from random import Random
from typing import Any

import yaml
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, FancyBboxPatch, Polygon, Rectangle
from matplotlib.transforms import Affine2D

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "scenarios" / "pictures"
SETTINGS: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "singmuk"}
INK, GREY, FAINT, BLUE, PAPER = "#1a1a1a", "#5b616d", "#b5bac2", "#2f6690", "#fbfaf5"
SKIN, LIT, DIM, HAIR, CAST = "#dcb393", "#f6dcc4", "#a87c5c", "#33261f", "#8f9196"
WIDTH, HEIGHT = 5.0, 3.5
# The second font has the Chinese glyphs that the first lacks; in the file both become one general name.
SANS, MONO, SERIF = (["DejaVu " + name, "Noto Sans CJK HK"] for name in ("Sans", "Sans Mono", "Serif"))


def main() -> None:
    """Draw every picture of the list."""
    for number, spec in yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8")).items():
        target = PICTURES / f"deepfake-{number}.svg"
        target.write_text(svg(picture(int(number), spec)), encoding="utf-8")


def picture(number: int, spec: dict[str, Any]) -> Figure:
    """Return the picture that *spec* describes, with its *number* in the corner."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, WIDTH), ylim=(0.0, HEIGHT))
    axes.set_axis_off()
    _box(axes, 0.0, 0.0, WIDTH, HEIGHT, facecolor="#ffffff", edgecolor="none")
    draw = {"bars": _bars, "line": _line, "receipt": _receipt, "badge": _badge, "portrait": _portrait}
    draw[spec["sort"]](axes, spec, Random(number))
    _box(axes, 0.06, HEIGHT - 0.36, 1.25, 0.3, facecolor="#eef1f4", edgecolor="none")
    _write(axes, 0.12, HEIGHT - 0.21, f"Picture {number} 圖{number}", fontsize=10.5, color=GREY)
    return figure


def svg(figure: Figure) -> str:
    """Return *figure* as a small SVG whose text stays text."""
    buffer = io.StringIO()
    with rc_context(SETTINGS):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    # matplotlib names fonts of this machine; the reader's browser has its own.
    for name, family in {"Mono": "monospace", "Serif": "serif", "Sans": "sans-serif"}.items():
        text = re.sub(rf"font-family: '[^;\"]*{name}[^;\"]*", f"font-family: {family}", text)
    return text


def _bars(axes: Axes, spec: dict[str, Any], _: Random) -> None:
    left, bottom, width, height = _frame(axes, spec)
    floor, top = spec["floor"], max(spec["ticks"][-1], *(bar[-1] for bar in spec["bars"]))
    step = width / len(spec["bars"])
    for place, (label, value, *drawn) in enumerate(spec["bars"]):
        x = left + step * (place + 0.5)
        tall = height * ((drawn[0] if drawn else value) - floor) / (top - floor)
        _box(axes, x - 0.28, bottom, 0.56, tall, facecolor=BLUE, edgecolor="none")
        _write(axes, x, bottom + tall + 0.12, f"{value}", ha="center", fontsize=12)
        _write(axes, x, bottom - 0.17, label, ha="center", fontsize=10.5)
    _scale(axes, spec, (left, bottom, height), top)


def _line(axes: Axes, spec: dict[str, Any], _: Random) -> None:
    left, bottom, width, height = _frame(axes, spec)
    floor, top = spec["floor"], spec["ticks"][-1]
    step = width / len(spec["points"])
    spots = [
        (left + step * (place + 0.5), bottom + height * (value - floor) / (top - floor))
        for place, (_label, value) in enumerate(spec["points"])
    ]
    axes.plot(*zip(*spots, strict=True), color=BLUE, linewidth=2.5, marker="o")
    for (x, y), (label, value) in zip(spots, spec["points"], strict=True):
        _write(axes, x, y + 0.17, f"{value:,}", ha="center", fontsize=11)
        _write(axes, x, bottom - 0.17, label, ha="center", fontsize=11)
    _scale(axes, spec, (left, bottom, height), top)


def _frame(axes: Axes, spec: dict[str, Any]) -> tuple[float, float, float, float]:
    """Write title and note; return left, bottom, width and height of the plotting ground."""
    _write(axes, WIDTH / 2, 2.98, spec["title"], ha="center", fontsize=13, fontweight="bold")
    _write(axes, WIDTH / 2, 0.16, spec.get("note", ""), ha="center", fontsize=10.5, color=GREY)
    return 0.75, 0.62, 4.05, 1.95


def _scale(axes: Axes, spec: dict[str, Any], ground: tuple[float, float, float], top: float) -> None:
    left, bottom, height = ground
    axes.plot([left, left, 4.8], [bottom + height, bottom, bottom], color=GREY, linewidth=1)
    for tick in spec["ticks"]:
        y = bottom + height * (tick - spec["floor"]) / (top - spec["floor"])
        axes.plot([left - 0.06, left], [y, y], color=GREY, linewidth=1)
        _write(axes, left - 0.12, y, f"{tick:,}", ha="right", fontsize=11)


def _receipt(axes: Axes, spec: dict[str, Any], chance: Random) -> None:
    left, right, y = 0.95, 4.05, 2.92
    edge = [(left + 3.1 * n / 24, 0.1 + chance.uniform(0.0, 0.07)) for n in range(25)]
    axes.add_patch(
        Polygon([(left, 3.12), *edge, (right, 3.12)], closed=True, facecolor=PAPER, edgecolor=FAINT, linewidth=1)
    )
    _write(axes, 2.5, y, spec["shop"], ha="center", fontsize=12.5, fontweight="bold")
    _write(axes, 2.5, y - 0.27, spec["date"], ha="center", fontsize=11, color=GREY, family=MONO)
    y -= 0.62
    for label, amount, *face in spec["lines"]:
        _amount(axes, y, label, amount, serif=bool(face))
        y -= 0.31
    axes.plot([left + 0.15, right - 0.15], [y + 0.14, y + 0.14], color=GREY, linewidth=1, linestyle="--")
    y -= 0.06
    _amount(axes, y, *spec["total"], fontweight="bold")
    for label, amount in spec.get("after", []):
        y -= 0.29
        _amount(axes, y, label, amount, color=FAINT if spec.get("faded") and label.startswith("Change") else INK)
    if "scribble" in spec:
        _write(axes, 2.55, 0.38, spec["scribble"], fontsize=14, color="#2749a0", rotation=9)
    crease = chance.uniform(1.2, 1.9)
    axes.plot([left, right], [crease, crease + 0.06], color="#e3ded0", linewidth=1.2)


def _amount(axes: Axes, y: float, label: str, amount: str, *, serif: bool = False, **style: Any) -> None:
    """Write one line of a receipt; a *serif* amount is larger and stands off the line, as a pasted one does."""
    _write(axes, 1.12, y, label, fontsize=11.5, **style)
    face = {"family": SERIF, "fontsize": 15} if serif else {"family": MONO, "fontsize": 12}
    _write(axes, 3.88, y + (0.05 if serif else 0.0), amount, ha="right", **{**style, **face})


def _badge(axes: Axes, spec: dict[str, Any], chance: Random) -> None:
    axes.add_patch(
        FancyBboxPatch((0.5, 0.35), 4.0, 2.5, boxstyle="round,pad=0.12", facecolor=PAPER, edgecolor=GREY, linewidth=1.2)
    )
    _box(axes, 0.4, 2.45, 4.2, 0.42, facecolor=BLUE, edgecolor="none")
    _write(axes, 2.5, 2.66, spec["firm"], ha="center", fontsize=12.5, color="#ffffff", fontweight="bold")
    turn = Affine2D().rotate_deg_around(1.2, 1.55, spec.get("tilt", 0)) + axes.transData
    x, y, wide, tall = (0.74, 0.82, 1.32, 1.72) if spec.get("overlap") else (0.72, 0.95, 1.0, 1.25)
    if "tilt" not in spec:
        _box(axes, 0.72, 0.95, 1.0, 1.25, facecolor="none", edgecolor=GREY, linewidth=1)
    plain = ("#d9d9d9", "#9a9a9a", "#4a4a4a") if spec.get("grey") else ("#d5e3ec", SKIN, HAIR)
    ground = "#f2d9d0" if spec.get("overlap") else plain[0]
    rim = {"edgecolor": "#ffffff", "linewidth": 3} if spec.get("overlap") else {"edgecolor": GREY, "linewidth": 1}
    middle = x + wide / 2
    parts = [
        Rectangle((x, y), wide, tall, facecolor=ground, **rim),
        Ellipse((middle, y + 0.1), 0.78, 0.5, facecolor="#767b82" if spec.get("grey") else BLUE, edgecolor="none"),
        Ellipse((middle, y + tall * 0.62), 0.5, 0.62, facecolor=plain[2], edgecolor="none"),
        Ellipse((middle, y + tall * 0.56), 0.42, 0.54, facecolor=plain[1], edgecolor="none"),
    ]
    for part in parts:
        part.set_transform(turn)
        if part is not parts[0]:
            part.set_clip_path(parts[0])
        part.set_zorder(3)
        axes.add_patch(part)
    for place, line in enumerate(spec["name"]):
        _write(axes, 1.9, 2.12 - 0.27 * place, line, fontsize=13 if place == 0 else 12, fontweight="bold", zorder=2)
    _write(axes, 1.9, 1.5, spec["post"], fontsize=11.5, zorder=2)
    _write(axes, 1.9, 1.2, f"No. 編號 {spec['number']}", fontsize=12, zorder=2)
    bar = 1.9
    while bar < 4.2:
        thick = chance.choice([0.02, 0.035, 0.05])
        _box(axes, bar, 0.68, thick, 0.33, facecolor=INK, edgecolor="none")
        bar += thick + chance.choice([0.025, 0.045])
    _write(axes, 3.05, 0.52, spec["code"], ha="center", fontsize=11.5, family=MONO)
    if spec.get("worn"):
        for _ in range(3):
            x, y = chance.uniform(3.0, 4.2), chance.uniform(1.1, 2.2)
            axes.plot([x, x + 0.3], [y, y + 0.12], color="#dedad0", linewidth=1.2)


def _portrait(axes: Axes, spec: dict[str, Any], chance: Random) -> None:
    side = {"left": -1.0, "right": 1.0}
    lamp, lit, cast = side[spec["lamp"]], side[spec["lit"]], side[spec["shadow"]]
    _box(axes, 0.0, 0.0, WIDTH, HEIGHT, facecolor="#e9edf0", edgecolor="none")
    x, y = 2.5 + 1.95 * lamp, 2.6
    axes.add_patch(Circle((x, y), 0.2, facecolor="#ffd65a", edgecolor="#b98900", linewidth=1.2))
    for across, down in ((-0.42, -0.2), (-0.36, -0.42), (-0.16, -0.52)):
        axes.plot(
            [x + across * 0.62 * lamp, x + across * lamp], [y + down * 0.62, y + down], color="#b98900", linewidth=1.6
        )
    _write(axes, x, y + 0.38, "lamp 燈", ha="center", fontsize=11.5, color=GREY)
    for patch in (
        Ellipse((2.5 + 0.95 * cast, 1.75), 1.25, 1.75, facecolor=CAST),
        Ellipse((2.5 + 0.95 * cast, 0.1), 2.4, 1.5, facecolor=CAST),
        Ellipse((2.5, 0.05), 2.5, 1.5, facecolor="#3b5b73"),
        Rectangle((2.28, 0.6), 0.44, 0.5, facecolor=SKIN),
        Ellipse((2.5, 1.95), 1.45, 1.85, facecolor=HAIR),
    ):
        axes.add_patch(patch)
    face = Ellipse((2.5, 1.75), 1.2, 1.6, facecolor=SKIN, edgecolor="none")
    axes.add_patch(face)
    reach = 0.02 if spec.get("hard") else 0.28
    for toward, colour in ((lit, LIT), (-lit, "#6f4f3a" if spec.get("hard") else DIM)):
        patch = Rectangle((2.5 + (reach if toward > 0 else -reach - 0.8), 0.8), 0.8, 2.0, facecolor=colour)
        axes.add_patch(patch)
        patch.set_clip_path(face)
    for number, light in enumerate(spec["lights"]):
        x = 2.5 + (-0.27 if number == 0 else 0.27)
        axes.add_patch(Ellipse((x, 1.85), 0.27, 0.17, facecolor="#ffffff", edgecolor=INK, linewidth=1))
        axes.add_patch(Circle((x, 1.85), 0.085, facecolor=INK))
        axes.add_patch(Circle((x + 0.045 * side[light], 1.885), 0.034, facecolor="#ffffff"))
        lift = chance.uniform(0.0, 0.05)
        axes.plot([x - 0.15, x + 0.15], [2.06 + lift, 2.06 + lift], color=HAIR, linewidth=3)
        if spec.get("glasses"):
            axes.add_patch(Circle((x, 1.85), 0.23, facecolor="none", edgecolor=INK, linewidth=1.8))
    # The nose throws its small shadow to the side away from the light that falls on the face.
    axes.add_patch(Polygon([(2.5, 1.75), (2.5, 1.42), (2.5 - 0.2 * lit, 1.42)], closed=True, facecolor=DIM))
    axes.plot([2.32, 2.5, 2.68], [1.2, 1.17, 1.2], color="#8c3b34", linewidth=2.5)


def _box(axes: Axes, x: float, y: float, width: float, height: float, **style: Any) -> None:
    axes.add_patch(Rectangle((x, y), width, height, **style))


def _write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    usual = {"va": "center", "color": INK, "family": SANS, "zorder": 4}
    axes.text(x, y, text, **{**usual, **style})


if __name__ == "__main__":
    main()
