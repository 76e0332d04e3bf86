"""What the room shows: an assignment's steps and a job in words, and its pages from templates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from singmuk.desk.releases import Release
from singmuk.desk.room.counts import Counts
from singmuk.desk.room.jobs import Job
from singmuk.face import desk as face

HERE = Path(__file__).parent
LOGO = Path(face.__file__).parent / "logo.svg"


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return every word of the room, by group and name."""
    read: dict[str, Any] = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
    return read


def say(place: str, language: str, **values: object) -> str:
    """Return the words at *place* ("step.collect") in *language*, filled with *values*."""
    group, name = place.split(".")
    text = str(words()[group][name][language])
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", f"{value:,}" if isinstance(value, int) else str(value))
    return text


@lru_cache(maxsize=1)
def assets() -> dict[str, tuple[str, str]]:
    """Return the files that pages ask for by name: what is in them, and what they are."""
    return {
        "desk.css": (face.style(), "text/css"),
        "room.css": ((HERE / "room.css").read_text(encoding="utf-8"), "text/css"),
        "room.js": ((HERE / "room.js").read_text(encoding="utf-8"), "text/javascript"),
        "logo.svg": (LOGO.read_text(encoding="utf-8"), "image/svg+xml"),
    }


def asset(file: str, base: str = "/") -> str:
    """Return the address of *file* below *base*, another one when its content is another."""
    return f"{base}static/{file}?v={hashlib.sha256(assets()[file][0].encode('utf-8')).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the templates; what is filled in is escaped, and what is missing is a fault."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One thing that a trainer does: whether it can be done now, and what is to be said of it."""

    name: str
    note: str
    ready: bool
    next: bool = False


def steps(counts: Counts, *, again: bool, formgrader: bool, language: str) -> list[Step]:
    """Return the four steps of an assignment; *again*: newer submissions than the graded ones are in."""

    def tell(place: str, count: int = 0) -> str:
        return say(f"step.{place}", language, count=count)

    ungraded = max(0, counts.collected - counts.graded)
    unreleased = max(0, counts.final - (counts.released or 0))
    collect = "collect-all"
    if counts.handed_in is None:
        collect = "collect-offline"
    elif counts.to_collect:
        collect = "collect-some"
    elif not counts.handed_in and not counts.collected:
        collect = "collect-none"
    grade = "grade-all" if counts.collected else "grade-none"
    if ungraded:
        grade = "grade-some"
    elif again and counts.collected:
        grade = "grade-again"
    read = "read-none" if counts.graded else "read-early"
    if counts.waiting:
        read = "read-one" if counts.waiting == 1 else "read-some"
        read = read if formgrader else "read-closed"
    release = "release-all" if counts.final else "release-wait"
    if counts.handed_in is None:
        release = "release-offline"
    elif not counts.graded:
        release = "release-none"
    elif unreleased:
        release = "release-some"
    due = {
        "collect": counts.to_collect > 0,
        "grade": grade in ("grade-some", "grade-again"),
        "read": counts.waiting > 0,
        "release": release == "release-some",
    }
    first = next((name for name, wanted in due.items() if wanted), "")
    return [
        Step("collect", tell(collect, counts.to_collect), True, first == "collect"),
        Step("grade", tell(grade, ungraded), counts.collected > 0, first == "grade"),
        Step("read", tell(read, counts.waiting), formgrader and counts.graded > 0, first == "read"),
        Step(
            "release", tell(release, unreleased), counts.graded > 0 and counts.handed_in is not None, first == "release"
        ),
    ]


def figures(counts: Counts, language: str) -> list[dict[str, str]]:
    """Return the numbers of an assignment with their words."""
    found = {
        "begun": counts.begun,
        "handed-in": counts.handed_in,
        "collected": counts.collected,
        "graded": counts.graded,
        "waiting": counts.waiting,
        "released": counts.released,
    }
    return [
        {
            "name": name,
            "word": say(f"card.{name}", language),
            "count": "–" if count is None else f"{count:,}",
            "spoken": say("card.unknown", language) if count is None else f"{count:,}",
        }
        for name, count in found.items()
    ]


def share(counts: Counts, language: str) -> str:
    """Return the words on how many passed, which tell of nobody."""
    if counts.share is None:
        return say("card.share-few", language)
    name = {95: "share-high", 5: "share-low"}.get(counts.share, "share")
    return say(f"card.{name}", language, share=counts.share, count=counts.final)


def card(release: Release, counts: Counts, job: Job | None, language: str, **more: Any) -> dict[str, Any]:
    """Return what the card of an assignment shows."""
    content = release.content
    facts = say(
        "card.facts", language, items=len(release.items), points=f"{content['points']:g}",
        needed=f"{content['pass_mark']['points']:g}",
    )  # fmt: skip
    return {
        "name": release.name,
        "title": content["title"][language],
        "facts": facts,
        "figures": figures(counts, language),
        "share": "" if content["pass_mark"].get("compare") else share(counts, language),
        "steps": steps(counts, language=language, again=more["again"], formgrader=bool(more["formgrader"])),
        "regrade": counts.graded > 0,
        "job": told(job, language, more["log"]) if job else None,
    }


def told(job: Job, language: str, log: str) -> dict[str, Any]:
    """Return how far the *job* is, in words and as numbers."""
    return {
        "id": job.id,
        "state": job.state,
        "over": job.over,
        "title": say(f"job.{'look' if job.asked.get('look') else job.action}{_END.get(job.state, '')}", language),
        "done": job.done,
        "of": job.of,
        "lines": list(_lines(job, language, log)),
        # What a program says of itself is in English; every second part is a command or a name.
        "fault": job.fault.split("`") if job.state == "failed" and job.fault else [],
    }


_END = {"done": "-done", "failed": "-failed", "stopped": "-failed"}


def _lines(job: Job, language: str, log: str) -> Iterator[str]:
    if job.state == "waiting":
        yield say("job.waiting", language)
    elif job.state == "running":
        yield say("job.progress", language, done=job.done, of=job.of) if job.of else say("job.begun", language)
    elif job.state == "stopped":
        yield say("job.stopped", language)
    elif job.state == "failed" and not job.fault:
        yield say("job.unexpected", language, log=log)
    for key, values in job.told:
        yield say(key, language, **values)
