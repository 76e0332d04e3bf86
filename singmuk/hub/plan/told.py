"""A plan and its runbook as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from singmuk.hub.plan import Plan
from singmuk.hub.plan.asked import Ask
from singmuk.hub.plan.runbook import Step


def opening(ask: Ask) -> str:
    """Return what is planned in one sentence."""
    seats = f", {ask.seats:.0%} of those in seats ({ask.seated:,})" if ask.seats else ", all on the desk's pages"
    return (
        f"{ask.people:,} people, {ask.peak:.0%} there at once ({ask.present:,}){seats}; they come within "
        f"{ask.minutes:g} minutes, stay for {ask.stay:g} and save {ask.saves:g} answers. "
        f"Everything is {ask.margin:g} times what was measured."
    )


def markdown(plan: Plan, steps: Sequence[Step]) -> str:
    """Return the *plan* with the runbook's *steps*."""
    told = ["# What the campaign takes", "", opening(plan.ask), "", "| | | | how |", "| --- | --- | ---: | --- |"]
    for part, lines in groupby(plan.lines, key=lambda line: line.part):
        for number, line in enumerate(lines):
            told.append(f"| {part if not number else ''} | {line.text} | {line.shown} | {line.how} |")
    told += ["", "## Beware", "", *(f"- {warning}" for warning in plan.warnings)]
    told += ["", "## The first hour"]
    for when, some in groupby(steps, key=lambda step: step.when):
        told += ["", f"### {when}", "", *(item(step) for step in some)]
    told += ["", "## Where the figures are from", "", *(f"- {remark}" for remark in plan.remarks)]
    return "\n".join(told) + "\n"


def item(step: Step) -> str:
    """Return *step* as an item of a list."""
    told = [f"- **{step.do}** {step.why}"]
    if step.look:
        told.append(f"  Look at: {step.look}.")
    if step.act:
        told.append(f"  Act: {step.act}.")
    return "\n".join(told)
