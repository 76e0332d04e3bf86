"""The formgrader and the trainer's room as running programs, and a desk with hand-ins, for a browser to enter."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from singmuk import load
from singmuk.desk.room.jobs import Job
from singmuk.desk.store import HandIn, open_store
from tests import courses
from tests.submissions import NAME

TASK = "notice-for-the-new-tool"
START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
BIN = Path(sys.executable).parent


@contextlib.contextmanager
def trainer(root: Path) -> Iterator[tuple[str, str]]:
    """Run `singmuk trainer` on the course *root* while the block runs; yield its address with and without secret."""
    with running(root, "trainer", "18800") as (_, found):
        yield found


@contextlib.contextmanager
def room(root: Path, **environment: str) -> Iterator[tuple[str, str]]:
    """Run `singmuk room` on the course *root* while the block runs; yield its address with and without secret."""
    with running(root, "room", "18510", **environment) as (_, found):
        yield found


@contextlib.contextmanager
def running(
    root: Path, name: str, port: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], tuple[str, str]]]:
    """Run the command *name* on the course *root* while the block runs; yield the process and its addresses."""
    command = [BIN / "singmuk", name, "--no-open", "--port", port]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | environment
    ) as process:
        try:
            yield process, address(process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def address(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return the address that the room printed, with its secret and without."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://\S+", line):
            parts = urlsplit(found.group(0))
            return found.group(0), f"{parts.scheme}://{parts.netloc}"
    raise AssertionError(said)


def desk_url(root: Path) -> str:
    """Return the address of the desk's database of the course *root*."""
    return f"sqlite:///{root / 'state' / 'desk.db'}"


def at_desk(root: Path, student: str, given: dict, at: datetime = START, token: str = "") -> None:
    """Hand *given* in at the desk of the course *root* as *student*."""
    text = courses.responses_text(root, NAME, given)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    store = open_store(desk_url(root))
    made = HandIn(student, NAME, courses.release_id(root, NAME), 0, at, len(given), 11, digest, text)
    store.hand_in(made, token or digest[:32]).result()
    store.close()


def best(root: Path, text: str = "") -> dict:
    """Return the best responses of the course *root*, with *text* as the written one."""
    course = load.course(root)
    found = {place.id: course.scenarios[place.id].best() for place in course.assignments[NAME].scenarios}
    return found | {TASK: text}


def busy_desk(root: Path) -> Path:
    """Have eleven hand in at the desk of the course *root*: one with a text, one with nothing right; return it."""
    given = best(root)
    for number in range(9):
        at_desk(root, f"p-{number}", given)
    at_desk(root, "p-text", given | {TASK: "We use an AI tool from Monday. Ask us."})
    at_desk(root, "p-wrong", {"sick-leave-summary": "full-gist"})
    return root


def over(job: Job, seconds: float = 60) -> Job:
    """Wait until *job* is over, and return it."""
    until = time.monotonic() + seconds
    while not job.over:
        assert time.monotonic() < until, job
        time.sleep(0.05)
    return job
