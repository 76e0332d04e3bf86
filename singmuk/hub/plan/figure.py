"""The picture of a plan: processors and memory by the number of people, on the desk's pages and in seats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from singmuk.hub.plan import plan
from singmuk.hub.plan.asked import Ask
from singmuk.hub.plan.measured import Measured

ROUTES = {"on the desk's pages": 0.0, "in seats": 1.0}
SIDES = {"Processors (cores)": "machine-cores", "Memory (GB)": "machine-gb"}


def sizes(people: int) -> list[int]:
    """Return the numbers of people that are drawn: from 100 to ten times *people*, three in each power of ten."""
    steps = sorted({factor * 10**power for power in range(2, 8) for factor in (1, 2, 5)} | {people})
    return [step for step in steps if 100 <= step <= max(10 * people, 1_000)] or [people]


def needs(ask: Ask, measured: Measured, people: Sequence[int], seats: float, line: str) -> list[float]:
    """Return the value of the *line* for each number of *people* when the share *seats* has seats."""
    return [plan(replace(ask, people=count, seats=seats), measured)[line] for count in people]


def figure(ask: Ask, measured: Measured) -> Figure:
    """Draw what all take on the desk's pages, and what they take in seats; this plan's own people are a line."""
    people = sizes(ask.people)
    drawn = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (label, line) in zip(drawn.subplots(1, 2), SIDES.items(), strict=True):
        for route, share in ROUTES.items():
            axes.plot(people, needs(ask, measured, people, share, line), marker="o", markersize=3, label=f"all {route}")
        if 0 < ask.seats < 1:
            mixed = needs(ask, measured, people, ask.seats, line)
            axes.plot(people, mixed, marker="o", markersize=3, label=f"{ask.seats:.0%} in seats")
        axes.axvline(ask.people, linestyle="--", linewidth=1, color="0.4")
        axes.set(xscale="log", yscale="log", xlabel="People invited", ylabel=label)
        axes.grid(visible=True, which="major", linewidth=0.4)
        axes.legend(fontsize="small")
    drawn.suptitle(
        f"{ask.peak:.0%} there at once, {ask.margin:g} times what was measured on {measured.hub.date}",
        fontsize="medium",
    )
    return drawn
