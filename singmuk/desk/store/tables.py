"""The desk's tables: responses as data, hand-ins that are only ever added, nothing that names anybody."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

#: What a participant chose, an item a row; `revision` grows with each change of theirs in the assignment.
responses = Table(
    "responses",
    metadata,
    Column("participant", String(64), primary_key=True),
    Column("assignment", String(80), primary_key=True),
    Column("release", String(64), primary_key=True),
    Column("item", String(80), primary_key=True),
    Column("response", Text, nullable=False),  # JSON
    Column("first", Text, nullable=False),  # JSON
    Column("confidence", Integer),
    Column("day", Date, nullable=False),
    Column("revision", Integer, nullable=False),
)

#: The language in which a participant last changed something.
sittings = Table(
    "sittings",
    metadata,
    Column("participant", String(64), primary_key=True),
    Column("assignment", String(80), primary_key=True),
    Column("release", String(64), primary_key=True),
    Column("language", String(2), nullable=False),
)

#: Every hand-in as the file that travels; rows are added and never changed.
handins = Table(
    "handins",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("participant", String(64), nullable=False),
    Column("assignment", String(80), nullable=False),
    Column("number", Integer, nullable=False),
    Column("release", String(64), nullable=False),
    Column("at", DateTime, nullable=False),  # UTC, to the second
    Column("answered", Integer, nullable=False),
    Column("items", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("token", String(64), nullable=False),  # of the press of the button: a retry is no second hand-in
    Column("content", Text, nullable=False),
    UniqueConstraint("participant", "assignment", "number"),
    UniqueConstraint("participant", "assignment", "token"),
)

#: Who was shown which text on what is collected.
notices = Table(
    "notices",
    metadata,
    Column("participant", String(64), primary_key=True),
    Column("sha256", String(64), primary_key=True),
)

#: What a trainer released: the page, compressed, and what was earned.
feedback = Table(
    "feedback",
    metadata,
    Column("participant", String(64), primary_key=True),
    Column("assignment", String(80), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("page", LargeBinary, nullable=False),
    Column("points", Float, nullable=False),
    Column("of", Float, nullable=False),
    Column("passed", Boolean),
)
