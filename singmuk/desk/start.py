"""The whole course on one machine: book, desk, trainer's room and formgrader, started and stopped together."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from singmuk.desk import settings as configuration
from singmuk.desk.settings import SettingsError
from singmuk.desk.state import held
from singmuk.serving import LISTENING, LOOPBACK, browse, listening

#: Where each listens if nobody else does there.
PORTS = {"desk": 8500, "room": 8510, "formgrader": 8800}
NAMES = {"desk": "Course", "room": "Trainer's room", "formgrader": "Formgrader"}
#: Seconds until all must answer, and that each has to end before it is ended.
PATIENCE, LEAVE = 120, 10
#: What the book is made of.
MADE_OF = ("course", "scenarios", "locale", "_config.yml", "_toc.yml", "policy.yml")
PACKAGE = Path(__file__).parent.parent


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


def child() -> None:
    """Be one of the programs: run the command that the arguments name, and end when whoever started it is gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        os.killpg(os.getpgrp(), signal.SIGTERM)
        time.sleep(LEAVE)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    from singmuk.cli import main  # noqa: PLC0415

    main(prog_name="singmuk")


@dataclass
class Together:
    """The programs of one start."""

    root: Path
    logs: Path
    children: list[Child] = field(default_factory=list)

    def run(
        self, name: str, *arguments: str, shown: bool = False, at: socket.socket | None = None, **environment: str
    ) -> Child:
        """Start the command that *arguments* are, its output *shown* or in a log, and return the program.

        It listens *at* a socket that is open already, so that nobody takes its port before it does.
        """
        if at is not None:
            environment[LISTENING] = str(at.fileno())
        log = None if shown else self.logs / f"{name}.log"
        command = [sys.executable, "-c", "from singmuk.desk.start import child; child()", *arguments]
        command += ["--course", str(self.root)]
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
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
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
                where = one.log.relative_to(self.root) if one.log else "above"
                raise StartError(
                    f"{NAMES[one.name]}: ended by itself with code {code}, so everything was stopped; "
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
def _stoppable() -> Iterator[None]:
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


def start(root: Path, *, show: bool, say: Callable[[str], None] = print) -> None:
    """Start everything on the course *root*, say where it is, and return once somebody asked to stop.

    Raises `StartError` and `SettingsError`; nothing is left running in any case.
    """
    root = root.resolve()
    found = configuration.read(root)
    if found.identity != "local":
        raise SettingsError(
            f"desk.yml: identity is {found.identity!r}, and this starts a desk for one person on this machine; "
            "use `singmuk desk` for the one that desk.yml describes"
        )
    logs = found.state / "logs"
    try:
        found.state.mkdir(mode=0o700, exist_ok=True)  # what people answered is for nobody else on this machine
        logs.mkdir(exist_ok=True)
    except OSError as fault:
        raise StartError(f"{fault.filename}: {fault.strerror}; the course's folder must be writable") from fault
    together = Together(root, logs)
    with _stoppable(), _alone(found.state):
        try:
            _book(together, root / "_build", say)
            addresses = _open(together, found, say)
            say("")
            for name, what in NAMES.items():
                say(f"  {what:<15} {addresses[name]}")
            say("\nCtrl-C stops everything. What is answered and graded lies in state/; `make clean-state` removes it.")
            if show:
                browse(addresses["door"])
            while True:
                together.check()
                time.sleep(0.3)
        except Stop:
            pass
        finally:
            together.stop()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the state *folder*; raise `StartError` when another start has it."""
    with held(folder) as mine:
        if not mine:
            raise StartError(f"{folder}: the course is running already; look for its addresses in the other terminal")
        yield


def _book(together: Together, work: Path, say: Callable[[str], None]) -> None:
    """Build the book where it is missing or older than what it is made of."""
    digest, mark = sources(together.root), work / ".made-from"
    index = work / "html" / "index.html"
    with contextlib.suppress(OSError):
        if mark.read_text(encoding="ascii") == f"{digest} {index.stat().st_mtime_ns}":
            return
    say("The book is new or has changed; building it takes a minute or two.")
    builder = together.run("book", "book", "--no-serve", shown=True)
    if builder.process.wait():
        raise StartError("the book could not be built; mend what is said above and start again")
    together.children.remove(builder)
    mark.write_text(f"{digest} {index.stat().st_mtime_ns}", encoding="ascii")


def sources(root: Path) -> str:
    """Return a sum of all that the book of the course *root* is made of."""
    digest = hashlib.sha256()
    places = [*(root / name for name in MADE_OF), *(PACKAGE / name for name in ("book", "face", "kinds"))]
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and path.suffix not in (".mo", ".pyc"):
                digest.update(f"{path.relative_to(place.parent)}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _open(together: Together, found: configuration.Settings, say: Callable[[str], None]) -> dict[str, str]:
    """Start the three programs, wait until they answer, and return their addresses, and the browser's way in."""
    token, ticket, secret = (secrets.token_urlsafe(24) for _ in range(3))
    # Each program has its own copy of its socket by the end of the block.
    with contextlib.ExitStack() as stack:
        at, ports = {}, {}
        for name, usual in (PORTS | {"desk": found.port or PORTS["desk"]}).items():
            at[name] = stack.enter_context(listening(usual))
            ports[name] = at[name].getsockname()[1]
            if ports[name] != usual:
                say(f"Port {usual} is taken; {NAMES[name].lower()} uses {ports[name]}.")
        site = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
        desk, room = f"{site['desk']}{found.base}", f"{site['room']}/"
        formgrader = f"{site['formgrader']}/formgrader?token={secret}"
        say("Starting …")
        together.run(
            "desk", "desk", at=at["desk"],
            SINGMUK_DESK_PORT=str(ports["desk"]), SINGMUK_DESK_HOST=LOOPBACK, SINGMUK_DESK_ROOM=room,
        )  # fmt: skip
        together.run(
            "formgrader", "trainer", "--no-open", "--port", str(ports["formgrader"]), at=at["formgrader"],
            SINGMUK_TRAINER_TOKEN=secret,
        )  # fmt: skip
        together.run(
            "room", "room", "--no-open", "--port", str(ports["room"]), at=at["room"],
            SINGMUK_ROOM_TOKEN=token, SINGMUK_ROOM_TICKET=ticket, SINGMUK_ROOM_DESK=desk,
            SINGMUK_ROOM_FORMGRADER=formgrader,
        )  # fmt: skip
    _wait(together, ports, {"desk": f"{found.base}healthz", "room": "/healthz", "formgrader": "/formgrader"})
    return {
        "desk": desk,
        "room": f"{room}?token={token}",
        "formgrader": formgrader,
        # Through the room, so that the desk's link to it opens; the address is good once only.
        "door": f"{room}?token={ticket}&next=desk",
    }


def _wait(together: Together, ports: dict[str, int], paths: dict[str, str]) -> None:
    """Return when each of *paths* is answered; raise `StartError`."""
    until = time.monotonic() + PATIENCE
    for name, path in paths.items():
        while not _answers(ports[name], path):
            together.check()
            if time.monotonic() > until:
                raise StartError(f"{NAMES[name]}: does not answer after {PATIENCE} seconds; see state/logs/{name}.log")
            time.sleep(0.1)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
