"""What a campaign leaves, and where: databases, folders, and the few files without which they mean nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from singmuk.desk import settings as configuration
from singmuk.desk.settings import Settings, SettingsError
from singmuk.gradebook.settings import GradebookError

#: Databases in the order in which they are kept and put back.
NAMES = ("desk", "gradebook", "hub")
#: Beside submitted/: originals of what was collected.
INTAKE = "intake"
#: No part of a campaign: locks, what the programs said, what SQLite makes anew.
PASSING = (".lock", ".singmuk.lock", ".running", ".singmuk-restore", "logs")
JOURNALS = ("-wal", "-shm", "-journal")


class KeepError(Exception):
    """Why nothing was kept, put back or erased: where, what, and what to do; every fault a line."""


@dataclass(frozen=True)
class Outside:
    """What lies outside a course's folder: the hub's own, and settings that were put elsewhere."""

    config: Path | None = None
    hub: str | None = field(default=None, repr=False)
    cookie: Path | None = None
    roster: Path | None = None


@dataclass(frozen=True)
class Holdings:
    """A campaign's things, whether or not they are there yet."""

    root: Path
    desk: Settings
    #: Each database's address by its name.
    databases: dict[str, str] = field(repr=False)
    #: Folders, relative to the course's, none in another.
    folders: tuple[Path, ...]
    #: Single files by their name in an archive.
    files: dict[str, Path]
    #: Where `singmuk collect` and `singmuk grade` hold what they write to.
    locks: tuple[Path, ...]

    def sqlite(self, name: str) -> Path | None:
        """Return the file of the database *name*, None when it is no file."""
        return sqlite_file(self.databases[name])

    def known(self) -> set[Path]:
        """Return the files of the databases, journals included: they are kept in another way."""
        files = [path for name in self.databases if (path := self.sqlite(name))]
        return {Path(f"{path}{end}") for path in files for end in ("", *JOURNALS)}

    def walk(self) -> Iterator[Path]:
        """Yield each file and folder below the campaign's folders, folders first; links are not followed."""
        known = self.known()
        for folder in self.folders:
            top = self.root / folder
            if top.is_symlink() or not top.is_dir():
                continue
            yield top
            for place, folders, files in os.walk(top):
                here = Path(place)
                folders[:] = sorted(name for name in folders if name not in PASSING)
                names = sorted({*folders, *files} - set(PASSING))
                yield from (here / name for name in names if here / name not in known)


def sqlite_file(url: str) -> Path | None:
    """Return the file that *url* names, None when it is no SQLite's."""
    found = make_url(url)
    return Path(found.database).resolve() if found.get_backend_name() == "sqlite" and found.database else None


#: A campaign whose things all lie in its folder.
NOTHING = Outside()


def find(root: Path, outside: Outside = NOTHING) -> Holdings:
    """Return what the campaign in the folder *root* leaves; raise `KeepError`."""
    root = root.resolve()
    try:
        desk = configuration.read(root, file=outside.config)
        databases, folders, locks = {"desk": desk.url}, [desk.state], []
        if (root / "nbgrader_config.py").is_file():
            from singmuk.gradebook import settings  # noqa: PLC0415  (nbgrader is slow to load)

            book = settings.read(root)
            databases["gradebook"] = book.db_url
            steps = [
                Path(getattr(book.coursedir, f"{step}_directory")) for step in ("submitted", "autograded", "feedback")
            ]
            folders += [root / step for step in (*steps, steps[0].parent / INTAKE)]
            locks = [root / steps[0].parent / INTAKE / ".lock", root / steps[1] / ".singmuk.lock"]
        if outside.hub:
            make_url(outside.hub)
            databases["hub"] = outside.hub
    except (SettingsError, GradebookError) as fault:
        raise KeepError(str(fault)) from fault
    except ArgumentError as fault:
        raise KeepError("the hub's database: is no address; write sqlite:////…/hub.sqlite or postgresql://…") from fault
    return Holdings(root, desk, _apart(databases), _below(root, folders), _files(root, outside), tuple(locks))


def _apart(databases: dict[str, str]) -> dict[str, str]:
    """Return *databases*; raise `KeepError` where two are one, or one is of a sort that we do not know."""
    seen: dict[object, str] = {}
    for name, url in databases.items():
        found = make_url(url)
        if found.get_backend_name() not in ("sqlite", "postgresql"):
            raise KeepError(f"the {name}'s database: is neither SQLite nor PostgreSQL; keep it with its own tools")
        one = sqlite_file(url) or (found.host, found.port or 5432, found.database)
        if one in seen:
            raise KeepError(f"the {seen[one]} and the {name} have one database between them; give each its own")
        seen[one] = name
    return databases


def _below(root: Path, folders: list[Path]) -> tuple[Path, ...]:
    """Return *folders* relative to *root*, none in another; raise `KeepError` for one that lies elsewhere."""
    found: list[Path] = []
    for folder in sorted({Path(os.path.normpath(one)) for one in folders}):
        if not folder.is_relative_to(root) or folder == root:
            raise KeepError(f"{folder}: lies outside {root}; set the course's folders below it in nbgrader_config.py")
        part = folder.relative_to(root)
        if not any(part.is_relative_to(one) for one in found):
            found.append(part)
    return tuple(found)


def _files(root: Path, outside: Outside) -> dict[str, Path]:
    found = {"desk.yml": outside.config or root / configuration.FILE}
    if outside.cookie:
        found["cookie-secret"] = outside.cookie
    if outside.roster:
        found[f"roster/{outside.roster.name}"] = outside.roster
        for path in _tables(outside.roster):
            found[f"roster/{path.name}"] = path
    return {name: Path(os.path.abspath(path)) for name, path in found.items()}  # noqa: PTH100  (a link stays one)


def _tables(roster: Path) -> list[Path]:
    """Return the tables that *roster* names and that lie beside it."""
    from singmuk import yaml_lines  # noqa: PLC0415

    data = yaml_lines.read(roster).data if roster.is_file() else None
    campaigns = data.get("campaigns") if isinstance(data, dict) else None
    cells = [cell for one in campaigns or () if isinstance(one, dict) for cell in one.values()]
    names = [str(cell["file"]) for cell in cells if isinstance(cell, dict) and "file" in cell]
    return [roster.parent / name for name in names if Path(name).name == name]
