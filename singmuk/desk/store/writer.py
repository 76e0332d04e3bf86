"""One thread that writes: changes that wait together are committed together, and each is told after the commit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from singmuk.desk.store.engine import StoreError, refusal

T = TypeVar("T")
Job = tuple[Callable[[Connection], Any], "Future[Any]"]
#: Changes in one commit at most: more would make the first one wait.
TOGETHER = 200
#: Changes that may wait; more are refused at once, so that nobody waits for long.
WAITING = 5_000


class Writer:
    """Takes changes from any thread; what it reports as done is on the disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[Job | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._work, name="singmuk-desk-writer", daemon=True)
        self._thread.start()

    def submit(self, change: Callable[[Connection], T]) -> Future[T]:
        """Return the future of what *change* returns, done once it is committed; raise `StoreError` when too many wait.

        A *change* must be safe to run again: where one of several committed together fails, each runs alone.
        """
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((change, future))
        except queue.Full as fault:
            raise StoreError("too many changes wait; the page tries again by itself") from fault
        return future

    def close(self) -> None:
        """Write what waits, then stop."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        going = True
        while going:
            batch: list[Job] = []
            job = self._jobs.get()
            while job is not None:
                if job[1].set_running_or_notify_cancel():  # nobody waits any more: not written, not told
                    batch.append(job)
                if len(batch) >= TOGETHER:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            going = job is not None
            if batch:
                self._commit(batch)

    def _commit(self, batch: list[Job], tries: int = 3) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.begin() as connection:
                for change, future in batch:
                    done.append((future, change(connection)))
        except Exception as fault:
            if len(batch) > 1:
                for job in batch:
                    self._commit([job])
                return
            if isinstance(fault, IntegrityError) and tries:  # another process was first; look again
                self._commit(batch, tries - 1)
                return
            told = refusal(fault) if isinstance(fault, SQLAlchemyError) else fault
            batch[0][1].set_exception(told)
            return
        for future, value in done:
            future.set_result(value)
