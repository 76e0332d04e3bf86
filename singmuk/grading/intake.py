"""Take in what was handed in: keep every original, put the newest that holds into submitted/, say what was refused."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from singmuk import responses
from singmuk.faults import shown
from singmuk.grading.pieces import NOTEBOOK_ALONE, Piece
from singmuk.grading.store import IntakeError, Places, Store, places
from singmuk.grading.whose import AHEAD, ID, ID_RULE, stamp_of
from singmuk.responses import NAME, ResponsesError

__all__ = ["IntakeError", "Places", "Refusal", "Report", "places", "take"]

#: Where the refused of nobody go; no id begins so.
NOBODY = "+nobody"
_OLDEST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Refusal:
    """What was not taken, and why; every text in it is safe to show."""

    place: str
    student: str
    reasons: tuple[str, ...]


@dataclass
class Report:
    """What a run did: participants by what became of their submission, and everything that was refused."""

    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    #: Nothing newer came; of the `older` something came that is older than what stands.
    same: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Files that were written; 0 when everything was there before.
    written: int = 0


@dataclass(frozen=True)
class _Valid:
    """A submission that holds, its original kept."""

    time: datetime
    text: bytes
    piece: Piece
    fresh: bool


def take(
    pieces: Iterable[Piece],
    where: Places,
    *,
    due: datetime | None = None,
    now: datetime | None = None,
    track: Callable[[list[str]], Iterable[str]] = iter,
) -> Report:
    """Take in the *pieces* and return what became of them.

    The newest that holds stands in submitted/; with *due*, one handed in until then goes before a later one. A
    second run changes nothing. Raises `IntakeError` when the disk refuses; the next run then completes.
    """
    store = Store(where)
    run = _Run(store, due, (now or datetime.now(UTC)) + AHEAD)
    by_student: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_student[piece.student].append(piece)
    try:
        with store.alone():
            twins = _twins(store.known(), by_student)
            for student in track(sorted(by_student)):
                run.take(student, by_student[student], twins.get(student))
            if store.written:
                os.sync()  # once, so that what is said to be in is on the disk
    except OSError as fault:
        raise IntakeError(
            f"{fault.filename or where.intake}: cannot be written: {fault.strerror or fault}; "
            "make room or mend its permissions and run again; nothing that was taken in is lost"
        ) from fault
    run.report.written = store.written
    return run.report


def _twins(known: Mapping[str, set[str]], coming: Iterable[str]) -> dict[str, str]:
    """Return by id one that differs from it in case only: one person written twice, one folder on some disks.

    What is known already stays; of two that come at once neither is taken.
    """
    spelt: dict[str, set[str]] = defaultdict(set)
    for student in coming:
        spelt[student.casefold()].add(student)
    found = {}
    for key, students in spelt.items():
        before = known.get(key, set())
        for student in students - before:
            if others := before or students - {student}:
                found[student] = min(others)
    return found


class _Run:
    """One run of the intake."""

    def __init__(self, store: Store, due: datetime | None, latest: datetime) -> None:
        self.store, self.due, self.latest, self.report = store, due, latest, Report()

    def take(self, student: str, pieces: list[Piece], twin: str | None) -> None:
        """Take in all that one participant sent."""
        fault = None
        if not ID.fullmatch(student):
            fault = f"{shown(student, 60)} is no participant's id ({ID_RULE}); rename it" if student else ""
        elif twin:
            fault = f"{student} differs from {shown(twin, 60)} in case only; give one person one id"
        elif self.store.linked(student):
            fault = f"submitted/{student} is a link; put a folder in its place"
        # A notebook beside the responses is no fault, and is passed over.
        sent = [piece for piece in pieces if piece.kind == "responses"] or pieces
        valid = []
        for piece in sorted(sent, key=lambda piece: (piece.time or _OLDEST, piece.place)):
            if fault is not None:
                self._refuse(piece, (*piece.faults, fault))
            elif found := self._read(piece):
                valid.append(found)
        if valid:
            self._settle(student, valid)

    def _read(self, piece: Piece) -> _Valid | None:
        """Return what *piece* holds, its original kept; None when it is refused."""
        content: bytes | None = None
        reasons = piece.faults or tuple(self._unfit(piece))
        try:
            content = piece.read() if piece.read else None
            if content is not None and piece.time and not reasons:
                found = responses.parse(content)
                responses.check(found, self.store.where.release)
                fresh = self.store.receive(piece.student, content, piece.time)
                if piece.note and fresh:
                    self.report.notes.append(f"{shown(piece.place)}: {shown(piece.note)}")
                return _Valid(piece.time, found.text().encode("utf-8"), piece, fresh)
        except ResponsesError as fault:
            reasons = (*reasons, *fault.reasons)
        self._refuse(piece, reasons, content)
        return None

    def _unfit(self, piece: Piece) -> Iterable[str]:
        if piece.kind == "notebook":
            yield NOTEBOOK_ALONE
        elif piece.kind == "other":
            yield f"is no {NAME}; send the file that the assignment's page saved"
        elif piece.time is None:
            yield "has no time that can be read; save it anew"
        elif piece.time > self.latest:
            yield f"is from the future ({stamp_of(piece.time)}); set the clock right and hand in again"

    def _refuse(self, piece: Piece, reasons: tuple[str, ...], content: bytes | None = None) -> None:
        """Tell of what was refused, and keep its bytes with the reasons beside them."""
        if content is None and piece.read:
            with contextlib.suppress(ResponsesError):
                content = piece.read()
        told = tuple(shown(reason, 400) for reason in dict.fromkeys(reasons) if reason)
        refusal = Refusal(shown(piece.place), shown(piece.student, 64), told)
        self.report.refused.append(refusal)
        folder = piece.student if ID.fullmatch(piece.student) else NOBODY
        self.store.refuse(folder, refusal.place, told, content)

    def _settle(self, student: str, valid: list[_Valid]) -> None:
        """Bring submitted/STUDENT/NAME to the newest of what stands there and what was sent."""
        standing = self.store.standing(student, {one.text for one in valid})
        time, text = (standing.time, standing.text) if standing else (_OLDEST, b"")
        chosen: _Valid | None = None
        for one in sorted(valid, key=lambda one: (self._in_time(one.time), one.time, one.text)):
            if (standing is None and chosen is None) or self._before(time, text, one):
                chosen, time, text = one, one.time, one.text
        secret = chosen.piece.secret() if chosen else standing.secret if standing else None
        self.store.submit(student, text, time, secret)
        fresh = any(one.fresh for one in valid)
        report = self.report
        ((report.replaced if standing else report.new) if chosen else (report.older if fresh else report.same)).append(
            student
        )

    def _in_time(self, time: datetime) -> bool:
        return self.due is not None and time <= self.due

    def _before(self, time: datetime, text: bytes, one: _Valid) -> bool:
        """Return whether *one* goes before what has *time* and *text*."""
        in_time = (self._in_time(one.time), self._in_time(time))
        if one.text == text or in_time[0] != in_time[1]:
            return in_time > in_time[::-1]  # the same again is no newer submission: it makes nobody late
        return (one.time, one.text) > (time, text)
