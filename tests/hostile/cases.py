"""Every hostile submission: who sends it, which way it comes in, and what it may earn at most.

`hostile_submissions()` lists them. To use one: `kit = Kit(folder)`, `case.build(kit)`, then collect from
`kit.inbound` (way "exchange"), `kit.inbox / case.id` ("folder") or `kit.inbox / f"{case.id}.zip"` ("zip").
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from singmuk import load

ROOT = Path(__file__).resolve().parents[2]
NAME = "pdpo-basics"
STAMP = "2026-11-22 09:00:00.000000 UTC"
SECRET = "5e" * 64
#: What an honest part consists of: right answers to these, nothing else.
ANSWERED = ("sick-leave-summary", "small-groups")
HONEST_POINTS = 4.0
COURSE = load.course(ROOT)


@dataclass(frozen=True)
class Kit:
    """A course that is attacked, the three ways into it, and a place where whatever runs would leave its mark."""

    folder: Path

    def __post_init__(self) -> None:
        for path in (self.inbound, self.inbox, self.canary):
            path.mkdir(parents=True, exist_ok=True)
        if not self.course.exists():
            shutil.copytree(ROOT / "exercises", self.course / "exercises")
            (self.course / "gradebook.db").write_bytes(b"the gradebook")
            (self.course / "source").mkdir()
            (self.course / "source" / "master.ipynb").write_bytes(b'{"key": "the key"}')

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def inbound(self) -> Path:
        return self.folder / "exchange" / "singmuk" / "inbound"

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def canary(self) -> Path:
        return self.folder / "canary"

    @cached_property
    def release(self) -> dict[str, Any]:
        return json.loads((self.course / "exercises" / NAME / "items.json").read_text(encoding="utf-8"))

    def data(self, **responses: Any) -> dict[str, Any]:
        """Return the honest part as data; *responses* are laid over it, ids written with underscores."""
        given = {name: COURSE.scenarios[name].best() for name in ANSWERED}
        given |= {name.replace("_", "-"): value for name, value in responses.items()}
        return {
            "format": 1,
            "assignment": NAME,
            "release": self.release["release"],
            "language": "en",
            "responses": {name: {"response": value, "day": "2026-11-22"} for name, value in given.items()},
        }

    def honest(self, **responses: Any) -> bytes:
        """Return the honest part as a file."""
        return json.dumps(self.data(**responses)).encode()

    def hand_in(self, student: str, stamp: str = STAMP, random: str = "abcDEF123_-x", **files: bytes | None) -> Path:
        """Make a folder in the exchange as nbgrader makes it; files are named with two underscores for a dot."""
        folder = self.inbound / f"{student}+{NAME}+{stamp}+{random}"
        folder.mkdir()
        contents = {
            "responses__json": self.honest(),
            f"{NAME}__ipynb": (self.course / "exercises" / NAME / f"{NAME}.ipynb").read_bytes(),
            "timestamp__txt": stamp.encode("utf-8", "surrogateescape"),
            "submission_secret__txt": SECRET.encode(),
        } | files
        for name, content in contents.items():
            if content is not None:
                (folder / name.replace("__", ".")).write_bytes(content)
        return folder


@dataclass(frozen=True)
class Hostile:
    """One hostile submission: its `id` says what it is."""

    id: str
    #: Make it in the kit, for the participant of this case.
    make: Callable[[Kit, str], object]
    way: Literal["exchange", "folder", "zip"] = "exchange"
    #: What its honest part earns; None: it is refused whole.
    points: float | None = None
    #: Words of the reason for which it is refused.
    reason: str = ""
    #: The participant it is by, where its folder does not name one.
    by: str | None = None

    @property
    def student(self) -> str:
        """Return the participant's id."""
        return self.by if self.by is not None else self.id[:64]

    def build(self, kit: Kit) -> None:
        """Make it in *kit*."""
        self.make(kit, self.student)


def hostile_submissions() -> list[Hostile]:
    """Return every hostile submission."""
    from tests.hostile import in_files, in_notebooks, in_responses, in_texts, in_zips  # noqa: PLC0415  (they use this)

    found = [case for module in (in_responses, in_texts, in_notebooks, in_files, in_zips) for case in module.CASES]
    assert len({case.id for case in found}) == len(found)
    return found
