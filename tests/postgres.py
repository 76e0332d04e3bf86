"""A server of PostgreSQL of our own, for as long as the tests run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.submissions import ask


class NoPostgresError(Exception):
    """Why no server of PostgreSQL can be started here."""


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not folders:
        raise NoPostgresError("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    return folders[0]


@dataclass(frozen=True)
class Server:
    """A running server: its process, and the address under which its databases are."""

    pid: int
    base: str

    def database(self, name: str) -> str:
        """Return the address of an empty database called *name*."""
        engine = create_engine(f"{self.base}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'drop database if exists "{name}" with (force)'))
            connection.execute(text(f'create database "{name}"'))
        engine.dispose()
        return f"{self.base}/{name}"


@contextmanager
def server(folder: Path):
    """Run a server of PostgreSQL of our own with its data in *folder*."""
    programs = _programs()
    as_who: list[str] = []
    if os.geteuid() == 0:  # it refuses to run as root
        if not shutil.which("setpriv"):
            raise NoPostgresError("PostgreSQL does not run as root, and there is no setpriv to be somebody else")
        as_who = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chown(folder, 65534, 65534)
        for parent in folder.parents:  # pytest's folders are closed to others
            if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o011)
    data = folder / "data"
    subprocess.run(
        [*as_who, programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
    with (folder.parent / "postgres.log").open("wb") as log:
        started = subprocess.Popen(
            [*as_who, programs / "postgres", "-D", data, *options], stderr=log, stdout=log, cwd="/"
        )
        base = f"postgresql+psycopg://tester@127.0.0.1:{port}"
        try:
            _await(f"{base}/postgres", started)
            yield Server(started.pid, base)
        finally:
            started.send_signal(signal.SIGINT)  # fast: ends its connections
            started.wait(30)


def _await(url: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            ask(url, "select 1")
            return
        except Exception:
            if time.monotonic() > until or server.poll() is not None:
                raise
            time.sleep(0.1)
