"""What a trainer does with the desk's store: reads hand-ins and counts, releases feedback, erases."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection, delete, func, select

from singmuk.desk.store.desk import Desk
from singmuk.desk.store.rows import FeedbackRow, HandIn, Progress, digest, handin, put
from singmuk.desk.store.tables import feedback, handins, notices, responses, sittings


class Office(Desk):
    """The store as the trainer's side sees it."""

    def handins(self, assignment: str) -> Iterator[HandIn]:
        """Yield every hand-in of *assignment*, in the order in which they came."""
        last = 0
        while True:
            ask = select(handins).where(handins.c.assignment == assignment, handins.c.id > last)
            rows = self._read(ask.order_by(handins.c.id).limit(500))
            if not rows:
                return
            yield from (handin(row) for row in rows)
            last = rows[-1].id

    def progress(self, assignment: str) -> Progress:
        """Return how many participants have begun *assignment*, handed it in, and have feedback."""

        def people(table: Any) -> int:
            ask = select(func.count(func.distinct(table.c.participant))).where(table.c.assignment == assignment)
            return int(self._read(ask)[0][0])

        return Progress(people(responses), people(handins), people(feedback))

    def put_feedback(self, assignment: str, rows: Iterable[FeedbackRow]) -> int:
        """Release *rows* and return how many are new or changed; what is the same is left alone."""
        known = {
            row.participant: row.sha256
            for row in self._read(
                select(feedback.c.participant, feedback.c.sha256).where(feedback.c.assignment == assignment)
            )
        }
        changed = 0
        waiting: list[Future[None]] = []
        for row in rows:
            mark = digest(f"{row.points}/{row.of}/{row.passed}\n{row.html}")
            if known.get(row.participant) == mark:
                continue
            changed += 1
            keys = {"participant": row.participant, "assignment": assignment}
            page = zlib.compress(row.html.encode("utf-8"), 6)
            values = {"sha256": mark, "page": page, "points": row.points, "of": row.of, "passed": row.passed}
            waiting.append(
                self._writer.submit(lambda connection, k=keys, v=values: put(connection, feedback, k, v))  # type: ignore[misc]
            )
            if len(waiting) >= 50:
                _settle(waiting)
        _settle(waiting)
        return changed

    def erase(self, participant: str | None = None) -> int:
        """Delete everything of *participant*, of everybody when None; return how many rows are gone."""

        def change(connection: Connection) -> int:
            gone = 0
            for table in (responses, sittings, handins, notices, feedback):
                ask = delete(table)
                gone += connection.execute(
                    ask.where(table.c.participant == participant) if participant else ask
                ).rowcount
            return gone

        return self._writer.submit(change).result()


def _settle(waiting: list[Future[None]]) -> None:
    for future in waiting:
        future.result()
    waiting.clear()
