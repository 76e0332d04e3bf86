"""Mark one submission after the other, in any process: read it, score it, write its graded notebook."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from singmuk import responses
from singmuk.gradebook.marks import Before, Fate, Mark, Sheet, time_of
from singmuk.gradebook.paper import Paper
from singmuk.grading.materials import submitted, taken
from singmuk.responses import Responses
from singmuk.scenario import Scenario
from singmuk.scoring import worth

TIMESTAMP = "timestamp.txt"
#: Characters that nbgrader's gradebook has room for.
LONGEST_NAME = 128
#: A file with more bytes is none that intake put beside the responses; it stays where it lies.
LARGEST = 100_000


@dataclass(frozen=True)
class Folders:
    """Where submissions lie and graded notebooks go; NUL stands for the participant."""

    submitted: str
    autograded: str

    def of(self, student: str) -> tuple[Path, Path]:
        """Return both folders of *student*."""
        return Path(self.submitted.replace("\0", student)), Path(self.autograded.replace("\0", student))


class RefusalError(Exception):
    """Why a submission cannot be graded at all: what, and what to do."""


@dataclass(frozen=True)
class Marker:
    """Marks submissions of one assignment; a plain value, so that every process can have it."""

    name: str
    points: Mapping[str, float]  # what each scenario is worth
    scenarios: Mapping[str, Scenario]
    release: Mapping[str, Any]  # the content of items.json
    paper: Paper
    version: str
    folders: Folders
    mode: int = 0o444  # as nbgrader sets it, so that nobody edits what is graded by mistake
    again: bool = False  # give other points than before for the same responses: `singmuk regrade`
    keep: bool = True  # write graded notebooks

    def __call__(self, sheets: Sequence[Sheet]) -> list[Mark]:
        """Return what each of *sheets* earned; raise `OSError` when a graded notebook cannot be written."""
        return [self.mark(sheet) for sheet in sheets]

    def mark(self, sheet: Sheet) -> Mark:
        """Return what *sheet* earned, with its graded notebook written unless nothing changed."""
        try:
            source, target = self.folders.of(_sound(sheet.student))
            content = submitted(source / responses.NAME)
            beside = _beside(source)
            stamp = _stamp(beside.get(TIMESTAMP))
        except RefusalError as fault:
            return Mark(sheet.student, Fate.REFUSED, {}, why=str(fault))
        digest = sha256(content).hexdigest() if isinstance(content, bytes) else ""
        handed_in = f"{stamp or ''}|{sheet.due}"
        notebook = target / f"{self.name}.ipynb"
        before = sheet.before
        same = before is not None and digest == _graded(before, target)
        if self.again and not same:
            return Mark(sheet.student, Fate.NEWER, {})
        known = before is not None and (before.version, before.handed_in) == (self.version, handed_in)
        if same and known and notebook.exists():
            return Mark(sheet.student, Fate.UNCHANGED, {})
        found, why = taken(content, self.release)
        points = self.earned(found)
        if before is not None and same and self._to_hold(before, points, why):
            return Mark(sheet.student, Fate.HELD, points, why=why)
        if self.keep:
            target.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                beside[responses.NAME] = content
            for name, data in beside.items():
                put(f"{target}/{name}", data, self.mode)
            put(str(notebook), self.paper.text(found, why, points), self.mode)
        return Mark(
            student=sheet.student,
            fate=Fate.GRADED,
            points=points,
            release=found.release if found else "",
            responses=digest,
            handed_in=handed_in,
            version=self.version,
            before=before.version if before else "",
            timestamp=stamp,
            why=why or ("" if found else f"there is no {responses.NAME}"),
        )

    def _to_hold(self, before: Before, points: Mapping[str, float | None], why: str) -> bool:
        """Return whether what was graded *before* must stay, since the same responses have other *points* now.

        A corrected key may change them when that is asked for; a release with other texts may not.
        """
        if before.release not in ("", self.release["release"]):
            return True
        return bool(why or not self.again) and _other(before.points, points)

    def earned(self, found: Responses | None) -> dict[str, float | None]:
        """Return the automatic points by scenario, as `singmuk.exercise.points_of`; None where a trainer marks."""
        given = found.responses if found else {}
        earned: dict[str, float | None] = {}
        for name, most in self.points.items():
            one = given.get(name)
            share = self.scenarios[name].share(one.response) if one else 0.0
            earned[name] = None if share is None else worth(share, most)
        return earned


def _sound(student: str) -> str:
    """Return the name *student* if a gradebook can hold it; raise `RefusalError`."""
    try:
        student.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise RefusalError("the folder's name is no text; rename it to the participant's id") from fault
    if len(student) > LONGEST_NAME:
        raise RefusalError(f"the folder's name has more than {LONGEST_NAME} characters; use the participant's id")
    return student


def _graded(before: Before, target: Path) -> str | None:
    """Return the sha256 of the responses that were graded *before*, empty for none, None where nobody knows."""
    if before.responses is not None:
        return before.responses
    data = submitted(target / responses.NAME)
    return sha256(data).hexdigest() if isinstance(data, bytes) else None


def _beside(folder: Path) -> dict[str, bytes]:
    """Return the small plain files that lie in *folder* beside the responses and the notebook, by name."""
    found: dict[str, bytes] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if (
                entry.name == responses.NAME
                or entry.name.endswith(".ipynb")
                or not entry.is_file(follow_symlinks=False)
            ):
                continue
            with contextlib.suppress(OSError), Path(entry.path).open("rb") as file:
                content = file.read(LARGEST + 1)
                if len(content) <= LARGEST:
                    found[entry.name] = content
    return found


def _stamp(content: bytes | None) -> str | None:
    """Return when a submission was handed in, as its file says; None without one; raise `RefusalError`."""
    text = (content or b"").decode("utf-8", "replace").strip()
    if not text:
        return None
    if not _is_time(text):
        raise RefusalError(f"{TIMESTAMP} holds no time; write one such as 2026-11-22 09:30:00 UTC, or remove the file")
    return text


def _is_time(text: str) -> bool:
    try:
        return len(text) <= 60 and time_of(text) is not None
    except (ValueError, OverflowError):
        return False


def _other(before: Mapping[str, float | None] | None, points: Mapping[str, float | None]) -> bool:
    """Return whether *points* differ from those *before*; unknown ones do not."""
    return before is not None and any(before.get(name) != earned for name, earned in points.items())


def put(path: str, content: bytes, mode: int) -> None:
    """Write *content* to the file *path*, whole or not at all."""
    folder, name = os.path.split(path)
    new = os.path.join(folder, f".{name}.new")  # noqa: PTH118  (thousands of them: no objects)
    try:
        handle = _create(new, mode)
        with open(handle, "wb", buffering=0) as file:  # noqa: PTH123  (a handle, not a path)
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
            if mode & 0o022:  # the umask took these
                os.fchmod(handle, mode)
        os.replace(new, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            Path(new).unlink()
        raise


def _create(path: str, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, mode)
    except FileExistsError:  # left by a run that was killed
        Path(path).unlink()
        return os.open(path, flags, mode)
