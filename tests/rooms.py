"""The trainer's room as a running program, for a browser to enter."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit


@contextlib.contextmanager
def trainer(root: Path) -> Iterator[tuple[str, str]]:
    """Run `singmuk trainer` on the course *root* while the block runs; yield its address with and without secret."""
    command = [Path(sys.executable).parent / "singmuk", "trainer", "--no-open", "--port", "18800"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield address(process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def address(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return the address that the room printed, with its secret and without."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://\S+", line):
            parts = urlsplit(found.group(0))
            return found.group(0), f"{parts.scheme}://{parts.netloc}"
    raise AssertionError(said)
