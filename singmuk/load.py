"""Read a course: every scenario, assignment and source, and every fault in them at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import TypeVar

from singmuk import cite, yaml_lines
from singmuk.assignment import Assignment
from singmuk.faults import Fault, dotted, field_faults, partial
from singmuk.kinds import kinds
from singmuk.lang import Path
from singmuk.scenario import Check, Picture, Scenario
from singmuk.yaml_lines import Document

R = TypeVar("R", Assignment, Scenario)


@dataclass(frozen=True)
class Course:
    """A course as read from its folder."""

    root: FilePath
    scenarios: Mapping[str, Scenario]
    assignments: Mapping[str, Assignment]
    sources: Mapping[str, cite.Source]
    faults: tuple[Fault, ...]
    documents: Mapping[str, Document] = field(repr=False)

    def fault(self, scenario: str, path: Path, message: str) -> Fault:
        """Return a fault at *path* of the scenario whose id is *scenario*."""
        return _fault(f"scenarios/{scenario}.yml", self.documents[scenario], path, message)


class CourseError(Exception):
    """A course with faults; they are the message, a line each."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def _fault(file: str, document: Document, path: Path, message: str, whole: str = "scenario") -> Fault:
    return Fault(file, document.line(path), dotted(path, whole), message)


def _run(checks: Iterable[Check], *, complete: bool) -> Iterator[tuple[Path, str]]:
    for check in checks:
        try:
            yield from check()
        except (AttributeError, TypeError, LookupError, ValueError):
            # In an unsound record a check may miss its field, which has a fault of its own.
            if complete:
                raise


def _read_record(
    cls: type[R], file: str, document: Document, around: Callable[[R], list[Check]]
) -> tuple[R | None, list[Fault]]:
    """Return the *cls* in *document*, or None, and its faults: its fields, between them, and *around* it."""
    whole = "assignment" if cls is Assignment else "scenario"
    faults: list[Fault] = [Fault(file, line, dotted(place, whole), message) for line, place, message in document.faults]
    told = {place for _, place, _ in document.faults}
    data = document.data
    if not isinstance(data, dict):
        if not faults:
            message = f"must be a group of fields; compare it with another {whole}"
            faults.append(Fault(file, document.line(()), whole, message))
        return None, faults
    stem = FilePath(file).stem
    name = data.get("id")
    if isinstance(name, str) and name != stem:
        message = f"{name!r} is not the file's name; use {stem!r} or rename the file"
        faults.append(_fault(file, document, ("id",), message))
    found: list[tuple[Path, str]] = field_faults(cls, data)
    record: R = partial(cls, data) if found else cls.model_validate_json(json.dumps(data))
    # Where the form is at fault already, the place has been told.
    found = [*found, *_run(record.checks(), complete=not found)]
    faults += [_fault(file, document, place, text, whole) for place, text in found if place not in told]
    outside = _run(around(record), complete=not faults)
    outer: list[Fault] = [_fault(file, document, place, message, whole) for place, message in outside]
    return (None if faults else record), [*faults, *outer]


def _read_scenario(
    file: str, document: Document, around: Callable[[Scenario], list[Check]]
) -> tuple[Scenario | None, list[Fault]]:
    kind = document.data.get("kind") if isinstance(document.data, dict) else "choose"
    if isinstance(kind, str) and kind in kinds():
        return _read_record(kinds()[kind], file, document, around)
    faults = [Fault(file, line, dotted(place), message) for line, place, message in document.faults]
    what = "is missing" if kind is None else f"{kind!r} is not known"
    close = get_close_matches(str(kind), kinds(), n=1)
    advice = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(kinds())}"
    return None, [*faults, _fault(file, document, ("kind",), f"{what}; {advice}")]


def _cited(scenario: Scenario, sources: Mapping[str, cite.Source]) -> Iterator[tuple[Path, str]]:
    for path, note in scenario.notes():
        for index, key in enumerate(getattr(note, "cite", ())):
            if key not in sources:
                close = get_close_matches(key, sources, n=1)
                advice = f"did you mean {close[0]!r}?" if close else "add the source or mend the key"
                yield (*path, "cite", index), f"{key!r} is not in course/references.bib; {advice}"


def _pictures_there(scenario: Scenario, root: FilePath) -> Iterator[tuple[Path, str]]:
    for index, exhibit in enumerate(scenario.exhibits):
        if isinstance(exhibit, Picture) and not (root / "scenarios" / "pictures" / exhibit.file).is_file():
            yield ("exhibits", index, "file"), f"{exhibit.file!r} is not in scenarios/pictures; add it"


def _used(scenario: Scenario, assignments: Mapping[str, Assignment | None]) -> Iterator[tuple[Path, str]]:
    if not scenario.graded:
        return
    if scenario.use not in assignments:
        known = ", ".join(["practice", *assignments])
        yield ("use",), f"{scenario.use!r} is no assignment; use one of {known}"
        return
    assignment = assignments[scenario.use]  # None: unsound, with faults of its own
    if assignment and scenario.id not in [place.id for place in assignment.scenarios]:
        yield ("use",), f"assignments/{scenario.use}.yml does not list it; add it there or use practice"


def _placed(assignment: Assignment, scenarios: Mapping[str, Scenario | None]) -> Iterator[tuple[Path, str]]:
    for index, place in enumerate(assignment.scenarios):
        known = scenarios.get(place.id)
        if place.id not in scenarios:
            message = f"{place.id!r} is no scenario; write scenarios/{place.id}.yml or remove it"
        elif known and known.use != assignment.id:
            message = f"{place.id!r} is used for {known.use!r}; write `use: {assignment.id}` there or remove it"
        else:
            continue
        yield ("scenarios", index, "id"), message


def _misnamed(root: FilePath) -> Iterator[Fault]:
    for folder in ("scenarios", "assignments"):
        for path in (root / folder).glob("*.yaml"):
            message = f"is not read; rename it to {path.stem}.yml"
            yield Fault(f"{folder}/{path.name}", 1, folder.removesuffix("s"), message)


def course(root: FilePath) -> Course:
    """Return the course in the folder *root* with all its faults; nothing is raised for a broken file."""
    faults = list(_misnamed(root))
    if not (root / "scenarios").is_dir():
        message = "is not a folder here; run the command in the course's folder, or name it with --course"
        faults.append(Fault("scenarios", 1, "course", message))
    sources: dict[str, cite.Source] | None = None
    try:
        sources = cite.read(root / "course" / "references.bib")
    except cite.BibliographyError as fault:
        faults.append(Fault("course/references.bib", 1, "bibliography", str(fault)))
    documents = {path.stem: yaml_lines.read(path) for path in _files(root, "scenarios")}
    drafts = {path.stem: yaml_lines.read(path) for path in _files(root, "assignments")}

    assignments: dict[str, Assignment | None] = {}
    for name, document in drafts.items():
        assignments[name], found = _read_record(Assignment, f"assignments/{name}.yml", document, lambda _: [])
        faults += found
    scenarios: dict[str, Scenario | None] = {}
    for name, document in documents.items():
        scenarios[name], found = _read_scenario(
            f"scenarios/{name}.yml",
            document,
            lambda scenario: [
                lambda: _cited(scenario, sources) if sources is not None else iter(()),
                lambda: _pictures_there(scenario, root),
                lambda: _used(scenario, assignments),
            ],
        )
        faults += found
    for name, assignment in assignments.items():
        for place, message in _placed(assignment, scenarios) if assignment else ():
            faults.append(_fault(f"assignments/{name}.yml", drafts[name], place, message))
    return Course(
        root,
        {name: scenario for name, scenario in scenarios.items() if scenario},
        {name: assignment for name, assignment in assignments.items() if assignment},
        sources or {},
        tuple(sorted(set(faults))),
        documents,
    )


def _files(root: FilePath, folder: str) -> list[FilePath]:
    return sorted((root / folder).glob("*.yml"))


def sound_course(root: FilePath) -> Course:
    """Return the course in the folder *root*; raise `CourseError` with all faults if it has any."""
    found = course(root)
    if found.faults:
        raise CourseError(found.faults)
    return found
