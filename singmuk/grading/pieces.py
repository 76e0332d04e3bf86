"""A piece that was sent in, and how a file is read that somebody else has put there."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from singmuk.responses import NAME, ResponsesError

#: Bytes of an original that are kept whatever is in it; a larger one stays where it lies.
KEPT = 32_000_000
NOTEBOOK_ALONE = (
    f"is a notebook without its {NAME}: what was chosen is not in it, and it is not run; "
    f"send the {NAME} that lies beside it"
)
Kind = Literal["responses", "notebook", "other"]


class SourceError(Exception):
    """A source that cannot be read at all: where, what, and what to do."""


@dataclass(frozen=True)
class Piece:
    """One file that was sent in: where it lies, whose it says it is, when it was sent, how its bytes are read."""

    place: str
    student: str = ""
    time: datetime | None = None
    kind: Kind = "responses"
    #: Return the bytes, at most `KEPT`; raise `ResponsesError`.
    read: Callable[[], bytes] | None = None
    #: Why it is refused unread.
    faults: tuple[str, ...] = ()
    #: Return the secret by which nbgrader names this submission's feedback.
    secret: Callable[[], str | None] = lambda: None
    #: What a trainer should know of it though it is taken.
    note: str = ""


@contextlib.contextmanager
def opened(root: Path, folders: tuple[str, ...]) -> Iterator[int]:
    """Open the folder *folders* below *root* without following a link in it; raise `ResponsesError`."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    handle = os.open(root, flags)
    try:
        for folder in folders:
            try:
                below = os.open(folder, flags | os.O_NOFOLLOW, dir_fd=handle)
            except OSError as fault:
                raise ResponsesError(why(fault, "lies in no plain folder; hand in the folder itself")) from fault
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def why(fault: OSError, otherwise: str) -> str:
    """Return why a file could not be opened: the disk's reason where it is one, else *otherwise*."""
    if fault.errno in (errno.EACCES, errno.EPERM, errno.EIO):
        return f"cannot be read: {os.strerror(fault.errno)}; mend its permissions and collect again"
    return otherwise


def plain(handle: int, name: str, *, most: int = KEPT, owned: bool = False) -> bytes:
    """Return the content of the plain file *name* in the open folder; raise `ResponsesError`.

    A link, a device and a pipe are never opened, and it has no second name, so that it is no other's file under a
    new one; *owned*: it belongs to the owner of its folder. Raises `FileNotFoundError` when there is none.
    """
    try:
        before = os.stat(name, dir_fd=handle, follow_symlinks=False)
        check_plain(before)
        if before.st_nlink > 1 or (owned and before.st_uid != os.fstat(handle).st_uid):
            raise ResponsesError("is another's file or has two names (a hard link); hand in a copy of one's own")
        if before.st_size > most:
            raise ResponsesError(f"has {before.st_size:,} bytes, too many to be kept; it stays where it lies")
        # Not blocking: what was a file a moment ago may be a pipe now.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        with open(os.open(name, flags, dir_fd=handle), "rb") as file:  # noqa: PTH123  (a handle, not a path)
            now = os.fstat(file.fileno())
            check_plain(now)
            if (now.st_dev, now.st_ino) != (before.st_dev, before.st_ino):
                raise ResponsesError("changed while it was read; collect again")
            content = file.read(most + 1)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise ResponsesError(why(fault, "is no plain file; hand in the file itself")) from fault
    if len(content) > most:
        raise ResponsesError(f"has more than {most:,} bytes; it stays where it lies")
    return content


def check_plain(found: os.stat_result) -> None:
    """Return when *found* is a plain file; raise `ResponsesError`."""
    if not stat.S_ISREG(found.st_mode):
        what = "a link" if stat.S_ISLNK(found.st_mode) else "no plain file"
        raise ResponsesError(f"is {what}; hand in the file itself")


def kind_of(name: str) -> Kind:
    """Return what the file *name* is taken for; a zip is looked into for responses."""
    suffix = Path(name).suffix.lower()
    return "notebook" if suffix == ".ipynb" else "responses" if suffix in (".json", ".zip") else "other"
