"""One file that holds a whole campaign, and a list in it by which each part is checked."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal
from urllib.parse import quote, unquote_to_bytes

from pydantic import Field, ValidationError

from singmuk import __version__
from singmuk.hub.keep.holdings import KeepError
from singmuk.lang import Record

LIST = "manifest.json"
#: A list of half a million files is about as long.
LONGEST = 256 * 1024 * 1024
_BLOCK = 1024 * 1024


class Member(Record):
    """One file of an archive."""

    path: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    mode: int = Field(ge=0, le=0o777)


class Copied(Record):
    """One database of an archive: which file holds it, at which version, with how many rows."""

    name: Literal["desk", "gradebook", "hub"]
    sort: Literal["sqlite", "postgresql"]
    path: str
    revision: str | None
    rows: dict[str, int]


class Manifest(Record):
    """What an archive holds."""

    format: Literal[1] = 1
    made: str = Field(description="UTC")
    singmuk: str
    #: A mark of the desk's secret, which does not lead to it; null: there was none.
    secret: str | None
    databases: tuple[Copied, ...]
    files: tuple[Member, ...]
    folders: dict[str, int] = Field(description="Each folder with its mode")

    @property
    def rows(self) -> int:
        """Return the number of rows in all databases."""
        return sum(sum(one.rows.values()) for one in self.databases)


class Writing:
    """An archive that is being written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=4)
        self._tar = tarfile.open(fileobj=self._zip, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  (`finish` closes it)
        self.files: list[Member] = []
        self.folders: dict[str, int] = {}

    def folder(self, name: str, source: Path) -> None:
        """Note the folder *source* as *name*."""
        self.folders[written(name)] = source.stat().st_mode & 0o777

    def add(self, name: str, source: Path) -> None:
        """Add the file *source* as *name*; raise `OSError`, `FileNotFoundError` when it is gone."""
        # Opened once, so that what is checked, measured and read is one and the same file; never through a link.
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            self._put(
                written(name), _Summing(file, about.st_size), about.st_size, about.st_mode & 0o777, int(about.st_mtime)
            )

    def _put(self, name: str, content: _Summing, size: int, mode: int, time: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, mode, time
        self._tar.addfile(info, content)  # type: ignore[arg-type]
        self.files.append(Member(path=name, size=size, sha256=content.digest.hexdigest(), mode=mode))

    def finish(self, databases: tuple[Copied, ...], secret: str | None) -> Manifest:
        """Write the list of all that was added, and return it."""
        made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        found = Manifest(
            made=made, singmuk=__version__, secret=secret, databases=databases,
            files=tuple(self.files), folders=self.folders,
        )  # fmt: skip
        content = found.model_dump_json(by_alias=True).encode("utf-8")
        info = tarfile.TarInfo(LIST)
        info.size, info.mode = len(content), 0o600
        self._tar.addfile(info, io.BytesIO(content))
        self._tar.close()
        self._zip.close()
        return found


class _Summing:
    """A file that is read to its end or to *left* bytes, and summed on the way."""

    def __init__(self, file: IO[bytes], left: int) -> None:
        self._file, self._left, self.digest = file, left, hashlib.sha256()

    def read(self, size: int) -> bytes:
        found = self._file.read(min(size, self._left))
        self._left -= len(found)
        self.digest.update(found)
        return found


def written(name: str) -> str:
    """Return the *name* of a file as an archive has it: ASCII alone, since names on a disk may be no text at all."""
    return quote(os.fsencode(name), safe="/@ ")


def meant(name: str) -> str:
    """Return the name on the disk that an archive's *name* stands for."""
    return os.fsdecode(unquote_to_bytes(name))


def plain(name: str) -> bool:
    """Return whether an archive's *name* leads to a place below where it is unpacked, and to no other."""
    real = meant(name)
    parts = real.split("/")
    return written(real) == name and "\0" not in real and not any(part in ("", ".", "..") for part in parts)


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what a damaged archive raises into a `KeepError`."""
    try:
        yield
    except FileNotFoundError as fault:
        raise KeepError(f"{path}: does not exist; name an archive that `singmuk hub backup` wrote") from fault
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValidationError, UnicodeError) as fault:
        said = "its list cannot be read" if isinstance(fault, ValidationError) else str(fault)
        raise KeepError(f"{path}: is damaged or no archive of ours ({said}); use another one") from fault


def read(path: Path, target: Path | None = None) -> Manifest:
    """Check every part of the archive *path* and return its list; with *target*, unpack it into that new folder.

    Raises `KeepError`; `OSError` where nothing can be written.
    """
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    with readable(path), gzip.open(path) as whole, tarfile.open(fileobj=whole, mode="r|") as tar:
        for info in tar:
            if manifest is not None:
                raise KeepError(f"{path}: goes on after its list; it is no archive of ours, use another one")
            if not info.isreg() or not plain(info.name) or info.name in found:
                why = "leads elsewhere, is no plain file or stands there twice"
                raise KeepError(f"{path}: {info.name!r} {why}; it was tampered with, use another archive")
            file = tar.extractfile(info)
            assert file is not None  # a plain file has content
            if info.name == LIST:
                if info.size > LONGEST:
                    raise KeepError(f"{path}: its list is too long; it is no archive of ours, use another one")
                manifest = Manifest.model_validate_json(file.read())
            else:
                found[info.name] = _take(file, info, target)
        while whole.read(_BLOCK):
            pass  # to its last byte, where its own sum stands: a file that is cut short ends before
    if manifest is None:
        raise KeepError(f"{path}: has no list, so it was cut short or is no archive of ours; use another one")
    _agree(path, manifest, found)
    return manifest


def _take(file: IO[bytes], info: tarfile.TarInfo, target: Path | None) -> tuple[int, str]:
    """Return the size and the sum of *file*, written below *target* on the way."""
    digest, size = hashlib.sha256(), 0
    with contextlib.ExitStack() as stack:
        new: IO[bytes] | None = None
        if target is not None:
            place = target / meant(info.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            new = stack.enter_context(os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"))
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if new is not None:
                new.write(block)
    if target is not None:
        os.utime(target / meant(info.name), (info.mtime, info.mtime))
    return size, digest.hexdigest()


def _agree(path: Path, manifest: Manifest, found: dict[str, tuple[int, str]]) -> None:
    """Raise `KeepError` where the list and what is *found* are not the same."""
    listed = {one.path: (one.size, one.sha256) for one in manifest.files}
    wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
    wrong += sorted(name for name in manifest.folders if not plain(name))
    wrong += sorted(one.path for one in manifest.databases if one.path not in listed)
    if wrong or len(listed) != len(manifest.files):
        shown = ", ".join(repr(name) for name in wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        raise KeepError(f"{path}: {shown or 'its list'} is not what was kept; use another archive")
