"""A machine of a test's own that systemd runs: its files, processes and network are nobody else's, and end with it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BOOT = Path(__file__).parent / "booted.sh"
NEEDED = ("unshare", "nsenter", "setpriv", "ip", "nginx", "npm", "git", "tar", "curl", "update-ca-certificates")
#: What of this process's environment the installer may need: how packages are fetched here.
FETCHING = ("PIP_", "HTTP", "http", "NO_PROXY", "no_proxy", "SSL_", "npm_config_", "NODE_EXTRA_CA_CERTS")
#: What systemd says of itself once it has started all that it was to start, whether or not all of it could.
STARTED = ("running", "degraded")
#: `setns` for the network.
CLONE_NEWNET = 0x40000000


def require() -> None:
    """Return when a machine can be started; else skip with the reason, or fail where SINGMUK_REQUIRE_SYSTEMD is set."""
    reason = None
    if os.geteuid():
        reason = "a machine of its own needs root: run this as root"
    elif missing := [one for one in NEEDED if not shutil.which(one, path=f"{os.environ['PATH']}:/usr/sbin")]:
        reason = f"{', '.join(missing)} not found; .ci/run installs them"
    elif not Path("/lib/systemd/systemd").exists():
        reason = "systemd is not installed (Debian: apt-get install systemd)"
    elif subprocess.run(
        ["/usr/bin/python3", "-m", "ensurepip", "--version"], capture_output=True, check=False
    ).returncode:
        reason = "/usr/bin/python3 has no venv (Debian: apt-get install python3-venv)"
    elif subprocess.run(["unshare", "-mpCn", "--fork", "true"], capture_output=True, check=False).returncode:
        reason = "this container may make no namespaces; let it (CAP_SYS_ADMIN)"
    if reason and os.environ.get("SINGMUK_REQUIRE_SYSTEMD"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@dataclass(frozen=True)
class Machine:
    """A running machine: *pid* is its systemd, as this one numbers it."""

    pid: int

    def do(self, script: str, *, fails: bool = False) -> str:
        """Return what *script* says, run by bash as root on the machine; it must end well, or badly when it *fails*."""
        return self._run(script, ["-n"], {}, fails)

    def put(self, source: Path, place: str) -> None:
        """Copy the file *source* of this machine, whose /tmp the other does not see, to its *place* there."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "dd", "status=none", f"of={place}"]
        subprocess.run(enter, input=source.read_bytes(), check=True)

    def fetch(self, script: str) -> str:
        """Return what *script* says, run on the machine, with the network of this one: for packages alone."""
        return self._run(script, [], {one: os.environ[one] for one in os.environ if one.startswith(FETCHING)}, False)

    def _run(self, script: str, network: list[str], more: dict[str, str], fails: bool) -> str:
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "-C", "-u", "-i", *network]
        given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root", **more}
        command = [*enter, "bash", "-euo", "pipefail", "-c", f"cd /\n{script}"]
        done = subprocess.run(command, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, f"{script}\n{said[-6000:]}"
        return said.strip()

    def inside(self, function: Callable[[], Any]) -> Any:
        """Return what *function* returns in a thread that has the machine's network; what it raises is raised here."""
        found: list[Any] = []
        fault: list[BaseException] = []

        def run() -> None:
            try:
                with Path("/proc", str(self.pid), "ns", "net").open("rb") as network:
                    if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                found.append(function())
            except BaseException as raised:
                fault.append(raised)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if fault:
            raise fault[0]
        return found[0]

    def chromium(self, folder: Path, program: str) -> Path:
        """Return a program in *folder* that is this machine's browser *program*, with the network of the other."""
        path = folder / "chromium"
        path.write_text(f'#!/bin/sh\nexec nsenter -t {self.pid} -n {program} "$@"\n', encoding="utf-8")
        path.chmod(0o755)
        return path


@contextlib.contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Run a machine in the empty *folder* while the block runs."""
    log = folder.with_suffix(".log")
    # Should this process be struck down, the machine goes with it.
    command = ["setpriv", "--pdeathsig", "KILL", str(BOOT), str(folder)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
            if children and Path("/proc", children[0], "comm").read_text(encoding="utf-8") == "systemd\n":
                found = Machine(int(children[0]))
                ready = ["nsenter", "-t", children[0], "-m", "-p", "systemctl", "is-system-running"]
                if subprocess.run(ready, capture_output=True, text=True, check=False).stdout.strip() in STARTED:
                    break
            time.sleep(0.2)
        yield found
    finally:
        process.kill()  # and with it the machine's first process, and all others
        process.wait(30)
        _forget(folder)


def _forget(folder: Path) -> None:
    """Remove the groups of processes that the machine had, once they are empty."""
    name = f"singmuk-machine-{folder.name}"
    tops = [one for pattern in (name, f"*/{name}") for one in Path("/sys/fs/cgroup").glob(pattern)]
    until = time.monotonic() + 30
    for top in tops:
        for one in sorted([top, *(path for path in top.rglob("*") if path.is_dir())], reverse=True):
            while True:
                with contextlib.suppress(OSError):
                    one.rmdir()
                    break
                assert time.monotonic() < until, one
                time.sleep(0.1)
