"""Accounts of this machine for as long as a test needs them: real uids, removed afterwards."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

#: One test run may have several hubs; the number keeps their people apart.
_number = count()


def require_root() -> None:
    """Return when accounts can be made; else skip with the reason, or fail where SINGMUK_REQUIRE_ROOT is set."""
    reason = None
    if os.geteuid():
        reason = "real uids need root: run this as root, or in a container"
    elif missing := [one for one in ("useradd", "userdel", "unshare", "setpriv") if not shutil.which(one)]:
        reason = f"{', '.join(missing)} not found; install Debian's packages passwd and util-linux"
    elif subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        reason = "this container may not mount anything; let it (CAP_SYS_ADMIN)"
    if reason and os.environ.get("SINGMUK_REQUIRE_ROOT"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@contextmanager
def accounts(homes: Path, *roles: str) -> Iterator[list[str]]:
    """Make an account for each of *roles*, homes below *homes* and closed to others; yield their names."""
    _sweep()
    mark = f"s{os.getpid()}x{next(_number)}"
    names = [f"{mark}-{role}" for role in roles]
    try:
        for name in names:
            home = homes / name
            _run("useradd", "--system", "--user-group", "--home-dir", str(home), "--shell", "/bin/sh", name)
            home.mkdir(mode=0o700)
            found = pwd.getpwnam(name)
            os.chown(home, found.pw_uid, found.pw_gid)
        yield names
    finally:
        for name in names:
            _remove(name)


def _sweep() -> None:
    """Remove the accounts of test runs that were killed."""
    for one in pwd.getpwall():
        found = re.fullmatch(r"s(\d+)x\d+-[a-z0-9-]+", one.pw_name)
        if found and not Path("/proc", found.group(1)).exists():
            _remove(one.pw_name)


def _remove(name: str) -> None:
    subprocess.run(["userdel", name], capture_output=True, check=False)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)
