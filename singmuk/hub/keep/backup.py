"""Write one archive of a campaign while it runs, and read it again before it counts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from singmuk.desk.secret import FILE, find
from singmuk.desk.settings import Settings, SettingsError
from singmuk.hub.keep import archive, databases
from singmuk.hub.keep.archive import Copied, Manifest, Writing
from singmuk.hub.keep.holdings import Holdings, KeepError
from singmuk.hub.names import Campaign

#: Seconds to wait for `singmuk collect` or `singmuk grade`, which may be in the middle of a participant's files.
PATIENCE = 120
#: Called with how many more files are in the archive, and of how many.
Advance = Callable[[int, int], None]


@dataclass
class Kept:
    """What was written, and what was not."""

    path: Path
    manifest: Manifest
    size: int = 0
    #: Links and such, which lead out of the campaign or are no content.
    passed: list[Path] = field(default_factory=list)
    #: Older archives that were removed.
    removed: list[Path] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def backup(
    held: Holdings, folder: Path, campaign: Campaign, *, keep: int = 0, advance: Advance = lambda _more, _all: None
) -> Kept:
    """Write an archive of what is *held* into *folder* and return what became of it.

    With *keep*, so many of the campaign's archives stay there, the newest. Raises `KeepError`; there is then no new
    archive, and the old ones are as they were.
    """
    with _named(folder), _alone(folder):
        fresh = folder / f".singmuk-{secrets.token_hex(6)}.new"
        work = folder / f".singmuk-{secrets.token_hex(6)}.work"
        work.mkdir(mode=0o700)
        try:
            kept = _write(held, fresh, work, advance)
            if archive.read(fresh) != kept.manifest:
                raise KeepError(f"{folder}: what was written reads otherwise; look at the disk, then try again")
            kept.path = folder / name_of(campaign, datetime.now(UTC))
            if kept.path.exists():
                raise KeepError(f"{kept.path}: exists already; try again in a second")
            fresh.rename(kept.path)
            settle(folder)
        finally:
            fresh.unlink(missing_ok=True)
            shutil.rmtree(work, ignore_errors=True)
        kept.size = kept.path.stat().st_size
        kept.removed = archives(folder, campaign)[keep:] if keep else []
        for old in kept.removed:
            old.unlink()
    return kept


@contextlib.contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a `KeepError`."""
    try:
        yield
    except OSError as fault:
        where, said = fault.filename or folder, fault.strerror or fault
        advice = "no archive was written, and the older ones are as they were; mend that and try again"
        raise KeepError(f"{where}: {said}; {advice}") from fault


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the *folder* of archives, and remove what an interrupted run left there; raise `KeepError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".singmuk.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise KeepError(f"{folder}: another backup is being written there; wait until it ends") from fault
        for left in folder.glob(".singmuk-*.new"):
            left.unlink()
        for left in folder.glob(".singmuk-*.work"):
            shutil.rmtree(left)
        yield


def settle(folder: Path) -> None:
    """Have the disk keep what *folder* lists."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(held: Holdings, fresh: Path, work: Path, advance: Advance) -> Kept:
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file, _still(held):
        writing = Writing(file)
        copied = tuple(_databases(held, work, writing))
        missing = [name for name in held.databases if name not in {one.name for one in copied}]
        found = list(held.walk())
        files = [(name, path) for name, path in held.files.items() if path.is_file()]
        missing += [name for name, path in held.files.items() if not path.is_file()]
        whole = len(found) + len(files)
        for name, path in files:
            writing.add(name, path)
            advance(1, whole)
        passed = [path for path in found if not _take(writing, held.root, path, advance, whole)]
        manifest = writing.finish(copied, mark(held.desk))
        file.flush()
        os.fsync(file.fileno())
    return Kept(fresh, manifest, passed=passed, missing=missing)


def _take(writing: Writing, root: Path, path: Path, advance: Advance, whole: int) -> bool:
    """Add *path*; return whether it is a file or a folder, gone by now or not."""
    advance(1, whole)
    name = f"course/{path.relative_to(root).as_posix()}"
    try:
        sort = path.lstat().st_mode
        if stat.S_ISDIR(sort):
            writing.folder(name, path)
        elif stat.S_ISREG(sort):
            writing.add(name, path)
        else:
            return False
    except FileNotFoundError:
        pass  # what a program wrote under a passing name and has put in its place
    return True


def _databases(held: Holdings, work: Path, writing: Writing) -> Iterator[Copied]:
    for name, url in held.databases.items():
        if not databases.there(url):
            continue
        sort = "sqlite" if make_url(url).get_backend_name() == "sqlite" else "postgresql"
        member = f"databases/{name}.{sort}"
        target = work / name
        target.touch(mode=0o600)
        if sort == "postgresql":
            target.unlink()
        rows, version = databases.copy(url, target)
        writing.add(member, target)
        target.unlink()
        yield Copied(name=name, sort=sort, path=member, revision=version, rows=rows)  # type: ignore[arg-type]


@contextlib.contextmanager
def _still(held: Holdings) -> Iterator[None]:
    """Hold what `singmuk collect` and `singmuk grade` write to, so that each participant's files are of one moment."""
    with contextlib.ExitStack() as stack:
        for path in held.locks:
            if not path.parent.is_dir():
                continue
            lock = stack.enter_context(path.open("a+b"))
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as fault:
                    if time.monotonic() > until:
                        raise KeepError(
                            f"{path.parent}: `singmuk collect` or `singmuk grade` is at work; try again when it is done"
                        ) from fault
                    time.sleep(0.1)
        yield


def mark(settings: Settings) -> str | None:
    """Return a mark of the desk's secret, by which another one is told from it; None where there is none."""
    if not settings.secret and not (settings.state / FILE).is_file():
        return None
    try:
        return find(settings).mark("backup")[:16]
    except SettingsError as fault:
        raise KeepError(str(fault)) from fault


def name_of(campaign: Campaign, now: datetime) -> str:
    """Return the name of the archive of *campaign* that is made *now*."""
    return f"{_start(campaign)}{now:%Y%m%dT%H%M%SZ}.tar.gz"


def _start(campaign: Campaign) -> str:
    return f"singmuk-{campaign.name}-" if campaign.name else "singmuk-"  # a name begins with a letter, a day does not


def archives(folder: Path, campaign: Campaign) -> list[Path]:
    """Return the archives of *campaign* in *folder*, the newest first; what is called otherwise is none."""
    named = re.compile(re.escape(_start(campaign)) + r"\d{8}T\d{6}Z\.tar\.gz")
    return sorted((path for path in folder.iterdir() if named.fullmatch(path.name)), reverse=True)
