"""Where submissions come from: the desk, the exchange, or a folder of what people sent in; nothing in it is trusted."""

from __future__ import annotations

import os
import pwd
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from singmuk.faults import shown
from singmuk.grading import zips
from singmuk.grading.pieces import KEPT, NOTEBOOK_ALONE, Piece, SourceError, check_plain, kind_of, opened, plain, why
from singmuk.grading.whose import from_disk, owner, time_of
from singmuk.responses import NAME, ResponsesError

#: Files looked at in one folder, and how deep folders may lie in it.
MOST_FILES = 500_000
DEEPEST_FOLDER = 6
_SECRET = re.compile(rb"[0-9a-f]{32,256}")


@dataclass(frozen=True)
class Inbound:
    """The exchange's folder of what was handed in, and how nbgrader is told to read it."""

    folder: Path
    zone: str = "UTC"
    check_owner: bool = True

    def pieces(self, assignment: str) -> Iterator[Piece]:
        """Yield what lies here for the *assignment*: STUDENT+NAME+TIMESTAMP+RANDOM.

        As nbgrader's own collecting reads it: the name says whose it is and when it was handed in. Its
        timestamp.txt says the same; where it does not, the name counts, by which nbgrader chooses among several.
        """
        try:
            with os.scandir(self.folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as fault:
            raise SourceError(f"{self.folder}: cannot be read: {fault.strerror}; is c.Exchange.root right?") from fault
        for name in names:
            student, found, stamp = name.rpartition(f"+{assignment}+")
            if found:
                yield self._piece(name, student, time_of(stamp, self.zone), assignment)

    def _piece(self, name: str, student: str, time: datetime | None, assignment: str) -> Piece:
        alone = self._lacks(name, NAME) and not self._lacks(name, f"{assignment}.ipynb")
        file = f"{assignment}.ipynb" if alone else NAME

        def content() -> bytes:
            try:
                return self._read(name, file, KEPT)
            except FileNotFoundError as fault:
                raise ResponsesError(f"has no {NAME}; hand in again") from fault

        def secret() -> str | None:
            try:
                text = self._read(name, "submission_secret.txt", 256)
            except (OSError, ResponsesError):
                return None
            return text.decode("ascii") if _SECRET.fullmatch(text) else None

        notes = []
        if self.check_owner and (holder := _holder(self.folder / name)) != student:
            notes.append(f"says it is by {shown(student)}, the folder belongs to {shown(holder)}; ask both")
        if time and (fault := self._stamp_fault(name, time)):
            notes.append(f"{fault}; the time in the folder's name counts")
        faults: tuple[str, ...] = (NOTEBOOK_ALONE,) if alone else ()
        if time is None:
            faults += (f"has no time in its folder's name that can be read ({shown(name)}); hand in again",)
        return Piece(f"{name}/{file}", student, time, "responses", content, faults, secret, "; ".join(notes))

    def _lacks(self, name: str, file: str) -> bool:
        try:
            with opened(self.folder, (name,)) as handle:
                os.stat(file, dir_fd=handle, follow_symlinks=False)
        except FileNotFoundError:
            return True
        except (OSError, ResponsesError):
            return False
        return False

    def _read(self, name: str, file: str, most: int) -> bytes:
        with opened(self.folder, (name,)) as handle:
            return plain(handle, file, most=most, owned=True)

    def _stamp_fault(self, name: str, time: datetime) -> str:
        try:
            stamp = self._read(name, "timestamp.txt", 100).decode("ascii", "replace")
        except FileNotFoundError:
            return "has no timestamp.txt"
        except ResponsesError as fault:
            return f"its timestamp.txt {fault}"
        return "" if time_of(stamp, self.zone) == time else f"its timestamp.txt says {shown(stamp, 60)}"


def _holder(path: Path) -> str:
    """Return the name of the account that owns *path*, as nbgrader's `check_owner` compares it."""
    try:
        return pwd.getpwuid(path.lstat().st_uid).pw_name
    except (KeyError, OSError):
        return "unknown id"


class HandIn(Protocol):
    """What the desk keeps of one hand-in."""

    @property
    def number(self) -> int:
        """The participant's first is 1."""

    @property
    def participant(self) -> str:
        """Whose it is."""

    @property
    def at(self) -> datetime:
        """When, to the second."""

    @property
    def sha256(self) -> str:
        """The sum that stands in the receipt."""

    @property
    def text(self) -> str:
        """What was handed in, as responses.json."""


@dataclass(frozen=True)
class HandedIn:
    """What was handed in to the desk; *handins* gives every hand-in of an assignment."""

    handins: Callable[[str], Iterable[HandIn]]

    def pieces(self, assignment: str) -> Iterator[Piece]:
        """Yield what was handed in for the *assignment*."""
        for one in self.handins(assignment):
            faults: tuple[str, ...] = ()
            if sha256(one.text.encode("utf-8")).hexdigest() != one.sha256:
                faults = ("is not what the receipt is for: the desk's database was changed; put back a good copy",)
            # Of two in one second the one with the higher number is the newer.
            time = one.at + timedelta(microseconds=min(one.number, 999_999))
            place = f"desk/{assignment}/{one.participant}/{one.number}"
            yield Piece(place, one.participant, time, read=partial(one.text.encode, "utf-8"), faults=faults)


@dataclass(frozen=True)
class SentIn:
    """A folder into which somebody put what people sent: responses, notebooks, zips."""

    folder: Path
    roster: Mapping[str, str] | None = None

    def pieces(self, assignment: str) -> Iterator[Piece]:
        """Yield what lies here for the *assignment*, each by its owner."""
        for folders, name, found in _files(self.folder, ()):
            yield from self._pieces(folders, name, found, assignment)

    def _pieces(
        self, folders: tuple[str, ...], name: str, found: os.stat_result | str, assignment: str
    ) -> Iterator[Piece]:
        place = "/".join((self.folder.resolve().name, *folders, name))
        if isinstance(found, str):
            yield Piece(place, faults=(found,))
            return
        # A link is told of, whatever its name ends in.
        kind = kind_of(name) if stat.S_ISREG(found.st_mode) else "responses"
        if name == "items.json" or (kind == "other" and not folders):
            return
        student = ""
        faults: tuple[str, ...] = ()
        try:
            student = owner(folders, name, assignment, self.roster)
            check_plain(found)
        except ResponsesError as fault:
            faults = fault.reasons

        def read() -> bytes:
            try:
                with opened(self.folder, folders) as handle:
                    return plain(handle, name)
            except FileNotFoundError as fault:
                raise ResponsesError("is gone; collect again") from fault

        time = from_disk(found.st_mtime_ns)
        if name.lower().endswith(".zip") and not faults:
            yield from zips.of_one(place, read, student, assignment, time)
        else:
            yield Piece(place, student, time, kind, read, faults)


def _files(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, os.stat_result | str]]:
    """Yield every entry below *root* that is no folder, with its folders; hidden ones are passed over.

    For a folder that cannot be read it is the reason.
    """
    try:
        with opened(root, folders) as handle, os.scandir(handle) as entries:
            below = [
                (entry.name, entry.stat(follow_symlinks=False))
                for entry, _ in zip(entries, range(MOST_FILES + 1), strict=False)
            ]
    except (OSError, ResponsesError) as fault:
        reason = why(fault, "cannot be read; collect again") if isinstance(fault, OSError) else str(fault)
        if not folders:
            raise SourceError(f"{root}: {reason}") from fault
        yield folders[:-1], folders[-1], reason
        return
    if len(below) > MOST_FILES:
        raise SourceError(f"{root.joinpath(*folders)}: has more than {MOST_FILES:,} files; give a smaller folder")
    for name, found in sorted(below):
        if name.startswith((".", "__MACOSX")):
            continue
        if stat.S_ISDIR(found.st_mode) and len(folders) < DEEPEST_FOLDER:
            yield from _files(root, (*folders, name))
        else:
            yield folders, name, found
