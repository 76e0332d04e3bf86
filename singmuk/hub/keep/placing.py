"""Carry out what was checked: fill the databases, move the rest into place, and take back what fails."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from singmuk.hub.keep import databases
from singmuk.hub.keep.archive import Copied
from singmuk.hub.keep.backup import settle
from singmuk.hub.keep.holdings import Holdings, KeepError

PLAN = "plan.json"
Say = Callable[[str], None]
#: What goes where, in this order.
Moves = list[tuple[Path, Path]]


def total(path: Path) -> str:
    """Return the sum of the file *path*."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_plan(stage: Path, plan: Mapping[str, object]) -> None:
    """Write down what is to be done, so that a call that is cut short can be ended by the next."""
    fresh = stage / f"{PLAN}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(plan, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(stage / PLAN)
    settle(stage)


def carry_out(held: Holdings, stage: Path, wanted: list[Copied], moves: Moves, say: Say, *, back: bool) -> None:
    """Fill the databases and move the rest into place; with *back*, what fails is taken back."""
    filled: list[str] = []
    moved: Moves = []
    try:
        for one in wanted:
            url = held.databases[one.name]
            if one.sort == "postgresql" and not _is_in(url, one):
                say(f"Filling {databases.shown(url)} …")
                databases.load(url, stage / "parts" / one.path)
                filled.append(url)
                if not _is_in(url, one):
                    raise KeepError(f"{databases.shown(url)}: holds other rows than the archive; try again")
        for source, target in moves:
            if not source.exists() and target.exists():
                continue  # by the call that was cut short
            _move(source, target)
            moved.append((source, target))
    except BaseException:
        if back:
            for source, target in reversed(moved):
                _move(target, source)
            for url in filled:
                databases.clear(url)
        raise


def _is_in(url: str, one: Copied) -> bool:
    """Return whether the database at *url* holds what the archive has of it; raise `KeepError` for something else."""
    if not databases.there(url):
        return False
    with databases.connected(url) as connection:
        found = databases.counts(connection)
    if found != one.rows:
        raise KeepError(f"{databases.shown(url)}: holds other tables or rows already; empty it, then try again")
    return True


def _move(source: Path, target: Path) -> None:
    """Move *source* to *target* in one step, from another disk by way of a name beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        for path in sorted(target.rglob("*"), reverse=True):
            path.rmdir()  # a folder without files, as nbgrader makes one when it reads its settings
    _own(source, target.parent)
    if source.stat().st_dev == target.parent.stat().st_dev:
        source.rename(target)
    else:
        fresh = target.with_name(f".{target.name}.singmuk-new")
        if source.is_dir():
            shutil.rmtree(fresh, ignore_errors=True)  # by a call that was cut short
            shutil.copytree(source, fresh)
            _own(fresh, target.parent)
            fresh.rename(target)
            shutil.rmtree(source)
        else:
            shutil.copy2(source, fresh)
            _own(fresh, target.parent)
            fresh.rename(target)
            source.unlink()
    settle(target.parent)


def apart(moves: Moves) -> Moves:
    """Return *moves* where a folder on a disk of its own stays, and what is to lie in it is moved piece by piece."""
    found: Moves = []
    for source, target in moves:
        if source.is_dir() and target.is_mount():
            found += [(child, target / child.name) for child in sorted(source.iterdir())]
        else:
            found.append((source, target))
    return found


def _own(source: Path, folder: Path) -> None:
    """Give *source* to whoever has the *folder* where it is to lie, as the superuser can."""
    if os.geteuid() == 0:
        owner = folder.stat()
        for path in (source, *(source.rglob("*") if source.is_dir() else ())):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
