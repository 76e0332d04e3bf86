"""Programs that run beside each other: started together, watched, and stopped together whatever happens."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from singmuk.serving import LISTENING, LOOPBACK

#: Seconds until all must answer, and that each has to end before it is ended.
PATIENCE, LEAVE = 120, 10


class StartError(Exception):
    """Why not all of it runs: which part, why, what to do."""


class Stop(BaseException):
    """Somebody asked to stop: Ctrl-C, a signal, the terminal was closed."""


@dataclass
class Child:
    """One of the programs that run beside each other."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None = None

    def end(self, number: int) -> None:
        """Send the signal *number* to the program and to whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def why(self) -> str:
        """Return the last words of the program."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log else []
        return "\n".join(f"  {line}" for line in lines[-12:] if line.strip())


def _watch() -> None:
    """End this program and all that it started when whoever started it is gone."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    os.killpg(os.getpgrp(), signal.SIGTERM)
    time.sleep(LEAVE)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def child() -> None:
    """Be one of the programs: run the command that the arguments name, and end when whoever started it is gone."""
    threading.Thread(target=_watch, daemon=True).start()
    from singmuk.cli import main  # noqa: PLC0415

    main(prog_name="singmuk")


def beside() -> None:
    """Run the program that the arguments are, which is none of ours, and end it when whoever started it is gone."""
    with subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL) as program:
        # The whole group gets it, the program too: that one is waited for.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Thread(target=_watch, daemon=True).start()
        sys.exit(program.wait())


@dataclass
class Together:
    """The programs of one start; *names* are what a person calls them."""

    root: Path
    logs: Path
    names: Mapping[str, str]
    children: list[Child] = field(default_factory=list)

    def run(
        self, name: str, *arguments: str, shown: bool = False, at: socket.socket | None = None, **environment: str
    ) -> Child:
        """Start the command that *arguments* are, its output *shown* or in a log, and return the program.

        It listens *at* a socket that is open already, so that nobody takes its port before it does.
        """
        wanted = [*arguments, "--course", str(self.root)]
        return self._launch(name, "child", wanted, environment, shown=shown, at=at)

    def run_program(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        """Start a *command* that is none of ours, its output in a log, and return the program."""
        return self._launch(name, "beside", command, environment)

    def _launch(
        self,
        name: str,
        how: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        shown: bool = False,
        at: socket.socket | None = None,
    ) -> Child:
        if at is not None:
            environment = {**environment, LISTENING: str(at.fileno())}
        log = None if shown else self.logs / f"{name}.log"
        command = [sys.executable, "-c", f"from singmuk.desk.together import {how}; {how}()", *arguments]
        with contextlib.ExitStack() as stack:
            out = None
            if log is not None:
                log.unlink(missing_ok=True)
                # Secrets may stand in it.
                handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
                out = stack.enter_context(os.fdopen(handle, "ab"))
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # its end tells the program that we are gone, killed or not
                stdout=out,
                stderr=out,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(environment),
                pass_fds=[at.fileno()] if at else [],
                process_group=0,  # Ctrl-C comes to us alone, and we stop them in good order
            )
        found = Child(name, process, log)
        self.children.append(found)
        return found

    def check(self) -> None:
        """Return when every program runs; raise `StartError` with the last words of one that does not."""
        for one in self.children:
            code = one.process.poll()
            if code is not None:
                where = os.path.relpath(one.log, self.root) if one.log else "above"
                raise StartError(
                    f"{self.names[one.name]}: ended by itself with code {code}, so everything was stopped; "
                    f"mend what it says and start again (the whole in {where})\n{one.why()}".rstrip()
                )

    def stop(self) -> None:
        """End every program, the last one first, and whatever it started."""
        for one in reversed(self.children):
            one.end(signal.SIGTERM)
        until = time.monotonic() + LEAVE
        for one in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(max(0.1, until - time.monotonic()))
            one.end(signal.SIGKILL)
            one.process.wait()
            if one.process.stdin is not None:
                one.process.stdin.close()
        self.children.clear()


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn Ctrl-C, a request to end and a closed terminal into `Stop`."""

    def raised(_number: int, _frame: FrameType | None) -> None:
        # Once is enough: what follows must not be cut short.
        for number in wanted:
            signal.signal(number, signal.SIG_IGN)
        raise Stop

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, raised) for number in wanted]
    try:
        yield
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)


def wait(together: Together, ports: dict[str, int], paths: dict[str, str]) -> None:
    """Return when each of *paths* is answered; raise `StartError`."""
    until = time.monotonic() + PATIENCE
    for name, path in paths.items():
        while not answers(ports[name], path):
            together.check()
            if time.monotonic() > until:
                raise StartError(
                    f"{together.names[name]}: does not answer after {PATIENCE} seconds; see {together.logs / name}.log"
                )
            time.sleep(0.1)


def answers(port: int, path: str) -> bool:
    """Return whether somebody answers on *port* of this machine at *path*, with no fault of its own."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
