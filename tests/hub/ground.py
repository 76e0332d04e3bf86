"""What a site of the tests stands on: the course's folders, and nothing of its people left running."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import time
from pathlib import Path

from tests.conftest import ROOT

#: What a trainer's course is made of.
COURSE = (
    *("assignments", "course", "exercises", "scenarios", "solutions", "source"),
    *("_config.yml", "nbgrader_config.py", "policy.yml"),
)


def course(folder: Path, staff: str) -> Path:
    """Put the course into *folder*, for its services' account alone."""
    folder.mkdir(mode=0o700)
    for name in COURSE:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    found = pwd.getpwnam(staff)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, found.pw_uid, found.pw_gid)
    return folder


def releases(folder: Path) -> Path:
    """Put the public halves into *folder*, for everybody to read."""
    shutil.copytree(ROOT / "exercises", folder)
    return folder


def end_all(names: list[str], leave: float) -> None:
    """End what still runs as one of *names*, whoever its parent is, within *leave* seconds."""
    uids = {pwd.getpwnam(name).pw_uid for name in names}
    until = time.monotonic() + leave
    while pids := [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and _uid(one) in uids]:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < until - 20 else signal.SIGKILL)
        assert time.monotonic() < until, pids
        time.sleep(0.1)


def _uid(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return -1
