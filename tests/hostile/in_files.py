"""Files that are none, that are another's, or whose names lead elsewhere; in the exchange and in a folder."""
# ruff: noqa: ARG005  (every builder is given the kit, whether or not it needs it)

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.hostile.cases import HONEST_POINTS, NAME, STAMP, Hostile, Kit

ID = "no participant's id"
NOT_PLAIN = "plain file"


def _instead(identity: str, put: Callable[[Kit, Path], object], reason: str) -> Hostile:
    """Return a case in which something else lies where responses.json should."""

    def make(kit: Kit, student: str) -> None:
        folder = kit.hand_in(student, responses__json=None)
        put(kit, folder / "responses.json")

    return Hostile(identity, make, reason=reason)


def _beside(identity: str, **files: bytes | None) -> Hostile:
    """Return a case that hands in an honest file, and these."""
    return Hostile(identity, lambda kit, student: kit.hand_in(student, **files), points=HONEST_POINTS)


def _named(identity: str, student: str, reason: str = ID) -> Hostile:
    return Hostile(identity, lambda kit, who: kit.hand_in(who), reason=reason, by=student)


def _others(kit: Kit) -> Path:
    path = kit.folder / "another.json"
    path.write_bytes(kit.honest())
    return path


def _socket(kit: Kit, path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(before)


def _sparse(kit: Kit, path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def _linked_folder(kit: Kit, student: str) -> None:
    target = kit.folder / "elsewhere"
    target.mkdir(exist_ok=True)
    (target / "responses.json").write_bytes(kit.honest())
    (kit.inbound / f"{student}+{NAME}+{STAMP}+x").symlink_to(target)


def _at(identity: str, name: str, put: Callable[[Kit, Path], object]) -> Hostile:
    """Return a case in which *put* makes the file *name* beside honest responses."""

    def make(kit: Kit, student: str) -> None:
        folder = kit.hand_in(student)
        (folder / name).unlink(missing_ok=True)
        put(kit, folder / name)

    return Hostile(identity, make, points=HONEST_POINTS)


def _sent(identity: str, name: str, reason: str, *, by: str = "") -> Hostile:
    """Return a case in which an honest file under a hostile *name* was sent in."""

    def make(kit: Kit, student: str) -> None:
        path = kit.inbox / identity / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(kit.honest())

    return Hostile(identity, make, way="folder", reason=reason, by=by)


def _in_inbox(identity: str, put: Callable[[Kit, Path], object], reason: str) -> Hostile:
    def make(kit: Kit, student: str) -> None:
        folder = kit.inbox / identity / student
        folder.mkdir(parents=True)
        put(kit, folder)

    return Hostile(identity, make, way="folder", reason=reason)


def _touched(kit: Kit, folder: Path, time: int) -> None:
    (folder / "responses.json").write_bytes(kit.honest())
    os.utime(folder / "responses.json", (time, time))


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _two_in_inbox(kit: Kit, student: str) -> None:
    for who in (student, student.upper()):
        (kit.inbox / "ids-differ-in-case" / f"{who}.json").parent.mkdir(exist_ok=True)
        (kit.inbox / "ids-differ-in-case" / f"{who}.json").write_bytes(kit.honest())


CASES = [
    _instead("link-to-the-master", lambda kit, path: path.symlink_to(kit.course / "source/master.ipynb"), "link"),
    _instead("link-to-another", lambda kit, path: path.symlink_to(_others(kit)), "link"),
    _instead("link-to-itself", lambda kit, path: path.symlink_to(path), "link"),
    _instead("link-to-random-bytes", lambda kit, path: path.symlink_to("/dev/urandom"), "link"),
    _instead("hard-link-to-another", lambda kit, path: path.hardlink_to(_others(kit)), "hard link"),
    _instead("pipe", lambda kit, path: os.mkfifo(path), NOT_PLAIN),
    _instead("socket", _socket, NOT_PLAIN),
    _instead("folder-for-file", lambda kit, path: path.mkdir(), NOT_PLAIN),
    _instead("terabyte-of-nothing", _sparse, "too many"),
    _instead("notebook-alone", lambda kit, path: None, "without its responses.json"),
    Hostile("nothing-in-it", lambda kit, student: _emptied(kit.hand_in(student)), reason="has no responses.json"),
    Hostile("folder-is-a-link", _linked_folder, reason="plain folder"),
    Hostile(
        "file-for-folder",
        lambda kit, student: (kit.inbound / f"{student}+{NAME}+{STAMP}+x").write_bytes(b"{}"),
        reason="plain folder",
    ),
    Hostile("time-of-no-calendar", lambda kit, who: kit.hand_in(who, "2026-99-99 09:00:00 UTC"), reason="no time"),
    Hostile("time-a-command", lambda kit, who: kit.hand_in(who, "$(touch ran)"), reason="no time"),
    Hostile("time-of-the-future", lambda kit, who: kit.hand_in(who, "9998-01-01 00:00:00 UTC"), reason="future"),
    Hostile("time-of-year-one", lambda kit, who: kit.hand_in(who, "0001-02-03 00:00:00 UTC"), reason="no time"),
    Hostile("time-before-time", lambda kit, who: kit.hand_in(who, "0001-01-01 00:00:00 +14"), reason="no time"),
    _named("id-hidden", ".profile"),
    _named("id-an-option", "-rf"),
    _named("id-dots", ".."),
    _named("id-with-space", "a b"),
    _named("id-with-plus", "victim+more"),
    _named("id-with-new-line", "a\nb"),
    _named("id-with-escapes", "\x1b[2J\x1b]0;owned\x07"),
    _named("id-with-markup", "[bold red]x[bold]"),
    _named("id-html", "<img src=x onerror=alert(1)>"),
    _named("id-a-command", "$(touch ran);"),
    _named("id-bidi", "\u202etset"),
    _named("id-full-width", "ｖｉｃｔｉｍ"),
    _named("id-surrogate", os.fsdecode(b"\xff\xfe")),
    _named("id-too-long", "x" * 65),
    _beside(
        "files-that-jupyter-would-run",
        nbgrader_config__py=b"open('ran', 'w')",
        sitecustomize__py=b"open('ran', 'w')",
        singmuk__py=b"open('ran', 'w')",
        conftest__py=b"open('ran', 'w')",
    ),
    _beside("own-release", items__json=b'{"release": "x", "items": []}'),
    _beside("secret-a-path", submission_secret__txt=b"../../../../etc/passwd"),
    _beside("secret-huge", submission_secret__txt=b"a" * 10_000_000),
    _beside("other-time-inside", timestamp__txt=b"1999-01-01 00:00:00 UTC"),
    _beside("time-inside-huge", timestamp__txt=b"\x1b[2J" * 10**6),
    _at("time-inside-a-pipe", "timestamp.txt", lambda kit, path: os.mkfifo(path)),
    _at("time-inside-a-link", "timestamp.txt", lambda kit, path: path.symlink_to("/dev/zero")),
    _at("secret-a-pipe", "submission_secret.txt", lambda kit, path: os.mkfifo(path)),
    _at("notebook-a-pipe", f"{NAME}.ipynb", lambda kit, path: os.mkfifo(path)),
    _at("notebook-a-link", f"{NAME}.ipynb", lambda kit, path: path.symlink_to("/dev/zero")),
    _sent("sent-of-nobody", "responses.json", "whose it is"),
    _sent("sent-html-name", "<img src=x onerror=alert(1)>.json", ID, by="<img src=x onerror=alert(1)>"),
    _sent("sent-command-name", "$(touch ran)`touch ran`;.json", ID, by="$(touch ran)`touch ran`;"),
    _sent("sent-name-with-escapes", "\x1b[2Jx\n.json", ID, by="\x1b[2Jx\n"),
    _sent("sent-name-of-bytes", os.fsdecode(b"\xff\x80.json"), ID, by=os.fsdecode(b"\xff\x80")),
    _sent("sent-too-deep", "a/b/c/responses.json", "too deep"),
    _sent("sent-option", "-rf/responses.json", ID, by="-rf"),
    Hostile("ids-differ-in-case", _two_in_inbox, way="folder", reason="case only"),
    _in_inbox("sent-link", lambda kit, folder: (folder / "responses.json").symlink_to(_others(kit)), "link"),
    _in_inbox("sent-before-time", lambda kit, folder: _touched(kit, folder, -(2**40)), "no time"),
    _in_inbox("sent-in-the-future", lambda kit, folder: _touched(kit, folder, 2**33), "future"),
    _in_inbox("sent-pipe", lambda kit, folder: os.mkfifo(folder / "responses.json"), NOT_PLAIN),
    _in_inbox("sent-hard-link", lambda kit, folder: (folder / "responses.json").hardlink_to(_others(kit)), "hard link"),
    _in_inbox(
        "sent-notebook-alone", lambda kit, folder: (folder / f"{NAME}.ipynb").write_bytes(b"{}"), "without its resp"
    ),
    _in_inbox("sent-document", lambda kit, folder: (folder / "answers.docx").write_bytes(b"PK"), "send the file"),
    Hostile(
        "sent-linked-folder",
        lambda kit, student: (
            (kit.inbox / "sent-linked-folder").mkdir(),
            (kit.inbox / "sent-linked-folder" / student).symlink_to(kit.course),
        ),
        way="folder",
        reason="link",
    ),
]
