"""Work for several processes, handed out in order and taken back in order, never much of it at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Pieces of work that wait for each process, so that none is ever idle.
AHEAD = 2

_work: Callable[[Any], Any] | None = None


def _begin(work: Callable[[Any], Any]) -> None:
    global _work  # noqa: PLW0603  (each process has its own)
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who pressed Ctrl-C is told by the first process
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: multiprocessing.process.BaseProcess) -> None:
    """End this process when the first one is gone, killed or not."""
    parent.join()
    os._exit(1)


def _do(piece: object) -> object:
    assert _work is not None
    return _work(piece)


class Pool(Generic[T, R]):
    """Does *work* in this process, or in *workers* others when there are several."""

    def __init__(self, work: Callable[[T], R], workers: int) -> None:
        self._work = work
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None

    @contextmanager
    def open(self) -> Iterator[Pool[T, R]]:
        """Start the processes, before a database is opened or a thread runs, and end them afterwards."""
        if self._workers > 1:
            # A fork has all modules read already; where there is none, each process reads them again.
            method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
            self._executor = ProcessPoolExecutor(
                self._workers, multiprocessing.get_context(method), _begin, (self._work,)
            )
            self._executor.submit(int).result()
        try:
            yield self
        finally:
            if self._executor is not None:
                self._executor.shutdown(wait=True, cancel_futures=True)

    def map(self, pieces: Iterable[T]) -> Iterator[R]:
        """Yield what the work makes of each of *pieces*, in their order."""
        if self._executor is None:
            yield from map(self._work, pieces)
            return
        waiting: deque[Future[object]] = deque()
        for piece in pieces:
            waiting.append(self._executor.submit(_do, piece))
            if len(waiting) > AHEAD * self._workers:
                yield waiting.popleft().result()  # type: ignore[misc]
        while waiting:
            yield waiting.popleft().result()  # type: ignore[misc]
