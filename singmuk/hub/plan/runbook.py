"""The runbook of the first hour: what to do, what to look at, at what number to act, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import yaml

from singmuk.hub.plan import Plan

PLACE = re.compile(r"\{([a-z-]+)\}")


@dataclass(frozen=True)
class Step:
    """One thing to do, with its reason; *act* says at what number, and how."""

    when: str
    do: str
    why: str
    look: str = ""
    act: str = ""

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def runbook(plan: Plan) -> list[Step]:
    """Return the steps for *plan*, in order; what is about seats is there when there are seats."""
    shown = {line.name: line.shown.removesuffix(line.unit).strip() for line in plan.lines}
    return [
        Step(when, **{name: _filled(text, shown) for name, text in step.items() if name != "seats"})
        for when, step in _steps()
        if plan["seats"] or not step.get("seats")
    ]


def _steps() -> Iterator[tuple[str, dict[str, Any]]]:
    text = resources.files(__package__).joinpath("runbook.yml").read_text(encoding="utf-8")
    for part in yaml.safe_load(text):
        for step in part["steps"]:
            yield part["when"], step


def _filled(text: str, shown: dict[str, str]) -> str:
    return PLACE.sub(lambda found: shown[found[1]], text)
