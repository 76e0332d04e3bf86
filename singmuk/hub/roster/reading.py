"""Read roster.yml and the tables it names: all of it, or every fault at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from singmuk import yaml_lines
from singmuk.faults import Fault, dotted, field_faults, partial
from singmuk.hub.names import PARTS, ROLES, Campaign, Role
from singmuk.hub.roster import accounts, sheet
from singmuk.hub.roster.people import Listed, Roster
from singmuk.hub.roster.record import Entry, File, Oidc, Sheet
from singmuk.lang import Path as Place

#: Services of the hub that belong to no campaign.
SERVICES = ("culler", "monitor")
#: What our own groups begin with.
OURS = "singmuk-"


class RosterError(Exception):
    """A roster with faults; they are the message, a line each."""

    def __init__(self, found: list[Fault]) -> None:
        self.faults = tuple(found)
        super().__init__("\n".join(str(fault) for fault in found))


def read(path: Path) -> Roster:
    """Return the roster in the file *path*; raise `RosterError` with every fault."""
    reading = _Reading(path)
    roster = reading.roster()
    if reading.faults:
        raise RosterError(sorted(set(reading.faults)))
    return roster


def faults(path: Path) -> list[Fault]:
    """Return every fault of the roster in the file *path*."""
    try:
        read(path)
    except RosterError as fault:
        return list(fault.faults)
    return []


@dataclass(frozen=True)
class _Found:
    """An account, and where it stands."""

    name: str
    written: str
    file: str
    line: int
    field: str


@dataclass
class _Reading:
    """One reading of a roster, and the faults it has come upon."""

    path: Path
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.document = yaml_lines.Document()
        if self.path.is_file():
            self.document = yaml_lines.read(self.path)
        else:
            self.document.faults.append((1, (), "does not exist; copy hub/roster.yml and put your accounts in"))
        self.services: set[str] = set(SERVICES)

    def roster(self) -> Roster:
        """Return the roster, as far as it is sound."""
        told = {place for _, place, _ in self.document.faults}
        for line, place, message in self.document.faults:
            advice = message.replace("; split it", "; put the accounts into a CSV file and name that")
            self.faults.append(Fault(str(self.path), line, dotted(place, "roster"), advice))
        data = self.document.data
        if not isinstance(data, dict):
            if not self.faults:
                self._fault((), "must be a group of fields; compare it with hub/roster.yml")
            return Roster((), ())
        found = field_faults(File, data)
        for place, message in found:
            if place not in told:
                self._fault(place, message)
        record: File = partial(File, data) if found else File.model_validate_json(json.dumps(data))
        entries: tuple[Entry, ...] = getattr(record, "campaigns", ())
        names = [self._campaign(index, entry) for index, entry in enumerate(entries)]
        self.services |= {name.service(part) for name in names for part in PARTS}
        admins = tuple(one.name for one in self._sound(self._listed(("admins",), data.get("admins"))))
        listed = [self._entry(index, entry, names[index], admins) for index, entry in enumerate(entries)]
        self._twice(names)
        return Roster(admins, tuple(listed))

    def _fault(self, place: Place, message: str) -> None:
        line = self.document.line(place)
        self.faults.append(Fault(str(self.path), line, dotted(place, "roster"), message))

    def _campaign(self, index: int, entry: Entry) -> Campaign:
        try:
            return Campaign(getattr(entry, "name", ""))
        except ValueError as fault:
            self._fault(("campaigns", index, "name"), str(fault))
            return Campaign()

    def _raw(self, index: int) -> dict[str, Any]:
        """Return the campaign at *index* as the file has it."""
        found = self.document.data["campaigns"][index]
        return found if isinstance(found, dict) else {}

    def _twice(self, names: list[Campaign]) -> None:
        for index, name in enumerate(names):
            if self._raw(index).get("name", "") == name.name and name in names[:index]:
                said = f"{name.name!r} is the name of another one too" if name.name else "has no name, as another one"
                self._fault(("campaigns", index, "name"), f"{said}; give each its own, such as spring")

    def _entry(self, index: int, entry: Entry, campaign: Campaign, admins: tuple[str, ...]) -> Listed:
        place: Place = ("campaigns", index)
        raw = self._raw(index)
        people: dict[Role, list[_Found]] = {}
        origin: dict[Role, str] = {}
        for role in ROLES:
            given = getattr(entry, role, None)  # None: at fault, and told; its sound entries are looked at all the same
            origin[role] = f"{given.file}, {given.column}" if isinstance(given, Sheet) else "listed"
            before = len(self.faults)
            people[role] = list(self._sound(self._given((*place, role), given, raw.get(role))))
            nobody = given is not None and not people[role] and len(self.faults) == before
            oidc = getattr(entry, "oidc", None)
            if nobody and oidc is not None and not getattr(oidc, role, None):
                self._empty((*place, role), role)
        self._apart(people, admins)
        oidc = getattr(entry, "oidc", Oidc())
        groups = {role: tuple(getattr(oidc, role, ())) for role in ROLES}
        self._oidc((*place, "oidc"), groups)
        found = {role: tuple(one.name for one in people[role]) for role in ROLES}
        return Listed(campaign, found, groups, origin)

    def _empty(self, place: Place, role: Role) -> None:
        if role == "participants":
            self._fault(place, "nobody takes part; list accounts, name a CSV file, or give groups under oidc")
        if role == "trainers":
            self._fault(place, "nobody grades and releases feedback; name a trainer, or a group under oidc")

    def _given(self, place: Place, given: tuple[str, ...] | Sheet | None, raw: object) -> Iterator[_Found]:
        """Yield the accounts at *place*: listed there, or in the table that is named."""
        if not isinstance(given, Sheet):
            yield from self._listed(place, raw)
            return
        path = self.path.parent / given.file
        column = sheet.read(path, given.column)
        for line, message in column.faults:
            self.faults.append(Fault(str(path), line, given.column, message))
        for line, cell in column.cells:
            yield _Found(accounts.normal(cell), cell, str(path), line, given.column)

    def _listed(self, place: Place, raw: object) -> Iterator[_Found]:
        for index, name in enumerate(raw if isinstance(raw, list) else ()):
            if not isinstance(name, str):
                continue  # has a fault of its own
            here = (*place, index)
            line = self.document.line(here)
            yield _Found(accounts.normal(name), name, str(self.path), line, dotted(here, "roster"))

    def _sound(self, found: Iterator[_Found]) -> Iterator[_Found]:
        """Yield each account that can be one, once; the others become faults."""
        first: dict[str, _Found] = {}
        for one in found:
            message = accounts.fault(one.name)
            if not message and one.name in self.services:
                message = f"{one.name!r} is the name of one of the hub's services; choose another account"
            before = first.setdefault(one.name, one)
            if not message and before is not one:
                same = one.written == before.written
                why = "" if same else f" as {before.written!r}, and the hub makes no difference between capitals"
                message = f"{one.written!r} stands in line {before.line} already{why}; remove one"
            if message:
                self.faults.append(Fault(one.file, one.line, one.field, message))
            else:
                yield one

    def _apart(self, people: dict[Role, list[_Found]], admins: tuple[str, ...]) -> None:
        """Keep apart whoever looks on and whoever is looked at.

        A trainer may take part too: trainers are staff, who have to take the course as well, and a group of all
        staff holds them. The desk and the room then know them as trainers.
        """
        trainers = {one.name for one in people["trainers"]}
        for one in people["auditors"]:
            for what, names in (("a trainer of this campaign", trainers), ("an admin of the hub", set(admins))):
                if one.name in names:
                    message = f"{one.written!r} is {what} too; an auditor looks on at what they do: choose one"
                    self.faults.append(Fault(one.file, one.line, one.field, message))

    def _oidc(self, place: Place, groups: dict[Role, tuple[str, ...]]) -> None:
        first: dict[str, Role] = {}
        for role in ROLES:
            seen: set[str] = set()
            for index, name in enumerate(groups[role]):
                here = (*place, role, index)
                if not name.strip() or name != name.strip():
                    self._fault(here, f"{name!r} is blank or has a space at an end; write the group's name")
                elif name.lower().startswith(OURS):
                    self._fault(
                        here, f"{name!r} reads like a group of ours, which the sign-in must not give; rename it"
                    )
                elif name in seen:
                    self._fault(here, f"{name!r} stands here twice; remove one")
                elif first.setdefault(name, role) != role:
                    also = f"{name!r} makes {first[name]} already; everybody in it would be both: use another group"
                    self._fault(here, also)
                seen.add(name)
