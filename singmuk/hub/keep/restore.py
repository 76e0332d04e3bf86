"""Put an archive back into an empty place: checked first, then all of it or nothing."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from singmuk.desk.secret import FILE, Secret
from singmuk.desk.state import FOLDER
from singmuk.hub.keep import archive, databases, versions
from singmuk.hub.keep.archive import Copied, Manifest
from singmuk.hub.keep.holdings import NOTHING, Holdings, KeepError, Outside, find, sqlite_file
from singmuk.hub.keep.placing import PLAN, Moves, Say, apart, carry_out, total, write_plan

#: Where an archive is unpacked; renamed from there into place.
STAGE = ".singmuk-restore"


@dataclass(frozen=True)
class Restored:
    """What was put back, and what is left to do."""

    manifest: Manifest
    todo: tuple[str, ...]


def restore(
    path: Path,
    root: Path,
    outside: Outside = NOTHING,
    *,
    without_hub: bool = False,
    say: Say = lambda _: None,
) -> Restored:
    """Put the archive *path* back into the course *root*, and *outside* it what belongs there.

    Raises `KeepError` with every fault; everything is then as it was. Where an earlier call was cut short after all
    had been checked, this one ends it.
    """
    root = root.resolve()
    with _told(root), _alone(root):
        stage = _stage(root)
        if (stage / PLAN).is_file():
            return _finish(path, root, outside, stage, without_hub=without_hub, say=say)
        shutil.rmtree(stage, ignore_errors=True)
        try:
            stage.mkdir(mode=0o700)
            say(f"Reading and checking {path.name} …")
            manifest = archive.read(path, stage / "parts")
            return _place(path, root, outside, stage, manifest, without_hub=without_hub, say=say)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _stage(root: Path) -> Path:
    """Return where an archive is unpacked: on the disk that takes most of it, which in a cluster is the only one."""
    state = root / FOLDER
    return (state if state.is_mount() else root) / STAGE


@contextlib.contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        where = fault.filename or root
        raise KeepError(f"{where}: {fault.strerror or fault}; nothing was put back; mend that and try again") from fault


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the folder *root*; raise `KeepError` when another restore works there."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as fault:
        raise KeepError(f"{root}: another restore is at work here; wait until it ends") from fault
    finally:
        os.close(handle)


def _settled(root: Path, outside: Outside, stage: Path, *, without_hub: bool) -> Holdings:
    """Return where everything goes: by the archive's own settings, where none are there yet."""
    kept = stage / "parts" / "desk.yml"
    config = outside.config or root / "desk.yml"
    hub = outside if not without_hub else Outside(outside.config)
    if kept.is_file() and not config.exists():
        found = find(root, Outside(kept, hub.hub, hub.cookie, hub.roster))
        found.files["desk.yml"] = config
        return found
    return find(root, hub)


def _place(
    path: Path, root: Path, outside: Outside, stage: Path, manifest: Manifest, *, without_hub: bool, say: Say
) -> Restored:
    held = _settled(root, outside, stage, without_hub=without_hub)
    wanted = [one for one in manifest.databases if not (without_hub and one.name == "hub")]
    moves = _moves(held, stage, manifest, outside, without_hub=without_hub)
    faults = [*_unfit(held, manifest, wanted, stage), *_taken(held, wanted, moves, stage)]
    if faults:
        raise KeepError("\n".join(dict.fromkeys(faults)))
    todo = versions.check(manifest)
    for name, mode in sorted(manifest.folders.items(), reverse=True):
        (stage / "parts" / archive.meant(name)).mkdir(parents=True, exist_ok=True)
        (stage / "parts" / archive.meant(name)).chmod(mode)
    for member in manifest.files:
        place = stage / "parts" / archive.meant(member.path)
        if place.exists():
            place.chmod(member.mode)
    moves = apart(_put_sqlite(held, stage, wanted, moves))
    plan = {"sum": total(path), "moves": [[str(one), str(other)] for one, other in moves], "todo": todo}
    write_plan(stage, plan)
    carry_out(held, stage, wanted, moves, say, back=True)
    return Restored(manifest, tuple(todo))


def _moves(held: Holdings, stage: Path, manifest: Manifest, outside: Outside, *, without_hub: bool) -> Moves:
    """Return what goes where, databases apart; raise `KeepError` where a place is not named."""
    parts = stage / "parts"
    moves = [(parts / "course" / folder, held.root / folder) for folder in held.folders]
    tops = {archive.meant(name) for name in (*manifest.folders, *(one.path for one in manifest.files))}
    faults = [
        f"{name}: is a folder of the archive and none of the course in {held.root}; mend nbgrader_config.py"
        for name in sorted(tops)
        if name.startswith("course/") and not _inside(Path(name).relative_to("course"), held.folders)
    ]
    if any(name == "desk.yml" for name in tops):
        moves.append((parts / "desk.yml", held.files["desk.yml"]))
    hubs = {"hub": (outside.hub, "--hub-database"), "cookie-secret": (outside.cookie, "--cookie-secret")}
    kept = {one.name for one in manifest.databases} | tops
    if not without_hub:
        faults += [
            f"{name}: is in the archive; say where it goes with {option}, or use --without-hub"
            for name, (given, option) in hubs.items()
            if name in kept and not given
        ]
        rosters = sorted(name for name in tops if name.startswith("roster/"))
        if rosters and not outside.roster:
            faults.append("roster: is in the archive; say where it goes with --roster, or use --without-hub")
        elif outside.roster:
            moves += [(parts / name, outside.roster.absolute().parent / Path(name).name) for name in rosters]
        if "cookie-secret" in tops and outside.cookie:
            moves.append((parts / "cookie-secret", outside.cookie.absolute()))
    if faults:
        raise KeepError("\n".join(faults))
    return [(one, other) for one, other in moves if one.exists() or one.is_relative_to(parts / "course")]


def _inside(path: Path, folders: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _unfit(held: Holdings, manifest: Manifest, wanted: list[Copied], stage: Path) -> Iterator[str]:
    """Yield what of the archive cannot be used with the settings here."""
    for one in wanted:
        if one.name not in held.databases:
            yield f"{one.name}: is in the archive, and {held.root} has none; put nbgrader_config.py back first"
            continue
        sort = make_url(held.databases[one.name]).get_backend_name()
        if sort != one.sort:
            names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
            yield (
                f"{one.name}: was kept from {names[one.sort]}, and the settings here name {names[sort]}; "
                "set the same sort of database"
            )
    kept = stage / "parts" / "course" / held.desk.state.relative_to(held.root) / FILE
    text = held.desk.secret or (kept.read_text(encoding="ascii").strip() if kept.is_file() else None)
    if manifest.secret is not None and (text is None or Secret(text).mark("backup")[:16] != manifest.secret):
        what = "is missing" if text is None else "is another one"
        yield f"SINGMUK_DESK_SECRET: {what}; set the one of the archive's desk, or numbers lead to nobody"


def _taken(held: Holdings, wanted: list[Copied], moves: Moves, stage: Path) -> Iterator[str]:
    """Yield what is there already, where only an empty place will do."""
    advice = "restore never writes over anything; move it away, or `singmuk hub erase` the campaign first"
    for source, target in moves:
        if target.is_symlink() or target.is_file():
            if not (source.is_file() and target.is_file() and source.read_bytes() == target.read_bytes()):
                yield f"{target}: exists already; {advice}"
        elif target.is_dir() and _filled(target, stage):
            yield f"{target}: holds files already; {advice}"
    for one in wanted:
        url = held.databases.get(one.name)
        if url is None:
            continue
        file = sqlite_file(url)
        if file and file.exists():
            yield f"{file}: exists already; {advice}"
        elif not file and databases.there(url):
            yield f"{databases.shown(url)}: holds tables already; {advice}"


def _filled(folder: Path, stage: Path) -> bool:
    """Return whether a file or a link lies in *folder*, where we have unpacked nothing."""
    return any(
        (not path.is_dir() or path.is_symlink()) and not path.is_relative_to(stage) for path in folder.rglob("*")
    )


def _put_sqlite(held: Holdings, stage: Path, wanted: list[Copied], moves: Moves) -> Moves:
    """Put SQLite files into the folders that are to be moved, and return all that is to be moved, last what counts."""
    others = []
    for one in wanted:
        file = held.sqlite(one.name)
        if file is None:
            continue
        source = stage / "parts" / one.path
        source.chmod(0o600)
        part = file.relative_to(held.root) if file.is_relative_to(held.root) else None
        if part and _inside(part, held.folders):
            place = stage / "parts" / "course" / part
            place.parent.mkdir(parents=True, exist_ok=True)
            source.rename(place)
        else:
            others.append((source, file))
    whole = [*others, *reversed(moves)]
    return [(one, other) for one, other in whole if one.exists() and not (other.is_file() and one.is_file())]


def _finish(path: Path, root: Path, outside: Outside, stage: Path, *, without_hub: bool, say: Say) -> Restored:
    """End what an earlier call has begun with the same archive."""
    plan = json.loads((stage / PLAN).read_text(encoding="utf-8"))
    if not path.is_file() or total(path) != plan["sum"]:
        raise KeepError(f"{stage}: the restore of another archive was cut short; run that one again to end it")
    say("An earlier restore was cut short; ending it.")
    manifest = archive.read(path)
    held = _settled(root, outside, stage, without_hub=without_hub)
    wanted = [one for one in manifest.databases if not (without_hub and one.name == "hub")]
    carry_out(held, stage, wanted, [(Path(one), Path(other)) for one, other in plan["moves"]], say, back=False)
    shutil.rmtree(stage)
    return Restored(manifest, tuple(plan["todo"]))
