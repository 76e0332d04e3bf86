"""What passes between the processes: a submission to mark, and what it earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache

from nbgrader.utils import parse_utc


class Fate(Enum):
    """What became of a submission."""

    GRADED = "graded"
    UNCHANGED = "unchanged"  # graded before, from the same responses with the same key
    HELD = "held"  # graded before, and the same responses now earn other points: for `singmuk regrade`
    NEWER = "newer"  # not what was graded before: for `singmuk grade`
    REFUSED = "refused"  # cannot be graded; `why` says what to do


@dataclass(frozen=True)
class Before:
    """From what a submission was graded the last time, and its automatic points by cell."""

    release: str  # of the responses that were graded, empty when they could not be taken
    responses: str | None  # None: nbgrader graded it; what it graded lies beside the graded notebook
    handed_in: str
    version: str
    points: Mapping[str, float | None] | None = None  # only asked for when the version differs


@dataclass(frozen=True)
class Sheet:
    """A submission to mark: whose, when it is due, and what is known of the last time."""

    student: str
    due: str
    before: Before | None


@dataclass(frozen=True)
class Mark:
    """What a submission earned: automatic points by cell, None where a trainer has to mark."""

    student: str
    fate: Fate
    points: Mapping[str, float | None]
    release: str = ""
    responses: str = ""
    handed_in: str = ""
    version: str = ""
    before: str = ""  # the version of the last time
    timestamp: str | None = None
    why: str = ""  # why it was refused, or earned nothing


@lru_cache(maxsize=4096)
def time_of(stamp: str) -> datetime | None:
    """Return the time in UTC that *stamp* names, as nbgrader reads it."""
    read: datetime | None = parse_utc(stamp)
    return read
