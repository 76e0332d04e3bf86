"""The organisation's own policy on generative AI, as data: policy.yml at the course's root, with its checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from pathlib import Path as FilePath

from singmuk import yaml_lines
from singmuk.faults import Fault, dotted, field_faults, partial
from singmuk.lang import Path, Record, field_name
from singmuk.policy.checks import checks, overdue
from singmuk.policy.record import Policy
from singmuk.yaml_lines import Document

#: The file at the course's root.
NAME = "policy.yml"
#: Fields that name a contact.
CONTACTS = ("contact", "otherwise", "owner")
#: What a course without that file goes by.
DEFAULT = FilePath(__file__).parent / "default.yml"


class FieldError(LookupError):
    """A field that the policy does not have; the message says what to write."""


def find(policy: Policy, field: str) -> object:
    """Return what stands at the dotted *field*: `incident.hours`, `tools.office-assistant`, `incident.contact.channel`.

    An id stands for the entry of a list, and where a contact is named, the contact itself is returned.
    """
    value: object = policy
    for step in field.split("."):
        below = _below(policy, value)
        if step not in below:
            close = get_close_matches(step, below, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(below) or 'the fields above it'}"
            raise FieldError(f"{field!r} is not in the policy; {hint}")
        value = below[step]
    return value


def _below(policy: Policy, value: object) -> dict[str, object]:
    if isinstance(value, Record):
        known = {field_name(name): getattr(value, name) for name in type(value).model_fields}
        people = {contact.id: contact for contact in policy.contacts}
        return {name: people.get(one, one) if name in CONTACTS else one for name, one in known.items()}
    if isinstance(value, tuple):
        return {getattr(entry, "id", str(index)): entry for index, entry in enumerate(value, start=1)}
    return {}


def read(root: FilePath) -> tuple[Policy | None, list[Fault]]:
    """Return the policy of the course *root* and its faults; without a file, the one that ships.

    A review that is late is no fault here, so that a book can still be built and say so: `faults` tells it.
    """
    policy, _, found = _read(root)
    return policy, found


def faults(root: FilePath, today: date | None = None) -> list[Fault]:
    """Return what is wrong with the organisation's own file, late reviews as of *today* included."""
    if not (root / NAME).exists():
        return []
    record, document, found = _read(root)
    late = overdue(record, today or date.today()) if record else ()
    return [*found, *(_fault(document, path, message) for path, message in late)]


def _read(root: FilePath) -> tuple[Policy | None, Document, list[Fault]]:
    own = root / NAME
    document = yaml_lines.read(own if own.exists() else DEFAULT)
    found = [Fault(NAME, line, dotted(path, "policy"), message) for line, path, message in document.faults]
    data = document.data
    if not isinstance(data, dict):
        if not found:
            found.append(_fault(document, (), "must be a group of fields; compare it with the policy that ships"))
        return None, document, found
    told = {path for _, path, _ in document.faults}
    unsound = field_faults(Policy, data)
    record: Policy = partial(Policy, data) if unsound else Policy.model_validate_json(json.dumps(data))
    between = list(_between(record, complete=not unsound))
    found += [_fault(document, path, text) for path, text in [*unsound, *between] if path not in told]
    return (None if found else record), document, found


def _between(record: Policy, *, complete: bool) -> Iterator[tuple[Path, str]]:
    for check in checks():
        try:
            yield from check(record)
        except (AttributeError, TypeError, LookupError):
            # In an unsound record a check may miss its field, which has a fault of its own.
            if complete:
                raise


def _fault(document: Document, path: Path, message: str) -> Fault:
    return Fault(NAME, document.line(path), dotted(path, "policy"), message)
