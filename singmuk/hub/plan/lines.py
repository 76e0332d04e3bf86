"""A line of a plan: one figure, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One thing that it takes."""

    part: str
    name: str
    text: str
    value: float
    unit: str
    how: str

    @property
    def shown(self) -> str:
        """Return the value as people read it."""
        return f"{number(self.value)} {self.unit}".strip().replace(" /s", "/s")

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "part": self.part,
            "name": self.name,
            "text": self.text,
            "value": round(self.value, 6),
            "unit": self.unit,
            "how": self.how,
        }


def number(value: float) -> str:
    """Return *value* with as many digits as matter."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
