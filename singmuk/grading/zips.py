"""Read a zip as what it may be: a bomb, a trap, or what people sent in; nothing is ever unpacked to disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

from singmuk.faults import shown
from singmuk.grading.pieces import KEPT, Piece, SourceError, kind_of
from singmuk.grading.whose import from_disk, owner
from singmuk.responses import ResponsesError

#: For a zip of many people: bytes of its directory, its entries, what they unpack to.
MOST_DIRECTORY = 32_000_000
MOST_ENTRIES = 200_000
MOST_UNPACKED = 20_000_000_000
#: For a zip that one participant sent.
MOST_OF_ONE = 10_000_000
ENTRIES_OF_ONE = 50
UNPACKED_OF_ONE = 50_000_000
#: A text that somebody typed shrinks to a tenth; what shrinks more is a bomb, unless it is small anyway.
RATIO = 100
SMALL = 100_000
#: Modes of a plain file; packed plain or by deflate: the others may ask for gigabytes of memory.
_PLAIN = (0, stat.S_IFREG)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError, OverflowError)
#: Of the extra field "extended timestamp": the time of change in UTC, where the zip has it.
_EXTENDED = 0x5455


class _Wary(io.RawIOBase):
    """A file that hands out no more than *most* bytes at once, so that a directory cannot fill the memory."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most = file, most

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        if size > self._most:
            raise zipfile.BadZipFile("its directory is too large")
        return self._file.read(self._most if size < 0 else size)


def _open(file: IO[bytes], directory: int, entries: int, unpacked: int) -> zipfile.ZipFile:
    """Return the zip in *file*; raise `ResponsesError` when it is none or has too much in it."""
    try:
        archive = zipfile.ZipFile(_Wary(file, directory))
    except (*_BROKEN, NotImplementedError) as fault:
        raise ResponsesError(f"is no whole zip ({shown(str(fault), 60)}); send it again") from fault
    if len(archive.infolist()) > entries:
        raise ResponsesError(f"has {len(archive.infolist()):,} entries; at most {entries:,} are taken")
    if sum(info.file_size for info in archive.infolist()) > unpacked:
        raise ResponsesError(f"unpacks to more than {unpacked:,} bytes; send a smaller one")
    return archive


def _folders(info: zipfile.ZipInfo) -> tuple[tuple[str, ...], str]:
    """Return the folders and the file's name of an entry; raise `ResponsesError` for a name that leads elsewhere."""
    name = info.orig_filename
    if not name.isprintable() or "\\" in name or ":" in name.split("/")[0]:
        raise ResponsesError("has a name that no honest file has; zip the file again under a plain name")
    *folders, file = name.split("/")
    if any(folder in ("", ".", "..") for folder in (*folders, file)):
        raise ResponsesError("has a name that leads out of its folder; zip the file again under a plain name")
    return tuple(folders), file


def _faults(info: zipfile.ZipInfo, count: int) -> tuple[str, ...]:
    """Return why the entry must not be unpacked."""
    found = {
        "is a link or no plain file; zip the file itself": stat.S_IFMT(info.external_attr >> 16) not in _PLAIN,
        "is locked with a password; send it without": info.flag_bits & 0x41,
        "stands twice in the zip; send it once": count > 1,
        "is packed in an unusual way; use the plain zip of your system": info.compress_type not in _METHODS,
        f"has {info.file_size:,} bytes, too many to be kept; it stays in the zip": info.file_size > KEPT,
        "unpacks to more than a hundred times its size; it stays in the zip": (
            info.file_size > SMALL and info.file_size > RATIO * max(info.compress_size, 1)
        ),
    }
    return tuple(reason for reason, holds in found.items() if holds)


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of an entry that was checked; never more than it says it has."""
    try:
        with archive.open(info) as file:
            content = file.read(info.file_size)
            if len(content) != info.file_size or file.read(1):
                raise zipfile.BadZipFile("size")
            return content
    except (*_BROKEN, NotImplementedError) as fault:
        raise ResponsesError("is damaged in the zip; send it again") from fault


def _time(info: zipfile.ZipInfo, fallback: datetime | None) -> datetime | None:
    """Return when the entry was changed: as the zip says in UTC, else by this machine's clock, else *fallback*."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == _EXTENDED and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return from_disk(struct.unpack("<i", extra[5:9])[0] * 10**9)
        extra = extra[4 + size :]
    try:
        return datetime(*info.date_time).astimezone(UTC) if info.date_time[0] > 1980 else fallback
    except (ValueError, OverflowError):
        return fallback


def _pieces(
    archive: zipfile.ZipFile,
    place: str,
    time: datetime | None,
    whose: Callable[[tuple[str, ...], str], str],
    inflate: Callable[[zipfile.ZipInfo], bytes],
) -> Iterator[Piece]:
    counts = Counter(info.orig_filename for info in archive.infolist())
    for info in archive.infolist():
        if info.is_dir() and not info.file_size:
            continue
        student, kind = "", kind_of(info.orig_filename)
        faults = _faults(info, counts[info.orig_filename])
        read = None if faults else partial(inflate, info)
        try:
            folders, file = _folders(info)
            if any(part.startswith((".", "__MACOSX")) for part in (*folders, file)) or file == "items.json":
                continue
            if kind == "other" and not folders and not faults:
                continue
            student = whose(folders, file)
            if file.lower().endswith(".zip"):
                faults = ("is a zip in a zip; send what is in it",)
        except ResponsesError as fault:
            kind, faults = "responses", fault.reasons
        yield Piece(f"{place}!{info.orig_filename}", student, _time(info, time), kind, read, faults)


def of_many(path: Path, file: IO[bytes], assignment: str, roster: Mapping[str, str] | None) -> Iterator[Piece]:
    """Yield what lies in the open zip *file* of many people's submissions; raise `SourceError`."""
    try:
        archive = _open(file, MOST_DIRECTORY, MOST_ENTRIES, MOST_UNPACKED)
    except ResponsesError as fault:
        raise SourceError(f"{path}: {fault}") from fault
    time = from_disk(path.stat().st_mtime_ns)
    yield from _pieces(
        archive,
        path.name,
        time,
        lambda folders, name: owner(folders, name, assignment, roster),
        lambda info: _inflate(archive, info),
    )


def of_one(
    place: str, read: Callable[[], bytes], student: str, assignment: str, time: datetime | None
) -> Iterator[Piece]:
    """Yield what lies in a zip that the participant *student* sent: whose it is, its own names cannot change."""

    def whose(folders: tuple[str, ...], _: str) -> str:
        inside = [folder for folder in folders if folder != assignment]
        if inside and inside != [student]:
            raise ResponsesError(
                f"lies in {shown('/'.join(inside))!r} inside a zip of {shown(student)!r}; "
                "a zip of many people is collected by its own name"
            )
        return student

    def whole() -> bytes:
        content = read()
        if len(content) > MOST_OF_ONE:
            raise ResponsesError(f"has {len(content):,} bytes; at most {MOST_OF_ONE:,} are taken")
        return content

    def archive() -> zipfile.ZipFile:
        return _open(io.BytesIO(whole()), MOST_OF_ONE, ENTRIES_OF_ONE, UNPACKED_OF_ONE)

    try:
        yield from _pieces(archive(), place, time, whose, lambda info: _inflate(archive(), info))
    except ResponsesError as fault:
        yield Piece(place, student, time, "responses", read, fault.reasons)
