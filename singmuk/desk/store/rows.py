"""The rows of the desk's tables as values, and how a row is put in its place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from singmuk.desk.store.engine import refusal


@dataclass(frozen=True)
class Entry:
    """What is kept of one item; `revision` tells which change it was."""

    response: Any
    first: Any
    confidence: int | None
    day: date
    revision: int


@dataclass(frozen=True)
class Sitting:
    """What a participant has answered in one release, and in which language."""

    entries: dict[str, Entry]
    language: str | None
    revision: int  # the newest change


@dataclass(frozen=True)
class Saved:
    """What was kept by one save, and the newest change."""

    entries: dict[str, Entry]
    revision: int


@dataclass(frozen=True)
class HandIn:
    """One hand-in: whose, when (UTC), and the file that was handed in."""

    participant: str
    assignment: str
    release: str
    number: int
    at: datetime
    answered: int
    of: int
    sha256: str
    text: str


@dataclass(frozen=True)
class Progress:
    """How many participants have come how far in an assignment."""

    begun: int
    handed_in: int
    feedback: int


@dataclass(frozen=True)
class FeedbackRow:
    """What is released to one participant; `passed` is None while a text waits for a trainer."""

    participant: str
    html: str
    points: float
    of: float
    passed: bool | None


def ask(engine: Engine, what: Select[Any]) -> list[Row[Any]]:
    """Return the rows that *what* selects; raise `StoreError`."""
    try:
        with engine.connect() as connection:
            return list(connection.execute(what))
    except SQLAlchemyError as fault:
        raise refusal(fault) from fault


def digest(text: str) -> str:
    """Return the SHA-256 of *text*."""
    return sha256(text.encode("utf-8")).hexdigest()


def put(connection: Connection, table: Any, keys: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert or replace the row with *keys*."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    asked = make(table).values(**keys, **values)
    connection.execute(
        asked.on_conflict_do_update(index_elements=list(keys), set_=values)
        if values
        else asked.on_conflict_do_nothing(index_elements=list(keys))
    )


def entry(row: Row[Any]) -> Entry:
    """Return the entry in a *row* of responses."""
    return Entry(json.loads(row.response), json.loads(row.first), row.confidence, row.day, row.revision)


def handin(row: Row[Any]) -> HandIn:
    """Return the hand-in in a *row* of hand-ins."""
    return HandIn(
        participant=row.participant,
        assignment=row.assignment,
        release=row.release,
        number=row.number,
        at=row.at.replace(tzinfo=UTC),
        answered=row.answered,
        of=row.items,
        sha256=row.sha256,
        text=row.content,
    )
