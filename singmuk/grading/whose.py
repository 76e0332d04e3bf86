"""Whose a file is and when it was sent: what names and times mean, none of which is to be trusted."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.utils import parse_utc

from singmuk.faults import shown
from singmuk.responses import ResponsesError

#: A participant's id: it becomes the name of a folder.
ID = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9._@-]{0,63}")
ID_RULE = "letters, digits, . - _ @, at most 64, beginning with none of . and -"
#: How a learning management system names what it hands out: name, number, which upload.
LMS = re.compile(r"(?P<name>.+)_(?P<number>\d{1,20})_assignsubmission_[a-z]+_?")
_COPY = re.compile(r" ?\(\d{1,3}\)$")  # what a browser adds to a second download
_FLAT = (re.compile(r"responses[-_ ](?P<id>.+)"), re.compile(r"(?P<id>.+)[-_ ]responses"))
_STAMP = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: (?P<zone>[A-Z]{1,5}|[+-]\d\d(?::?\d\d)?))?"
    r"(?:\+[A-Za-z0-9_=-]{1,64})?"
)
#: Clocks differ; a time further ahead would keep every later submission out.
AHEAD = timedelta(days=1)


def owner(folders: tuple[str, ...], file: str, assignment: str, roster: Mapping[str, str] | None) -> str:
    """Return the id of the participant who sent *file*, which lies in *folders* below what was collected.

    The folder counts before the file's name, which its sender chose. Raises `ResponsesError`.
    """
    kept = [folder for folder in folders if folder != assignment]
    if len(kept) > 1:
        raise ResponsesError(f"lies too deep; put it into a folder named by the participant's id, {kept[0]!r} or other")
    if kept:
        return identify(kept[0], roster)
    stem = _COPY.sub("", file.rpartition(".")[0])
    token = next((found["id"] for found in (rule.fullmatch(stem) for rule in _FLAT) if found), stem)
    token = token.removesuffix(f"-{assignment}").removesuffix(f"_{assignment}")
    if token in ("responses", assignment):
        raise ResponsesError("does not say whose it is; put it into a folder named by the participant's id")
    return identify(token, roster)


def identify(token: str, roster: Mapping[str, str] | None) -> str:
    """Return the participant's id that a folder's or file's name *token* stands for; raise `ResponsesError`."""
    found = LMS.fullmatch(token)
    if roster is None:
        return found["number"] if found else token
    for name in (token, found["number"] if found else "", found["name"] if found else ""):
        if name in roster:
            return roster[name]
    if token in roster.values():
        return token
    raise ResponsesError("is from nobody in the roster; add a line for it")


def roster(path: Path) -> dict[str, str]:
    """Return the participant's id by name as sent, from a CSV file with the columns `name` and `id`.

    Raises `ValueError` that says where, what and what to do.
    """
    found: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        if not {"name", "id"} <= set(lines.fieldnames or ()):
            raise ValueError(f"{path}:1: needs the columns name and id; write `name,id` as its first line")
        for line in lines:
            name, student = (line["name"] or "").strip(), (line["id"] or "").strip()
            if not ID.fullmatch(student):
                raise ValueError(f"{path}:{lines.line_num}: {shown(student)!r} is no id; use {ID_RULE}")
            if found.get(name, student) != student:
                raise ValueError(f"{path}:{lines.line_num}: {shown(name)!r} has two ids; keep one")
            found[name] = student
    return found


def time_of(stamp: str, zone: str = "UTC") -> datetime | None:
    """Return the time in UTC that *stamp* (of a folder of the exchange, or a timestamp.txt) names, None for none.

    An abbreviation such as HKT is that of the exchange's *zone*; otherwise nbgrader's own reading counts.
    """
    found = _STAMP.fullmatch(stamp.strip())
    if not found:
        return None
    name = found["zone"] or "UTC"
    try:
        if name[0] in "+-":
            return _sensible(datetime.fromisoformat(f"{found['time']}{name}").astimezone(UTC))
        local = datetime.fromisoformat(found["time"])
        with contextlib.suppress(KeyError, ValueError, OSError):
            there = local.replace(tzinfo=ZoneInfo(zone))
            if there.tzname() == name:
                return _sensible(there.astimezone(UTC))
        read: datetime = parse_utc(f"{local:%Y-%m-%d %H:%M:%S.%f} {name}")
        return _sensible(read.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _sensible(time: datetime) -> datetime | None:
    """Return *time*, None when it is older than any submission: nobody wrote it."""
    return time if time.year >= 2000 else None


def stamp_of(time: datetime) -> str:
    """Return *time* as nbgrader writes it into timestamp.txt."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def from_disk(nanoseconds: int) -> datetime | None:
    """Return a file's time of change in UTC, None when it is no time at which a file was written."""
    try:
        return _sensible(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000))
    except OverflowError:
        return None
