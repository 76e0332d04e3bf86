"""The desk's database: opened, brought to the present version, and told apart when it refuses."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Select, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

MIGRATIONS = Path(__file__).parent / "migrations"
#: Two desks that start at once on one PostgreSQL take turns by this number.
LOCK = 5_310_118
#: Seconds that a writer waits for another one.
PATIENCE = 10


class StoreError(Exception):
    """Why the desk's database cannot be used: where, what, and what to do. `code` is "full" or "busy"."""

    def __init__(self, message: str, code: str = "busy") -> None:
        self.code = code
        super().__init__(message)


def open_engine(url: str) -> Engine:
    """Return the database at *url*, its tables as this version knows them; raise `StoreError`."""
    address = make_url(url)
    shown = address.render_as_string(hide_password=True)
    sqlite = address.get_backend_name() == "sqlite"
    try:
        if sqlite and address.database and address.database != ":memory:":
            folder = Path(address.database).parent
            folder.mkdir(parents=True, exist_ok=True)
            # As open as its folder: SQLite alone would let the folder's group read, and the trainer's side not write.
            Path(address.database).touch(mode=folder.stat().st_mode & 0o666)
        engine = create_engine(address, **({} if sqlite else {"pool_pre_ping": True, "pool_size": 5}))
        if sqlite:
            event.listen(engine, "connect", _careful)
        _upgrade(engine)
    except OSError as fault:
        raise StoreError(f"{fault.filename or shown}: {fault.strerror or fault}; mend that and start again") from fault
    except SQLAlchemyError as fault:
        raise StoreError(f"{shown}: {reason(fault)}; is the address right, and the database running?") from fault
    return engine


def _careful(connection: Any, _record: Any) -> None:
    """Have SQLite write ahead, so that readers never wait, and be on the disk when it says so."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={PATIENCE * 1000}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


_upgrading = threading.Lock()  # Alembic keeps what it works on in module variables


def _upgrade(engine: Engine) -> None:
    """Bring the tables to the newest version; raise `StoreError` where a newer program has been at them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _upgrading, engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(_one(func.pg_advisory_xact_lock(LOCK)))
        found = MigrationContext.configure(connection).get_current_revision()
        known = {one.revision for one in script.walk_revisions()}
        if found is not None and found not in known:
            raise StoreError(
                f"{engine.url.render_as_string(hide_password=True)}: was written by a newer version of singmuk "
                f"(its tables are at {found}); install that one, or restore the backup made before it"
            )
        if found != script.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        connection.commit()


def _one(value: Any) -> Select[Any]:
    return select(value)


def reason(fault: BaseException) -> str:
    """Return what the database said, in one line."""
    said = str(fault.orig if isinstance(fault, DBAPIError) and fault.orig else fault)
    return said.strip().splitlines()[0] if said.strip() else type(fault).__name__


def refusal(fault: SQLAlchemyError) -> StoreError:
    """Return why nothing could be written: a full disk, or a database that does not answer."""
    said = reason(fault)
    full = "disk is full" in said or "No space left" in said or "disk I/O error" in said
    if full:
        return StoreError(f"{said}; make room on the disk, nothing else is needed", "full")
    return StoreError(f"{said}; is the database running?")
