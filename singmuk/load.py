"""Read a course: every scenario, assignment and source, and every fault in them at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from pydantic import BaseModel

from singmuk import cite, yaml_lines
from singmuk.assignment import Assignment
from singmuk.faults import Fault, dotted, field_faults, partial
from singmuk.kinds import kinds
from singmuk.lang import Path
from singmuk.scenario import Check, Picture, Scenario
from singmuk.yaml_lines import Document


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


def record_faults(cls: type[BaseModel], data: object) -> Iterator[tuple[Path, str]]:
    """Yield where *data* is no sound *cls*: each field first, then what must hold between fields."""
    found = field_faults(cls, data)
    yield from found
    if isinstance(data, dict):
        record = partial(cls, data) if found else cls.model_validate_json(json.dumps(data))
        yield from _run(record.checks(), complete=not found)  # type: ignore[attr-defined]


def scenario_faults(path: FilePath, document: Document) -> Iterator[Fault]:
    """Yield what is wrong with the scenario in *document*, which was read from *path*."""
    file = f"scenarios/{path.name}"
    for line, place, message in document.faults:
        yield Fault(file, line, dotted(place), message)
    data = document.data
    if data is None:
        return
    if not isinstance(data, dict):
        yield Fault(file, 1, "scenario", "must be a group of fields; `singmuk new KIND NAME` writes a template")
        return
    name = data.get("id")
    if isinstance(name, str) and name != path.stem:
        yield _fault(file, document, ("id",), f"{name!r} is not the file's name; use {path.stem!r} or rename the file")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in kinds():
        what = "is missing" if kind is None else f"{kind!r} is not known"
        yield _fault(file, document, ("kind",), f"{what}; use one of {', '.join(kinds())}")
        return
    for place, message in _news(record_faults(kinds()[kind], data), document):
        yield _fault(file, document, place, message)


def _news(found: Iterable[tuple[Path, str]], document: Document) -> Iterator[tuple[Path, str]]:
    """Yield what was *found* except where the form is at fault, so that a place has one fault."""
    told = {place for _, place, _ in document.faults}
    return ((place, message) for place, message in found if place not in told)


def _scenarios(root: FilePath) -> Iterator[tuple[FilePath, Document]]:
    for path in sorted((root / "scenarios").glob("*.yml")):
        yield path, yaml_lines.read(path)


def _cite_faults(scenario: Scenario, sources: Mapping[str, cite.Source]) -> Iterator[tuple[Path, str]]:
    for path, note in scenario.notes():
        for index, key in enumerate(note.cite):
            if key not in sources:
                yield (
                    (*path, "cite", index),
                    f"{key!r} is not in course/references.bib; add the source or mend the key",
                )


def _picture_faults(scenario: Scenario, root: FilePath) -> Iterator[tuple[Path, str]]:
    for index, exhibit in enumerate(scenario.exhibits):
        if isinstance(exhibit, Picture) and not (root / "scenarios" / "pictures" / exhibit.file).is_file():
            yield ("exhibits", index, "file"), f"{exhibit.file!r} is not in scenarios/pictures; add it"


def _use_faults(scenario: Scenario, assignments: Mapping[str, Assignment]) -> Iterator[tuple[Path, str]]:
    if not scenario.graded:
        return
    if scenario.use not in assignments:
        known = ", ".join(["practice", *assignments])
        yield ("use",), f"{scenario.use!r} is no assignment; use one of {known}"
    elif scenario.id not in [place.id for place in assignments[scenario.use].scenarios]:
        yield ("use",), f"assignments/{scenario.use}.yml does not list it; add it there or use practice"


def _assignments(root: FilePath) -> Iterator[tuple[FilePath, Document, list[Fault], Assignment | None]]:
    for path in sorted((root / "assignments").glob("*.yml")):
        document = yaml_lines.read(path)
        file = f"assignments/{path.name}"
        faults = [Fault(file, line, dotted(place, "assignment"), message) for line, place, message in document.faults]
        if document.data is not None:
            for place, message in _news(record_faults(Assignment, document.data), document):
                faults.append(_fault(file, document, place, message, "assignment"))
            name = document.data.get("id") if isinstance(document.data, dict) else None
            if isinstance(name, str) and name != path.stem:
                message = f"{name!r} is not the file's name; use {path.stem!r} or rename the file"
                faults.append(_fault(file, document, ("id",), message))
        sound = None if faults else Assignment.model_validate_json(json.dumps(document.data))
        yield path, document, faults, sound


def course(root: FilePath) -> Course:
    """Return the course in the folder *root* with all its faults; nothing is raised for a broken file."""
    faults: list[Fault] = []
    if not (root / "scenarios").is_dir():
        message = "is not a folder here; run the command in the course's folder, or name it with --course"
        faults.append(Fault("scenarios", 1, "course", message))
    try:
        sources = cite.read(root / "course" / "references.bib")
    except cite.BibliographyError as fault:
        sources = {}
        faults.append(Fault("course/references.bib", 1, "bibliography", str(fault)))
    assignments, placed = {}, []
    for path, document, found, assignment in _assignments(root):
        faults += found
        if assignment:
            assignments[assignment.id] = assignment
            placed.append((path, document, assignment))
    scenarios, documents = {}, {}
    for path, document in _scenarios(root):
        found = list(scenario_faults(path, document))
        documents[path.stem] = document
        if found:
            faults += found
            continue
        scenario = kinds()[document.data["kind"]].model_validate_json(json.dumps(document.data))
        scenarios[scenario.id] = scenario
        for check in (
            _cite_faults(scenario, sources) if sources else iter(()),
            _picture_faults(scenario, root),
            _use_faults(scenario, assignments),
        ):
            faults += [_fault(f"scenarios/{path.name}", document, place, message) for place, message in check]
    for path, document, assignment in placed:
        for index, place in enumerate(assignment.scenarios):
            known = scenarios.get(place.id)
            if place.id not in documents:
                message = f"{place.id!r} is no scenario; write scenarios/{place.id}.yml or remove it"
            elif known and known.use != assignment.id:
                message = f"{place.id!r} is used for {known.use!r}; write `use: {assignment.id}` there or remove it"
            else:
                continue
            where = ("scenarios", index, "id")
            faults.append(_fault(f"assignments/{path.name}", document, where, message))
    return Course(root, scenarios, assignments, sources, tuple(sorted(set(faults))), documents)


def sound_course(root: FilePath) -> Course:
    """Return the course in the folder *root*; raise `CourseError` with all faults if it has any."""
    found = course(root)
    if found.faults:
        raise CourseError(found.faults)
    return found
