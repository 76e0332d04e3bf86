"""Read one file of values or several, as Helm does: what a later one says of a place counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from singmuk import yaml_lines
from singmuk.faults import Fault, dotted
from singmuk.lang import Path as Place

WHOLE = "values"


@dataclass
class Values:
    """What the files say together, and in which line of which file."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, tuple[str, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    first: str = ""

    def at(self, place: Place, message: str) -> Fault:
        """Return the fault that *message* is, with the line of *place* or of what stands nearest around it."""
        near = place
        while near and near not in self.lines:
            near = near[:-1]
        file, line = self.lines.get(near, (self.first, 1))
        return Fault(file, line, dotted(place, WHOLE), message)

    def get(self, *place: str) -> Any:
        """Return what stands at *place*, None where nothing does."""
        found: Any = self.data
        for step in place:
            found = found.get(step) if isinstance(found, dict) else None
        return found

    def group(self, *place: str) -> dict[str, Any]:
        """Return the fields at *place*; empty where there are none."""
        found = self.get(*place)
        return found if isinstance(found, dict) else {}


def read(files: Sequence[Path]) -> Values:
    """Return what *files* say; what cannot be read becomes a fault."""
    values = Values(first=str(files[0]) if files else "")
    for path in files:
        document = yaml_lines.read(path)
        for line, place, text in document.faults:
            said = text.replace(SCENARIO, "the chart's own values")
            values.faults.append(Fault(str(path), line, dotted(place, WHOLE), said))
        if isinstance(document.data, dict):
            _over(values.data, document.data)
            values.lines |= {place: (str(path), line) for place, line in document.lines.items()}
        elif document.data is not None:
            values.faults.append(Fault(str(path), 1, WHOLE, "must be a group of fields, such as hub: and singleuser:"))
    return values


#: The reader's advice is for authors of scenarios.
SCENARIO = "another scenario"


def _over(below: dict[str, Any], above: dict[str, Any]) -> None:
    """Put *above* over *below*: groups are joined, nothing (null) takes away, anything else is replaced."""
    for name, value in above.items():
        if value is None and name in below:
            del below[name]
        elif isinstance(value, dict) and isinstance(below.get(name), dict):
            _over(below[name], value)
        else:
            below[name] = value
