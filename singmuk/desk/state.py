"""The folder in which everything lies that a campaign leaves: held while the course runs, removed after asking."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click

FOLDER = "state"
#: What lies there, for whoever is asked.
WHAT = {
    "desk.db": "what participants answered and handed in, and released feedback",
    "desk.secret": "the secret by which participants' numbers are made",
    "submitted": "what was collected",
    "intake": "originals of what was collected or refused",
    "autograded": "graded notebooks, with what a participant chose",
    "feedback": "pages of feedback",
    "gradebook.db": "all points and comments",
    "logs": "what the programs said",
}


@contextlib.contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold the state *folder* while the block runs; yield whether it could be had."""
    with (folder / ".running").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def lines(folder: Path) -> list[str]:
    """Return what lies in the state *folder*, a line each."""
    names = [path.name for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    kept = [name for name in names if not name.endswith(("-wal", "-shm"))]
    width = max((len(name) for name in kept), default=0)
    return [f"  {name:<{width}}  {WHAT.get(name, '')}".rstrip() for name in kept]


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(*, yes: bool) -> None:
    """Remove the state folder of the course in this folder, after asking."""
    folder = Path(FOLDER)
    if not folder.is_dir() or folder.is_symlink():
        click.echo(f"There is no folder {FOLDER}/ here; nothing to remove.")
        return
    with held(folder) as mine:
        if not mine:
            raise click.ClickException("the course is running; press Ctrl-C where it was started, then try again")
        click.echo("\n".join([f"{folder.resolve()} holds:", *(lines(folder) or ["  nothing"])]))
        if not yes:
            if not sys.stdin.isatty():
                raise click.ClickException("not removed: nobody can be asked here; use `make clean-state YES=1`")
            if not click.confirm("Remove all of it for good?"):
                click.echo("Not removed.")
                sys.exit(1)
        try:
            shutil.rmtree(folder)
        except OSError as fault:
            raise click.ClickException(f"{fault.filename}: {fault.strerror}; what is left stays there") from fault
    click.echo(f"{FOLDER}/ is removed.")


if __name__ == "__main__":
    remove()
