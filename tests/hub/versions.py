"""JupyterHub's next line, in a folder that goes before the locked environment."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

WANTED = Path(__file__).with_name("requirements-6.txt")


def jupyterhub_6() -> Path:
    """Return the folder with JupyterHub 6.1.1, made where it is missing, and again where other versions are named."""
    work = ROOT / "_build" / "hub"
    work.mkdir(parents=True, exist_ok=True)
    folder, digest = work / "jupyterhub-6", hashlib.sha256(WANTED.read_bytes()).hexdigest()
    with (work / ".jupyterhub-6.lock").open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = folder / ".made-from"
        if not (mark.is_file() and mark.read_text(encoding="ascii") == digest):
            shutil.rmtree(folder, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += ["--require-hashes", "--only-binary=:all:", "--target", str(folder), "-r", str(WANTED)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            mark.write_text(digest, encoding="ascii")
    return folder
