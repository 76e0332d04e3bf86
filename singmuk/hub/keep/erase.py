"""Erase what a campaign keeps of people, in an order that can be cut short anywhere; the next call goes on."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url

from singmuk.desk.secret import FILE
from singmuk.desk.state import WHAT
from singmuk.hub.keep import databases
from singmuk.hub.keep.holdings import JOURNALS, Holdings, KeepError, sqlite_file

#: Tables of a gradebook that are about participants; the others hold assignments and their due dates.
PEOPLE = (
    "comment",
    "grade",
    "submitted_notebook",
    "submitted_assignment",
    "student",
    "singmuk_graded",
    "singmuk_history",
)
#: Tables that hold a version and nothing else.
VERSION = "alembic_version"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Piece:
    """One thing that is to go, in words."""

    where: str
    what: str


def found(held: Holdings) -> list[Piece]:
    """Return what is there of people; raise `KeepError`."""
    pieces = []
    if (secret := held.desk.state / FILE).exists():
        pieces.append(Piece(str(secret), "the secret that leads from a number to a name"))
    for name in ("desk", "gradebook"):
        url = held.databases.get(name)
        if url is None or not databases.there(url):
            continue
        with databases.connected(url) as connection:
            rows = sum(
                many for table, many in databases.counts(connection).items() if table in _tables(name, connection)
            )
        whole = name == "desk" and sqlite_file(url) is not None
        if rows or whole:
            pieces.append(Piece(databases.shown(url), f"{rows:,} rows on participants"))
    for folder in held.folders:
        top = held.root / folder
        for path in sorted(top.iterdir()) if top.is_dir() and not top.is_symlink() else ():
            if path not in held.known() and path.name not in (FILE, ".running"):
                pieces.append(Piece(str(path), WHAT.get(path.name, "")))
    return pieces


def _tables(name: str, connection: Connection) -> list[str]:
    there = inspect(connection).get_table_names()
    return [table for table in there if (table != VERSION if name == "desk" else table in PEOPLE)]


def erase(held: Holdings, say: Say = lambda _: None) -> None:
    """Erase what is held of people; raise `KeepError`, and what is left goes at the next call."""
    with _told(held.root), _unused(held):
        # First what leads to names: whatever stays when this is cut short is nobody's any more.
        (held.desk.state / FILE).unlink(missing_ok=True)
        say("The secret is gone.")
        for name in ("desk", "gradebook"):
            if name in held.databases:
                _empty(name, held.databases[name])
                say(f"The {name}'s database is empty.")
        for folder in held.folders:
            _clear(held.root / folder, held.known())
        say("The folders are empty.")


@contextlib.contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        where, said = fault.filename or root, fault.strerror or fault
        raise KeepError(f"{where}: {said}; what is left goes when you mend that and run the command again") from fault


@contextlib.contextmanager
def _unused(held: Holdings) -> Iterator[None]:
    """Hold what the course's programs hold; raise `KeepError` while one of them runs."""
    files = (held.desk.state / ".running", *held.locks)
    with contextlib.ExitStack() as stack:
        for path in files:
            if path.parent.is_dir():
                lock = stack.enter_context(path.open("a+b"))
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as fault:
                    raise KeepError(f"{path.parent}: a program of the course is at work; stop it first") from fault
        for name in ("desk", "gradebook"):
            if name in held.databases:
                alone(held.databases[name])
        yield


def alone(url: str) -> None:
    """Return when no other program has the database at *url* open; raise `KeepError`."""
    file = sqlite_file(url)
    advice = "stop the desk, the room, the formgrader and the hub first"
    if file is None:
        with databases.connected(url) as connection:
            others = connection.scalar(text(
                "select count(*) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid() and backend_type = 'client backend'"
            ))  # fmt: skip
        if others:
            raise KeepError(f"{databases.shown(url)}: {others} other programs are connected; {advice}")
    elif whose := _openers(file):
        raise KeepError(f"{file}: is open in {', '.join(whose)}; {advice}")


def _openers(file: Path) -> list[str]:
    """Return the programs, as far as we may see them, that have the *file* or a journal of it open."""
    names = {f"{file}{end}" for end in ("", *JOURNALS)}
    whose = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.name != str(os.getpid()) and any(
                str(one.readlink()) in names for one in (process / "fd").iterdir()
            ):
                whose.append(f"{(process / 'comm').read_text().strip()} (process {process.name})")
    return sorted(whose)


def _empty(name: str, url: str) -> None:
    """Remove all rows on people from the database at *url*, so that no byte of them stays in its files."""
    file = sqlite_file(url)
    if file is not None and name == "desk":
        for end in ("", *JOURNALS):  # nothing else is in it, and the next start makes it anew
            Path(f"{file}{end}").unlink(missing_ok=True)
    elif databases.there(url):
        with databases.connected(url) as connection:
            tables = [connection.dialect.identifier_preparer.quote(one) for one in _tables(name, connection)]
        if file is None and tables:
            with databases.connected(url) as connection:
                # Unlike a deletion it leaves no dead rows in the files.
                connection.execute(text(f"truncate {', '.join(tables)} restart identity"))
                connection.commit()
        elif tables:
            with databases.connected(url) as connection:
                connection.execute(text("pragma secure_delete=on"))
                for one in tables:
                    connection.execute(text(f"delete from {one}"))
                connection.commit()
            rewrite(url)


def rewrite(url: str) -> None:
    """Have the database at *url* write its files anew, without what was deleted; raise `KeepError`."""
    lite = sqlite_file(url) is not None
    with databases.connected(url, isolation_level="AUTOCOMMIT") as connection:
        if lite:
            connection.execute(text("pragma journal_mode=delete"))
            connection.execute(text("vacuum"))
            return
        quote = connection.dialect.identifier_preparer.quote
        for one in inspect(connection).get_table_names():
            connection.execute(text(f"vacuum full {quote(one)}"))


def _clear(top: Path, keep: set[Path]) -> None:
    """Remove all below *top* but the files to *keep* and the folders in which they lie."""
    if top.is_symlink() or not top.is_dir():
        return
    for path in top.iterdir():
        if path.is_dir() and not path.is_symlink():
            if any(one.is_relative_to(path) for one in keep if one.exists()):
                _clear(path, keep)
            else:
                shutil.rmtree(path)
        elif path not in keep:
            path.unlink()


def stays(held: Holdings) -> list[str]:
    """Return what is not erased, a line each, for whoever has to."""
    lines = ["Archives of `singmuk hub backup`, and copies elsewhere: remove them where they lie."]
    if held.desk.secret:
        lines.append("SINGMUK_DESK_SECRET (or `secret` in desk.yml): set another one, or numbers still lead to names.")
    lines.append("The roster, a register made with --numbers, and what the hub and its front wrote to their logs.")
    lines.append("What lies in people's own seats and downloads: their exercises and receipts.")
    if any(make_url(url).get_backend_name() == "postgresql" for url in held.databases.values()):
        lines.append("PostgreSQL's own log of changes (WAL) and what archives it: it is written over in time.")
    lines.append("The course, desk.yml, and the gradebook's assignments with their due dates: nobody is in them.")
    return lines
