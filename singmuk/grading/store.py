"""The folders of intake and submitted/: each file whole or not at all, an original first, nothing ever lost."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from singmuk import responses
from singmuk.grading.pieces import opened, plain
from singmuk.grading.whose import from_disk, stamp_of, time_of
from singmuk.responses import NAME, ResponsesError

SECRET = "submission_secret.txt"
STAMP = "timestamp.txt"
_SECRET = re.compile(r"[0-9a-f]{32,256}")


class IntakeError(Exception):
    """Why nothing more can be taken in: where, what, and what to do; what was taken in is safe."""


@dataclass(frozen=True)
class Places:
    """Where a course keeps its submissions, and the release they belong to."""

    submitted: Path
    intake: Path
    release: Mapping[str, Any]
    notebook: bytes

    @property
    def assignment(self) -> str:
        """Return the assignment's id."""
        return str(self.release["assignment"])


def places(released: Path, submitted: Path, assignment: str) -> Places:
    """Return where submissions to the *assignment* in the folder *released* are kept; raise `IntakeError`.

    Originals lie in intake/, beside the folder *submitted*.
    """
    try:
        release = json.loads((released / assignment / "items.json").read_text(encoding="utf-8"))
        notebook = (released / assignment / f"{assignment}.ipynb").read_bytes()
    except (OSError, ValueError) as fault:
        where = released / assignment
        raise IntakeError(f"{where}: holds no whole release ({fault}); run `singmuk build`") from fault
    return Places(submitted, submitted.parent / "intake", release, notebook)


@dataclass(frozen=True)
class Standing:
    """What stands in submitted/STUDENT/NAME."""

    time: datetime
    text: bytes
    secret: str | None


class Store:
    """What is kept of an assignment's submissions, and how many files a run wrote."""

    def __init__(self, where: Places) -> None:
        self.where, self.written = where, 0

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the store, so that two runs never write at once; put right what an interrupted one left."""
        folder = self.where.intake
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("a+b") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as fault:
                raise IntakeError(f"{folder}: another `singmuk collect` is at work; wait until it ends") from fault
            self._mend()
            yield

    def known(self) -> dict[str, set[str]]:
        """Return the ids that have something here already, by their spelling without case."""
        found: dict[str, set[str]] = defaultdict(set)
        for folder in (self.where.submitted, self.where.intake / "received" / self.where.assignment):
            with contextlib.suppress(FileNotFoundError):
                for path in folder.iterdir():
                    found[path.name.casefold()].add(path.name)
        return found

    def linked(self, student: str) -> bool:
        """Return whether a link stands where the folder of *student* should."""
        folder = self.where.submitted / student
        return folder.is_symlink() or (folder / self.where.assignment).is_symlink()

    def receive(self, student: str, content: bytes, time: datetime) -> bool:
        """Keep the original *content* that *student* sent; return whether it is new."""
        folder = self.where.intake / "received" / self.where.assignment / student
        path = folder / f"{hashlib.sha256(content).hexdigest()}.json"
        fresh = self._put(path, content)
        if fresh:
            with contextlib.suppress(OSError):  # the time is a help to whoever looks; the file is what counts
                os.utime(path, (time.timestamp(), time.timestamp()))
        return fresh

    def refuse(self, folder: str, place: str, reasons: tuple[str, ...], content: bytes | None) -> None:
        """Keep the *content* of what was refused, inert, and the reasons beside it."""
        where = self.where.intake / "refused" / self.where.assignment / folder
        kept = "not kept; it stays where it lies"
        if content is not None:
            kept = f"{hashlib.sha256(content).hexdigest()}.original"
            self._put(where / kept, content)
        lines = "\n".join([place, f"original: {kept}", *(f"- {reason}" for reason in reasons)]) + "\n"
        note = lines.encode("utf-8", "backslashreplace")
        self._put(where / f"{hashlib.sha256(note).hexdigest()[:16]}.txt", note)

    def _put(self, path: Path, content: bytes) -> bool:
        """Write *content* to the file *path* unless it is there; return whether it was written."""
        with contextlib.suppress(OSError):
            if path.stat().st_size == len(content) and path.read_bytes() == content:
                return False
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(content)
        fresh.replace(path)
        self.written += 1
        return True

    def standing(self, student: str, checked: Collection[bytes]) -> Standing | None:
        """Return what stands in submitted/ for *student*, None when it is nothing that holds.

        What is among the *checked* is not checked again.
        """
        try:
            with opened(self.where.submitted, (student, self.where.assignment)) as handle:
                text = plain(handle, NAME)
                time = time_of(plain(handle, STAMP, most=100).decode("ascii"))
                secret = ""
                with contextlib.suppress(OSError, ValueError):
                    secret = plain(handle, SECRET, most=256).decode("ascii")
            if text not in checked:
                responses.check(responses.parse(text), self.where.release)
        except (OSError, ValueError):  # a fault of the responses is a ValueError
            return None
        return Standing(time, text, secret if _SECRET.fullmatch(secret) else None) if time else None

    def submit(self, student: str, text: bytes, time: datetime, secret: str | None) -> bool:
        """Bring submitted/STUDENT/NAME to exactly this; return whether anything was written."""
        name = self.where.assignment
        folder = self.where.submitted / student / name
        files = {
            f"{name}.ipynb": self.where.notebook,
            NAME: text,
            STAMP: stamp_of(time).encode("ascii"),
            SECRET: (secret or secrets.token_hex(64)).encode("ascii"),
        }
        if _holds(folder, files):
            return False
        self._keep(student, folder)
        fresh, old = folder.with_name(f".{name}.new"), folder.with_name(f".{name}.old")
        fresh.mkdir(parents=True)
        for file, content in files.items():
            (fresh / file).write_bytes(content)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        if old.exists():
            shutil.rmtree(old)
        self.written += len(files)
        return True

    def _keep(self, student: str, folder: Path) -> None:
        """Keep the responses in *folder*, which is to be replaced, where they did not come through the intake."""
        try:
            with opened(folder, ()) as handle:
                text, lies = plain(handle, NAME), os.stat(NAME, dir_fd=handle)
        except (OSError, ResponsesError):
            return
        if text not in self._received(student):
            self.receive(student, text, from_disk(lies.st_mtime_ns) or datetime.now(UTC))

    def _received(self, student: str) -> Iterator[bytes]:
        """Yield what was taken from *student*, as it stands in submitted/."""
        for path in (self.where.intake / "received" / self.where.assignment / student).glob("*.json"):
            with contextlib.suppress(OSError, ResponsesError):
                yield responses.parse(path.read_bytes()).text().encode("utf-8")

    def _mend(self) -> None:
        """Put right what an interrupted run left in submitted/: the old stands again where nothing new does."""
        for name in ("new", "old"):
            for left in self.where.submitted.glob(f"*/.{self.where.assignment}.{name}"):
                folder = left.with_name(self.where.assignment)
                if name == "old" and not folder.exists():
                    left.rename(folder)
                else:
                    shutil.rmtree(left)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Return whether *folder* has exactly these *files*."""
    try:
        return {path.name for path in folder.iterdir()} == set(files) and all(
            (folder / name).read_bytes() == content for name, content in files.items()
        )
    except OSError:
        return False
