"""The whole course on one machine: book, desk, trainer's room and formgrader, started and stopped together."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from singmuk.desk import settings as configuration
from singmuk.desk.settings import SettingsError
from singmuk.desk.state import held
from singmuk.desk.together import StartError, Stop, Together, stoppable, wait
from singmuk.serving import LOOPBACK, browse, listening

__all__ = ["StartError", "start"]
#: Where each listens if nobody else does there.
PORTS = {"desk": 8500, "room": 8510, "formgrader": 8800}
NAMES = {"desk": "Course", "room": "Trainer's room", "formgrader": "Formgrader"}
#: What the book is made of.
MADE_OF = ("course", "scenarios", "locale", "_config.yml", "_toc.yml", "policy.yml")
PACKAGE = Path(__file__).parent.parent


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
    together = Together(root, logs, NAMES)
    with stoppable(), _alone(found.state):
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
    wait(together, ports, {"desk": f"{found.base}healthz", "room": "/healthz", "formgrader": "/formgrader"})
    return {
        "desk": desk,
        "room": f"{room}?token={token}",
        "formgrader": formgrader,
        # Through the room, so that the desk's link to it opens; the address is good once only.
        "door": f"{room}?token={ticket}&next=desk",
    }
