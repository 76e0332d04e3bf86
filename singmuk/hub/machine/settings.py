"""What a machine is told: /etc/singmuk/machine.yml, secrets from hub.env, the roster; every fault at once."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from singmuk import yaml_lines
from singmuk.faults import Fault, dotted, field_faults
from singmuk.hub import roster as rosters
from singmuk.hub.machine.places import Places, instance
from singmuk.hub.names import NAME, PARTS, Campaign, Part
from singmuk.hub.roster import Roster, RosterError
from singmuk.lang import Path as Place
from singmuk.lang import Record

FILE, ENVIRONMENT = "machine.yml", "hub.env"
#: Secrets in hub.env. Client and secret are given; what is missing of the rest is made.
PROXY, CLIENT, CLIENT_SECRET = "CONFIGPROXY_AUTH_TOKEN", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET"
DATABASE, METRICS = "SINGMUK_HUB_DATABASE", "SINGMUK_HUB_METRICS_TOKEN"
#: With it the hub encrypts what the sign-in gave it.
CRYPT = "JUPYTERHUB_CRYPT_KEY"
LEAST = 32
#: Where people come in (behind the front), the hub, and the proxy's door for the hub. No account but root may listen
#: below 1024, so no seat can take the place of a program that is down and be given what people send it.
ENTRANCE, HUB, DOOR = 801, 802, 803
Https = Annotated[str, Field(pattern=r"^https://[^\s/]+(?:/\S*)?$")]
#: What a field must be, where the general words do not tell.
ADVICE = {
    "address": "must be https:// and a host and no more, such as https://course.example",
    "authorize": "must be an address that begins with https://; the sign-in's operator knows it",
    "token": "must be an address that begins with https://; the sign-in's operator knows it",
    "userinfo": "must be an address that begins with https://; the sign-in's operator knows it",
    "memory": "must be a number and K, M or G, such as 768M",
    "port": "must be from 1 to 1021: below 1024 no seat can take it while its service is down; such as 810",
    "name": "must be up to 30 of a-z, 0-9 and -, such as spring; leave it out for the one without a name",
}


class MachineError(Exception):
    """A machine that cannot be set up so; the message names every fault, a line each."""


class SignIn(Record):
    """The organisation's OpenID Connect."""

    authorize: Https
    token: Https
    userinfo: Https
    label: str = Field("your organisation", description="What the button says after `Sign in with`")
    account: str = Field("preferred_username", description="The claim that is somebody's account")
    groups: str = Field("groups", description="The claim with somebody's groups, for `oidc:` in the roster")
    scopes: tuple[str, ...] = ("openid", "profile")


class Listens(Record):
    """A campaign, and the first of its three ports on this machine."""

    name: str = Field("", pattern=rf"^(?:{NAME.pattern})?$", description="Left out for the one without a name")
    port: int = Field(810, ge=1, le=1021, description="The desk's; room and grader have the next two")

    @property
    def ports(self) -> dict[Part, int]:
        """Return the port of each service."""
        return {part: self.port + number for number, part in enumerate(PARTS)}


class Seats(Record):
    """How many seats, and how much each may take."""

    most: int = Field(60, ge=1, le=2000, description="What the memory holds: `singmuk hub plan`")
    starting: int = Field(4, ge=1, le=100, description="At once; twice the processors")
    memory: str = Field("768M", pattern=r"^[1-9][0-9]*[KMG]$")
    processors: float = Field(1.0, gt=0, le=64)


class Machine(Record):
    """What machine.yml says."""

    address: str = Field(pattern=r"^https://[a-z0-9.-]+$", description="How people reach it, https://course.example")
    subdomains: bool = Field(True, description="Each seat and service on a name of its own: a wildcard certificate")
    sign_in: SignIn
    campaigns: tuple[Listens, ...] = Field((Listens.model_validate({}),), min_length=1)
    seats: Seats = Seats.model_validate({})


@dataclass(frozen=True)
class Setup:
    """A machine's settings, roster and secrets, all sound."""

    machine: Machine
    roster: Roster
    places: Places
    environment: Mapping[str, str] = field(repr=False)

    def token(self, service: str) -> str:
        """Return what *service* proves to the hub with."""
        return self.environment[variable(service)]


def variable(service: str) -> str:
    """Return the name in hub.env of the token of *service*."""
    return f"SINGMUK_TOKEN_{re.sub('[^A-Z0-9]', '_', service.upper())}"


def services(machine: Machine) -> list[str]:
    """Return the names of the services that need a token, the culler among them."""
    named = [Campaign(one.name).service(part) for one in machine.campaigns for part in PARTS]
    return [*named, "culler"]


def read(root: Path | None = None, environment: Mapping[str, str] | None = None) -> Setup:
    """Return the settings of the machine whose folders are below *root*; raise `MachineError` with every fault."""
    places = Places.below(root)
    given = os.environ if environment is None else environment
    path = places.etc / FILE
    faults: list[str] = []
    machine = _machine(path, faults)
    found: Roster | None = None
    try:
        found = rosters.read(places.etc / "roster.yml")
    except RosterError as fault:
        faults += [str(one) for one in fault.faults]
    if machine and found:
        faults += _between(path, machine, found)
    faults += _missing(places.etc / ENVIRONMENT, given, machine)
    if faults or machine is None or found is None:
        raise MachineError("\n".join(dict.fromkeys(faults)))
    return Setup(machine, found, places, given)


def _machine(path: Path, faults: list[str]) -> Machine | None:
    """Return what the file *path* says; add what is wrong to *faults*."""
    if not path.is_file():
        faults.append(f"{path}: does not exist; copy hub/machine/machine.yml and put your own values in")
        return None
    lines = yaml_lines.read(path)
    told: list[tuple[Place, str]] = [(place, message) for _, place, message in lines.faults]
    if not isinstance(lines.data, dict):
        told += [] if told else [((), "must be a group of fields; compare it with hub/machine/machine.yml")]
    else:
        known = {place for place, _ in told}
        told += [(place, _said(place, message)) for place, message in field_faults(Machine, lines.data)]
        told = [one for number, one in enumerate(told) if number < len(known) or one[0] not in known]
        if not told:
            machine = Machine.model_validate_json(json.dumps(lines.data))
            faults += [str(Fault(str(path), lines.line(at), dotted(at, "machine"), said)) for at, said in _own(machine)]
            return machine
    at = {place: line for line, place, _ in lines.faults}
    faults += [
        str(Fault(str(path), at.get(place, lines.line(place)), dotted(place, "machine"), said)) for place, said in told
    ]
    return None


def _said(place: Place, message: str) -> str:
    """Return *message*, in plainer words where a field has some."""
    return message if message.startswith("is ") else ADVICE.get(str(place[-1]) if place else "", message)


def _own(machine: Machine) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong between the fields of machine.yml."""
    taken = {ENTRANCE: "the proxy", HUB: "the hub", DOOR: "the proxy's own door", 80: "the front", 443: "the front"}
    names: set[str] = set()
    for number, one in enumerate(machine.campaigns):
        if one.name in names:
            yield ("campaigns", number, "name"), f"{one.name!r} is there twice; each campaign has a name of its own"
        if one.name == instance(Campaign()):
            yield ("campaigns", number, "name"), "is what the units call the one without a name; choose another"
        names.add(one.name)
        for part, port in one.ports.items():
            if port in taken:
                yield ("campaigns", number, "port"), f"gives {port} to {part}, and {taken[port]} has it; choose another"
            taken[port] = f"{one.name or 'the first campaign'}'s {part}"
    if "." not in (urlsplit(machine.address).hostname or ""):
        yield ("address",), "has no dot; seats on names of their own need a whole name, such as course.example"


def _between(path: Path, machine: Machine, roster: Roster) -> Iterator[str]:
    """Yield campaigns that stand only in one of the two files."""
    mine, theirs = ({one.name for one in machine.campaigns}, {one.campaign.name for one in roster.campaigns})
    for name in sorted(theirs - mine):
        said = f"{name or 'the campaign without a name'} is in roster.yml and not here; add it with a port"
        yield str(Fault(str(path), 1, "campaigns", said))
    for name in sorted(mine - theirs):
        said = f"{name or 'the campaign without a name'} is not in roster.yml; add it there, or remove it here"
        yield str(Fault(str(path), 1, "campaigns", said))


def _missing(path: Path, environment: Mapping[str, str], machine: Machine | None) -> Iterator[str]:
    """Yield the secrets that are missing or too short."""
    for name in (CLIENT, CLIENT_SECRET):
        if not environment.get(name):
            yield f"{path}: {name}: is missing; the sign-in's operator gives it"
    tokens = [PROXY, CRYPT, *(variable(one) for one in services(machine))] if machine else [PROXY, CRYPT]
    for name in tokens:
        if len(environment.get(name, "")) < LEAST:
            said = "is missing" if not environment.get(name) else f"has fewer than {LEAST} characters"
            yield f"{path}: {name}: {said}; `python -m singmuk.hub.machine.files` makes one"
