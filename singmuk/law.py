"""The dated register of what the law is on a day, and the glossary: reference data that pages quote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path as FilePath

from pydantic import BaseModel, Field

from singmuk import yaml_lines
from singmuk.cite import Source
from singmuk.faults import Fault, dotted, field_faults
from singmuk.lang import Path, Record, Text, Words
from singmuk.scenario import Cites, Id


class Statement(Record):
    """What the law is, as of a day, with who says so and what to compare it with."""

    id: Id
    as_of: date
    review_by: date
    statement: Text
    cite: Cites
    check: Text = Field(description="The official source to compare the statement with")


class Term(Record):
    """A term in the three scripts; *check* where the Chinese was not read in an official text."""

    en: Words
    zh_hant: Words
    zh_hans: Words
    note: Text | None = None
    check: bool = False


def _read(root: FilePath, name: str, cls: type[BaseModel]) -> tuple[list[BaseModel], list[Fault], yaml_lines.Document]:
    document = yaml_lines.read(root / name)
    faults = [Fault(name, line, dotted(path, "file"), message) for line, path, message in document.faults]
    entries: list[BaseModel] = []
    if document.data is not None and not isinstance(document.data, list):
        faults.append(Fault(name, 1, "file", "must be a list; begin each entry with a hyphen"))
    for index, data in enumerate(document.data if isinstance(document.data, list) else []):
        found = field_faults(cls, data)
        faults += [
            Fault(name, document.line((index, *path)), dotted((index, *path)), message) for path, message in found
        ]
        if not found:
            entries.append(cls.model_validate_json(json.dumps(data)))
    return entries, faults, document


def register(root: FilePath) -> tuple[dict[str, Statement], list[Fault]]:
    """Return the statements of course/law.yml by id, and the faults in that file."""
    name = "course/law.yml"
    entries, faults, document = _read(root, name, Statement)
    found: dict[str, Statement] = {}
    for entry in entries:
        assert isinstance(entry, Statement)
        if entry.id in found:
            faults.append(Fault(name, document.line(()), "file", f"{entry.id!r} stands there twice; remove one"))
        found[entry.id] = entry
    return found, faults


def glossary(root: FilePath) -> tuple[list[Term], list[Fault]]:
    """Return the terms of course/glossary.yml, and the faults in that file."""
    entries, faults, _ = _read(root, "course/glossary.yml", Term)
    return [entry for entry in entries if isinstance(entry, Term)], faults


def faults(root: FilePath, sources: Mapping[str, Source]) -> Iterator[Fault]:
    """Yield what is wrong with the register and the glossary."""
    statements, found = register(root)
    yield from found
    yield from glossary(root)[1]
    today = date.today()
    for index, statement in enumerate(statements.values()):
        where: Path = (index,)
        for key in statement.cite:
            if sources and key not in sources:
                message = f"{key!r} is not in course/references.bib; add the source or mend the key"
                yield Fault("course/law.yml", 1, f"{dotted(where)} ({statement.id})", message)
        if statement.review_by < today:
            message = f"was due for review by {statement.review_by}; check the law, then set a new day"
            yield Fault("course/law.yml", 1, f"{dotted(where)} ({statement.id})", message)
