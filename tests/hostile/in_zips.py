"""Zips that are bombs or traps; each is sent by one participant in a folder, or is what a trainer downloaded."""
# ruff: noqa: ARG005  (every builder is given the kit, whether or not it needs it)

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable

from tests.hostile.cases import Hostile, Kit

FILE = "responses.json"


def _zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, (2026, 11, 22, 9, 0, 0))
            archive.writestr(info, content, info.compress_type or method)
    return file.getvalue()


def _one(identity: str, content: Callable[[Kit, str], bytes], reason: str) -> Hostile:
    """Return a case in which a participant sent one zip."""

    def make(kit: Kit, student: str) -> None:
        folder = kit.inbox / identity
        folder.mkdir()
        (folder / f"{student}.zip").write_bytes(content(kit, student))

    return Hostile(identity, make, way="folder", reason=reason)


def _many(identity: str, content: Callable[[Kit], bytes], reason: str, *, by: str = "") -> Hostile:
    """Return a case in which the trainer's own zip has a hostile entry; `student` is who it claims to be by."""
    return Hostile(
        identity,
        lambda kit, student: (kit.inbox / f"{identity}.zip").write_bytes(content(kit)),
        way="zip",
        reason=reason,
        by=by,
    )


def _named(identity: str, name: str, reason: str) -> Hostile:
    """Return a case with an entry whose *name* leads elsewhere."""

    def content(kit: Kit) -> bytes:
        # The name is put in afterwards: the library would mend it.
        plain = "x" * len(name.encode())
        return _zipped((plain, kit.honest())).replace(plain.encode(), name.encode())

    return _many(identity, content, reason)


def _link(kit: Kit) -> bytes:
    info = zipfile.ZipInfo("zip-link/responses.json", (2026, 11, 22, 9, 0, 0))
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return _zipped((info, b"../../../source/master.ipynb"))


def _flagged(kit: Kit) -> bytes:
    content = bytearray(_zipped(("zip-encrypted/responses.json", kit.honest())))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _lying(kit: Kit) -> bytes:
    """Return a zip whose directory says that a megabyte is a hundred bytes."""
    content = bytearray(_zipped(("zip-lying/responses.json", b" " * 1_000_000)))
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 24, 100)
    struct.pack_into("<I", content, 22, 100)
    return bytes(content)


def _overlapping(kit: Kit) -> bytes:
    """Return a zip in which a thousand names stand for one and the same packed bytes."""
    content = _zipped(("overlap-000/responses.json", kit.honest()))
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry = content[start:end]
    directory = b"".join(entry.replace(b"overlap-000", b"overlap-%03d" % n) for n in range(1, 1000))
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 999, 999, len(directory), start, 0)
    return content[:start] + directory + tail


def _damaged(kit: Kit) -> bytes:
    return _zipped((FILE, kit.honest())).replace(b"PK\x03\x04", b"PK\x00\x00")


def _empty_entries(count: int) -> bytes:
    return _zipped(*((f"f{n}.json", b"{}") for n in range(count)), method=zipfile.ZIP_STORED)


CASES = [
    _one("zip-bomb", lambda kit, who: _zipped((FILE, b"0" * 30_000_000)), "hundred times"),
    _one(
        "zip-bomb-in-parts", lambda kit, who: _zipped(*((f"{n}.json", b"0" * 9_000_000) for n in range(9))), "unpacks"
    ),
    _one("zip-of-a-thousand", lambda kit, who: _empty_entries(1000), "entries; at most"),
    _one("zip-too-large", lambda kit, who: _zipped((FILE, b"x" * 10_000_001), method=zipfile.ZIP_STORED), "at most"),
    _one("zip-in-zip", lambda kit, who: _zipped(("responses.zip", _zipped((FILE, kit.honest())))), "zip in a zip"),
    _one("zip-of-another", lambda kit, who: _zipped(("victim/responses.json", kit.honest())), "inside a zip of"),
    _one("zip-truncated", lambda kit, who: _zipped((FILE, kit.honest()))[:-9], "no whole zip"),
    _one("zip-of-noise", lambda kit, who: b"PK\x03\x04" + bytes(1000), "no whole zip"),
    _one(
        "zip-damaged", lambda kit, who: _zipped((FILE, kit.honest())).replace(b"PK\x03\x04", b"PK\x00\x00"), "damaged"
    ),
    _one("zip-by-lzma", lambda kit, who: _zipped((FILE, kit.honest()), method=zipfile.ZIP_LZMA), "unusual"),
    _one("zip-by-bzip2", lambda kit, who: _zipped((FILE, kit.honest()), method=zipfile.ZIP_BZIP2), "unusual"),
    _many("zip-link", _link, "link", by="zip-link"),
    _many("zip-encrypted", _flagged, "password", by="zip-encrypted"),
    _many("zip-lying", _lying, "damaged", by="zip-lying"),
    _many(
        "zip-name-twice",
        lambda kit: _zipped(("abcdef/responses.jsox", b"{}"), ("abcdef/responses.json", kit.honest())).replace(
            b"jsox", b"json"
        ),
        "stands twice",
        by="abcdef",
    ),
    _named("zip-leads-out", "../../course/gradebook.json", "leads out"),
    _named("zip-leads-out-below", "abc/../../../responses.json", "leads out"),
    _named("zip-absolute", "/etc/cron.d/responses.json", "leads out"),
    _named("zip-backslashes", "..\\..\\responses.json", "no honest file"),
    _named("zip-drive", "C:/windows/responses.json", "no honest file"),
    _named("zip-nul", "abc/responses.json\0.txt", "no honest file"),
    _named("zip-new-line", "abc\ndef/responses.json", "no honest file"),
    _named("zip-escapes", "\x1b[2J\x07/responses.json", "no honest file"),
    _named("zip-double-slash", "abc//responses.json", "leads out"),
    _many("zip-of-nobody", lambda kit: _zipped((FILE, kit.honest())), "whose it is"),
    _many("zip-overlapping", _overlapping, "damaged", by="overlap-001"),
]
