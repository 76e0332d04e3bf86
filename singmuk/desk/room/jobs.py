"""Jobs that a trainer started: one at a time, each in a process of its own, known as long as the room is open."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from singmuk.hub.service import without_hub

State = Literal["waiting", "running", "done", "failed", "stopped"]
#: Jobs that are remembered.
KEPT = 200


class BusyError(Exception):
    """A job on the same assignment is under way."""


@dataclass
class Job:
    """One job: on which assignment, how far it is, what came of it."""

    id: str
    assignment: str
    action: str
    asked: dict[str, Any]
    state: State = "waiting"
    done: int = 0
    of: int = 0
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: Why it failed: where, what, what to do. Empty: nobody foresaw it.
    fault: str = ""

    @property
    def over(self) -> bool:
        """Return whether nothing more will come."""
        return self.state in ("done", "failed", "stopped")

    def hear(self, line: dict[str, Any]) -> State:
        """Take in a *line* of what the worker says; return the state that the job has once its process has ended."""
        if "of" in line:
            self.done, self.of = int(line["done"]), int(line["of"])
        if "told" in line:
            self.told = [(key, values) for key, values in line["told"]]
            return "done"
        if "fault" in line:
            self.fault = str(line["fault"])
        return "failed"


class Jobs:
    """The jobs of one course; *over* is called after each."""

    def __init__(self, root: Path, log: Path, over: Callable[[Job], None] = lambda _job: None) -> None:
        self._root, self._log, self._over = root, log, over
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        # The intake, the gradebook and the desk's database have one writer each: the next job waits for its turn.
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def start(self, action: str, assignment: str, **asked: Any) -> Job:
        """Begin a job and return it; raise `BusyError` while another one on the *assignment* is under way."""
        with self._lock:
            before = self.last(assignment)
            if self._closed or (before is not None and not before.over):
                raise BusyError
            job = Job(secrets.token_urlsafe(9), assignment, action, asked)
            self._jobs[job.id] = job
            for old in [one.id for one in self._jobs.values() if one.over][:-KEPT]:
                del self._jobs[old]
        threading.Thread(target=self._do, args=(job,), name=f"job-{action}", daemon=True).start()
        return job

    def get(self, job: str) -> Job | None:
        """Return the job with the id *job*."""
        return self._jobs.get(job)

    def last(self, assignment: str) -> Job | None:
        """Return the newest job on the *assignment*."""
        mine = [job for job in list(self._jobs.values()) if job.assignment == assignment]
        return mine[-1] if mine else None

    def close(self) -> None:
        """Stop what is under way; what it wrote is whole, and the next run goes on."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _do(self, job: Job) -> None:
        with self._turn:
            try:
                self._log.parent.mkdir(parents=True, exist_ok=True)
                with self._log.open("a", encoding="utf-8") as log:
                    end = self._run(job, log)
            except OSError as fault:
                job.fault = f"{fault.filename or self._log}: {fault.strerror or fault}; mend that and press again"
                end = "failed"
            if self._closed and end == "failed":
                end = "stopped"
            job.state = end
            self._over(job)

    def _run(self, job: Job, log: IO[str]) -> State:
        """Run the worker and return in which state it leaves the *job*."""
        command = [sys.executable, "-m", "singmuk.desk.room.worker"]
        with self._lock:
            if self._closed:
                return "stopped"
            self._process = process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8",
                env=without_hub(os.environ),
            )  # fmt: skip
        with process:
            assert process.stdin is not None and process.stdout is not None
            job.state = "running"
            asked = {**job.asked, "root": str(self._root), "action": job.action, "assignment": job.assignment}
            try:
                process.stdin.write(json.dumps(asked) + "\n")
                process.stdin.close()
            except BrokenPipeError:
                return "failed"
            end: State = "failed"
            for line in process.stdout:
                end = job.hear(json.loads(line))
        return end
