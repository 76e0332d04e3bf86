"""What the desk keeps: responses, hand-ins, what was released; by participants' numbers, without names."""

from __future__ import annotations

from singmuk.desk.store.desk import Desk
from singmuk.desk.store.engine import StoreError, open_engine
from singmuk.desk.store.office import Office
from singmuk.desk.store.rows import Entry, FeedbackRow, HandIn, Progress, Saved, Sitting

__all__ = [
    "Desk",
    "Entry",
    "FeedbackRow",
    "HandIn",
    "Office",
    "Progress",
    "Saved",
    "Sitting",
    "StoreError",
    "open_office",
    "open_store",
]


def open_store(url: str) -> Desk:
    """Return the store in the database at *url*, for the desk; raise `StoreError`."""
    return Desk(open_engine(url))


def open_office(url: str) -> Office:
    """Return the store in the database at *url*, for the trainer's side; raise `StoreError`."""
    return Office(open_engine(url))
