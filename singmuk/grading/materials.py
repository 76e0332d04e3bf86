"""What grading needs beside a submission: the release's notebook, the scenarios with their keys, the sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from singmuk import exercise, load, responses
from singmuk.cite import Source
from singmuk.exercise import Node
from singmuk.responses import Responses, ResponsesError
from singmuk.scenario import Scenario


class MaterialsError(Exception):
    """An assignment that cannot be graded; the message says where, what and what to do."""


@dataclass(frozen=True)
class Materials:
    """An assignment as it was released, with its keys."""

    template: Node  # the release's notebook
    release: Node  # the content of items.json
    scenarios: Mapping[str, Scenario]
    sources: Mapping[str, Source]


def materials(root: Path, name: str, *, source: str = "source", released: str = "exercises") -> Materials:
    """Return what is needed to grade the assignment *name* of the course *root*, read again when a file changed.

    *source* and *released* are nbgrader's folders. Raises `MaterialsError` when the course has a fault, or when
    its notebooks were not built from it: points would rest on another key than the one that nbgrader knows.
    """
    folders = [root / "scenarios", root / "assignments", root / "course", root / source / name, root / released / name]
    files = sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file())
    stamps = tuple((str(path), (now := path.stat()).st_mtime_ns, now.st_size, now.st_ino) for path in files)
    return _read(root, name, source, released, stamps)


@lru_cache(maxsize=8)
def _read(root: Path, name: str, source: str, released: str, _stamps: tuple[object, ...]) -> Materials:
    course = load.course(root)
    assignment = course.assignments.get(name)
    if assignment is None or any(place.id not in course.scenarios for place in assignment.scenarios):
        raise MaterialsError(f"assignments/{name}.yml: is missing or has faults; run `singmuk check`")
    scenarios = {place.id: course.scenarios[place.id] for place in assignment.scenarios}
    content = exercise.release(assignment, scenarios, root / "scenarios" / "pictures")
    wanted = {
        f"{source}/{name}/{name}.ipynb": exercise.notebook_text(
            exercise.source_notebook(assignment, scenarios, content["release"])
        ),
        f"{released}/{name}/items.json": exercise.release_text(content),
    }
    for path, text in wanted.items():
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text:
            raise MaterialsError(f"{path}: is missing or stale; run `singmuk build`")
    template = notebook(root / released / name / f"{name}.ipynb")
    return Materials(template, content, scenarios, course.sources)


def notebook(path: Path) -> Node:
    """Return the notebook in the file *path* with each source and text in one piece."""
    try:
        read: Node = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise MaterialsError(f"{path}: is missing or damaged; run `singmuk build`") from fault
    for cell in read["cells"]:
        cell["source"] = "".join(cell["source"])
    return read


def taken(content: bytes | ResponsesError | None, release: Mapping[str, object]) -> tuple[Responses | None, str]:
    """Return the responses in *content* when they belong to the *release*, else None and why.

    A single response that no face can have given does not spoil the others; it earns nothing.
    """
    try:
        if content is None:
            return None, ""
        if isinstance(content, ResponsesError):
            raise content
        found = responses.parse(content)
        responses.belongs(found, release)
    except ResponsesError as fault:
        return None, f"{responses.NAME}: {fault}"
    return found, ""


def submitted(path: Path) -> bytes | ResponsesError | None:
    """Return the content of a submission's file *path*, None when there is none, or why it is not read."""
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            return ResponsesError("is no plain file; hand in the file itself")
        with path.open("rb") as file:
            return file.read(responses.LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as fault:
        return ResponsesError(f"cannot be read: {fault.strerror or fault}; mend its permissions")
