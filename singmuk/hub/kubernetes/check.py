"""All that can be said of values for the chart before a cluster sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from singmuk.faults import Fault
from singmuk.hub.kubernetes import access, chart, files, secret, sizes, traits

#: What must be groups of fields, whatever else they are.
GROUPS = (("hub",), ("singleuser",), ("hub", "config"), ("hub", "services"), ("hub", "loadRoles"))
NO_GROUP = "must be a group of fields; write them below it, indented"


def check(paths: Sequence[Path], schema: dict[str, Any] | None = None) -> list[Fault]:
    """Return every fault in the values of *paths*, a later file over an earlier one, in the order of their lines.

    *schema* is the chart's own; without it, names outside hub.config are not looked at.
    """
    values = files.read(paths)
    found = list(values.faults)
    if values.data:
        if schema is not None:
            found += chart.faults(values, schema)
        found += [values.at(place, NO_GROUP) for place in GROUPS if not isinstance(values.get(*place), dict | None)]
        for part in (traits, access, sizes, secret):
            found += part.faults(values)
    return sorted(set(found))
