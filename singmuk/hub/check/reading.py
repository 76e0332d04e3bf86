"""Have a hub's configuration read by a process of its own, within a time limit."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from singmuk.hub.check.finished import Finished, Part

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ReadError(Exception):
    """A configuration that cannot be read; the message says where, what, and what to do."""


def environment(file: Path) -> dict[str, str]:
    """Return the variables in *file*, as systemd reads an EnvironmentFile; raise `ReadError` with every fault."""
    found, faults = {}, []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise ReadError(f"{file}: cannot be read: {_said(fault)}; name the file with the hub's environment") from fault
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        name, equals, value = text.partition("=")
        read = _value(value.strip())
        if not equals or not NAME.fullmatch(name) or read is None:
            faults.append(f'{file}:{number}: must be NAME=VALUE; put a value with spaces or quotes into "…"')
            continue
        found[name] = read
    if faults:
        raise ReadError("\n".join(faults))
    return found


def _value(text: str) -> str | None:
    """Return what *text* after the = stands for; None where it is no single value."""
    quoted = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', text)
    if quoted:
        return re.sub(r'\\(["\\$`])', r"\1", quoted.group(1))
    plain = re.fullmatch(r"'([^']*)'|([^\s\"'\\]*)", text)
    return (plain.group(1) or plain.group(2) or "") if plain else None


def read(file: Path, environment_file: Path | None = None, seconds: float = 60) -> Finished:
    """Return the finished configuration of *file*, read by a child within *seconds*; raise `ReadError`."""
    if not file.is_file():
        raise ReadError(f"{file}: does not exist; name the hub's configuration, such as jupyterhub_config.py")
    try:
        source = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ReadError(f"{file}: cannot be read: {_said(fault)}; mend that") from fault
    given = environment(environment_file) if environment_file else {}
    with tempfile.TemporaryDirectory(prefix="singmuk-check-") as folder:
        output = Path(folder) / "found.json"
        _run(file, output, os.environ | given, seconds)
        try:
            answer = json.loads(output.read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            raise ReadError(f"{file}: ends the program that reads it; run `python {file}` to see how") from fault
    if "fault" in answer:
        line, message = answer["fault"]
        advice = "mend that, the hub would not start either"
        raise ReadError(f"{file}:{line or 1}: {message}{'; ' if line else chr(10)}{advice}")
    return made(file, source, answer["found"], environment_file)


def made(file: Path, source: str, found: Mapping[str, Any], environment_file: Path | None = None) -> Finished:
    """Return the record of what the child has *found* in *file*."""
    parts = {
        name: Part(one["name"], tuple(one["kinds"]), one["values"], one["placed"], one["owners"])
        for name in ("hub", "authenticator", "spawner", "proxy")
        for one in [found[name]]
    }
    return Finished(
        file=str(file),
        source=source,
        **parts,
        seat=found["seat"],
        lab=found["lab"],
        unknown=tuple((one[0], one[1], one[2]) for one in found["unknown"]),
        refused=tuple((one[0], one[1]) for one in found["refused"]),
        environment=found["environment"],
        environment_file=str(environment_file or ""),
        versions=found["versions"],
        root=found["root"],
        python=found["python"],
        processors=found["processors"],
    )


def _run(file: Path, output: Path, given: Mapping[str, str], seconds: float) -> None:
    """Have a child read *file*; what it prints is nobody's, and what it has started ends with it."""
    command = [sys.executable, "-m", "singmuk.hub.check.child", str(file.resolve()), str(output)]
    with subprocess.Popen(
        command,
        cwd=file.resolve().parent,
        env=given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired as fault:
            raise ReadError(
                f"{file}: is still being read after {seconds:g} seconds; "
                "let it ask nobody and wait for nothing: the hub would not start either"
            ) from fault
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the *child* and what it has started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _said(fault: OSError | UnicodeDecodeError) -> str:
    return str(fault.strerror).lower() if isinstance(fault, OSError) else "it is no UTF-8 text"
