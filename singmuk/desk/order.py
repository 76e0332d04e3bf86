"""The order in which assignments stand on *my course* and in the trainer's room: that of the book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from singmuk.desk.releases import Release


def in_order(releases: Iterable[Release], contents: Mapping[str, Any]) -> list[Release]:
    """Return *releases* in the order of the book whose *contents* these are; what it does not name comes after.

    A test that only compares is taken before the first part, and every further one after the last.
    """
    named = [name for part in contents.get("parts", []) for name in part["assignments"]]
    found = sorted(releases, key=lambda one: (named.index(one.name) if one.name in named else len(named), one.name))
    compared = [one for one in found if measures(one) and one.name in named]
    return [*compared[:1], *(one for one in found if one not in compared), *compared[1:]]


def measures(release: Release) -> bool:
    """Return whether nobody passes or fails in *release*: its points are there to compare with."""
    return bool(release.content["pass_mark"].get("compare"))
