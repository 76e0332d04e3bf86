"""A database as a whole: copied while it is in use, counted, put into an empty one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, create_engine, func, inspect, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from singmuk.desk.store.engine import reason
from singmuk.hub.keep.holdings import KeepError, sqlite_file

#: Seconds to wait for a program that writes to the same SQLite file.
PATIENCE = 60
Counts = dict[str, int]


def shown(url: str) -> str:
    """Return the address *url* without a password, a file as its path."""
    return str(sqlite_file(url) or make_url(url).render_as_string(hide_password=True))


def there(url: str) -> bool:
    """Return whether the database at *url* exists and holds a table; raise `KeepError`."""
    path = sqlite_file(url)
    if path and not path.is_file():
        return False
    with connected(url) as connection:
        return bool(inspect(connection).get_table_names())


@contextlib.contextmanager
def connected(url: str, **options: Any) -> Iterator[Connection]:
    """Yield a connection to the database at *url*; what it refuses becomes a `KeepError`."""
    found = make_url(url)
    if found.get_backend_name() == "postgresql":
        found = found.set(drivername="postgresql+psycopg")  # whichever driver the hub uses
    engine = create_engine(found, **options)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as fault:
        raise KeepError(f"{shown(url)}: {reason(fault)}; mend that and run the command again") from fault
    finally:
        engine.dispose()


def counts(connection: Connection) -> Counts:
    """Return how many rows each table holds."""
    names = sorted(inspect(connection).get_table_names())
    return {name: int(connection.scalar(select(func.count()).select_from(table(name))) or 0) for name in names}


def revision(connection: Connection) -> str | None:
    """Return the version of the tables, as Alembic writes it; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("select version_num from alembic_version"))
    return None if found is None else str(found)


def copy(url: str, target: Path) -> tuple[Counts, str | None]:
    """Write all of the database at *url* to the new file *target*; return its rows by table and its version.

    What is written meanwhile is in the copy wholly or not at all. Raises `KeepError`.
    """
    path = sqlite_file(url)
    if path is None:
        return _dump(url, target)
    until = time.monotonic() + PATIENCE

    def patient(status: int, _left: int, _whole: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > until:
            raise KeepError(f"{path}: another program has held it for {PATIENCE} seconds; try again later")

    try:
        with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(target)) as new:
            source.backup(new, progress=patient)
            new.execute("pragma journal_mode=delete")  # one file, without a second beside it
            wrong = new.execute("pragma integrity_check").fetchone()[0]
    except sqlite3.Error as fault:
        raise KeepError(f"{path}: cannot be copied ({fault}); mend that and run the command again") from fault
    if wrong != "ok":
        raise KeepError(f"{path}: is damaged ({wrong.splitlines()[0]}); put back the last good copy")
    return look(target)


def look(path: Path) -> tuple[Counts, str | None]:
    """Return the rows by table and the version of the SQLite file *path*; raise `KeepError`."""
    with connected(URL.create("sqlite", database=str(path)).render_as_string()) as connection:
        return counts(connection), revision(connection)


def _dump(url: str, target: Path) -> tuple[Counts, str | None]:
    with connected(url, isolation_level="REPEATABLE READ") as connection:
        # The counts and the copy see one and the same moment.
        moment = connection.scalar(text("select pg_export_snapshot()"))
        found = counts(connection), revision(connection)
        run(
            "pg_dump",
            url,
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={moment}",
            f"--file={target}",
        )
    return found


def load(url: str, source: Path) -> None:
    """Put the copy *source* into the empty PostgreSQL database at *url*, whole or not at all; raise `KeepError`."""
    run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", last=str(source))


def run(program: str, url: str, *options: str, last: str | None = None) -> None:
    """Run PostgreSQL's own *program* on the database at *url*; raise `KeepError` with what it says."""
    found = make_url(url)
    values = found.translate_connect_args(username="user", database="dbname") | dict(found.query)
    secret = values.pop("password", None)  # others may read a program's arguments
    environment = os.environ | ({"PGPASSWORD": str(secret)} if secret else {})
    command = [program, f"--dbname={make_conninfo(**values)}", *options, *([last] if last else [])]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment)
    except OSError as fault:
        advice = "install PostgreSQL's client programs (Debian: apt-get install postgresql-client)"
        raise KeepError(f"{program}: cannot be run ({fault.strerror}); {advice}") from fault
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"code {done.returncode}"]
        raise KeepError(f"{shown(url)}: {said[0]}; mend that and run the command again")


def clear(url: str) -> None:
    """Remove every table of the PostgreSQL database at *url*, which was empty before we filled it."""
    with connected(url) as connection:
        quoted = connection.dialect.identifier_preparer.quote
        for name in inspect(connection).get_table_names():
            connection.execute(text(f"drop table {quoted(name)} cascade"))
        connection.commit()
