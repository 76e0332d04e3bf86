"""What the desk does for a participant: reads at once, writes through one thread that commits what waits together."""

from __future__ import annotations

import json
import zlib
from concurrent.futures import Future
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select

from singmuk.desk.store.rows import Entry, HandIn, Saved, Sitting, ask, digest, entry, handin, put
from singmuk.desk.store.tables import feedback, handins, notices, responses, sittings
from singmuk.desk.store.writer import Writer


class Desk:
    """Reads at once, writes through one thread that commits what waits together."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = Writer(engine)

    def close(self) -> None:
        """Write what waits and let the database go."""
        self._writer.close()
        self.engine.dispose()

    def _read(self, what: Select[Any]) -> list[Row[Any]]:
        return ask(self.engine, what)

    def alive(self) -> None:
        """Return when the database answers; raise `StoreError`."""
        self._read(select(1))

    def sitting(self, participant: str, assignment: str, release: str) -> Sitting:
        """Return what *participant* has answered in this *release*."""
        rows = self._read(_mine(participant, assignment, release))
        entries = {row.item: entry(row) for row in rows if row.release == release}
        language = rows[0].language if rows else None
        return Sitting(entries, language, max((row.revision for row in rows), default=0))

    def older(self, participant: str, assignment: str, release: str) -> dict[str, Entry]:
        """Return what *participant* answered in other releases, of each item the newest; empty when there is none."""
        rows = [row for row in self._read(_mine(participant, assignment, release)) if row.release != release]
        return {row.item: entry(row) for row in sorted(rows, key=lambda row: row.revision)}

    def save(
        self, participant: str, assignment: str, release: str, language: str, given: dict[str, Entry]
    ) -> Future[Saved]:
        """Return the future of what is kept after *given*; the revisions and first responses are set here."""

        def change(connection: Connection) -> Saved:
            rows = connection.execute(_mine(participant, assignment, release)).all()
            revision = max((row.revision for row in rows), default=0)
            before = {row.item: row.first for row in rows if row.release == release}
            keys = {"participant": participant, "assignment": assignment, "release": release}
            kept = {}
            for item, one in given.items():
                revision += 1
                response = json.dumps(one.response, ensure_ascii=False, allow_nan=False)
                first = before.get(item, "null")
                if first == "null":
                    first = response if one.first is None else json.dumps(one.first, ensure_ascii=False)
                values = {"response": response, "first": first, "confidence": one.confidence, "day": one.day}
                put(connection, responses, {**keys, "item": item}, {**values, "revision": revision})
                kept[item] = Entry(one.response, json.loads(first), one.confidence, one.day, revision)
            if not rows or rows[0].language != language:
                put(connection, sittings, keys, {"language": language})
            return Saved(kept, revision)

        return self._writer.submit(change)

    def hand_in(self, made: HandIn, token: str) -> Future[HandIn]:
        """Return the future of the hand-in *made* with its number; the same *token* again gives the first one."""

        def change(connection: Connection) -> HandIn:
            mine = (handins.c.participant == made.participant, handins.c.assignment == made.assignment)
            again = connection.execute(select(handins).where(*mine, handins.c.token == token)).first()
            if again:
                return handin(again)
            number = (connection.scalar(select(func.max(handins.c.number)).where(*mine)) or 0) + 1
            values = {
                "participant": made.participant,
                "assignment": made.assignment,
                "number": number,
                "release": made.release,
                "at": made.at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
                "answered": made.answered,
                "items": made.of,
                "sha256": made.sha256,
                "token": token,
                "content": made.text,
            }
            connection.execute(insert(handins).values(values))
            return handin(connection.execute(select(handins).where(*mine, handins.c.number == number)).one())

        return self._writer.submit(change)

    def receipts(self, participant: str, assignment: str | None = None) -> list[HandIn]:
        """Return the hand-ins of *participant*, the newest first."""
        mine = [handins.c.participant == participant]
        mine += [handins.c.assignment == assignment] if assignment else []
        ask = select(handins).where(*mine).order_by(handins.c.assignment, handins.c.number.desc())
        return [handin(row) for row in self._read(ask)]

    def begun(self, participant: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Return what *participant* answered, by assignment and release, each item's response."""
        ask = select(responses.c.assignment, responses.c.release, responses.c.item, responses.c.response)
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self._read(ask.where(responses.c.participant == participant)):
            found.setdefault((row.assignment, row.release), {})[row.item] = json.loads(row.response)
        return found

    def told(self, participant: str, text: str) -> bool:
        """Return whether *participant* was shown the notice *text*."""
        ask = select(notices.c.sha256).where(notices.c.participant == participant, notices.c.sha256 == digest(text))
        return bool(self._read(ask))

    def tell(self, participant: str, text: str) -> Future[None]:
        """Return the future of having noted that *participant* was shown the notice *text*."""
        keys = {"participant": participant, "sha256": digest(text)}
        return self._writer.submit(lambda connection: put(connection, notices, keys, {}))

    def released(self, participant: str) -> dict[str, tuple[float, float, bool | None]]:
        """Return by assignment what *participant* earned, of how much, and whether it is passed."""
        ask = select(feedback.c.assignment, feedback.c.points, feedback.c.of.label("whole"), feedback.c.passed)
        rows = self._read(ask.where(feedback.c.participant == participant))
        return {row.assignment: (row.points, row.whole, row.passed) for row in rows}

    def page(self, participant: str, assignment: str) -> str | None:
        """Return the feedback page that was released to *participant*, None when there is none."""
        ask = select(feedback.c.page).where(feedback.c.participant == participant, feedback.c.assignment == assignment)
        rows = self._read(ask)
        return zlib.decompress(rows[0].page).decode("utf-8") if rows else None


def _mine(participant: str, assignment: str, release: str) -> Select[Any]:
    """Select what *participant* answered in *assignment*, and the language in which they did in *release*."""
    language = (
        select(sittings.c.language)
        .where(
            sittings.c.participant == participant,
            sittings.c.assignment == assignment,
            sittings.c.release == release,
        )
        .scalar_subquery()
    )
    return select(responses, language.label("language")).where(
        responses.c.participant == participant, responses.c.assignment == assignment
    )
