"""What the hub must know of the LMS: one file, one secret from the environment, and every fault at once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from singmuk import yaml_lines
from singmuk.faults import Fault, dotted, field_faults
from singmuk.hub.names import NAME, Campaign, Role
from singmuk.lang import Record

FILE = "lti.yml"
#: Names of accounts are made with it, so that an LMS's own numbers do not lead to anybody.
SECRET = "SINGMUK_LTI_SECRET"
#: A role stands in the launch as this and its name.
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"
#: The roles within a course that LTI 1.3 knows.
KNOWN = ("Administrator", "ContentDeveloper", "Instructor", "Learner", "Manager", "Member", "Mentor", "Officer")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


#: Stands in for a field with a fault, so that the others can be looked at; nothing is ever run with it.
SOUND: dict[str, Any] = {
    "issuer": "https://lms.example", "authorize-url": "https://lms.example/a", "keyset-url": "https://lms.example/k",
    "client-ids": ["c"], "origin": "https://hub.example", "campaigns": [{"deployment": "1"}],
}  # fmt: skip


class LtiError(Exception):
    """Settings that cannot be used; the message names every fault, a line each."""


class Place(Record):
    """Where launches come from, and the campaign that they lead to."""

    deployment: str = Field(min_length=1, max_length=255, description="The deployment id that the LMS shows")
    course: str | None = Field(None, min_length=1, max_length=255, description="The course's id; None: every course")
    campaign: str = Field("", description="The campaign's name; none for the first one on the hub")


class Lti(Record):
    """What a deployer enters: the LMS's addresses, who is who, and which course is which campaign."""

    issuer: str = Field(description="The LMS's own name for itself (platform id), an address")
    authorize_url: str = Field(description="Where the LMS confirms a sign-in (authentication request URL)")
    keyset_url: str = Field(description="Where the LMS shows its public keys")
    client_ids: list[str] = Field(min_length=1, description="What the LMS calls this hub; one of each registration")
    origin: str = Field(description="Where people reach the hub: https:// and a host")
    campaigns: list[Place] = Field(min_length=1)
    roles: dict[str, Role] = Field({"Instructor": "trainers", "Learner": "participants"})
    others: Role | None = Field(None, description="Who has none of these roles; None: refused")
    frames: list[str] = Field([], description="Origins that show the LMS's pages; the issuer's and authorize-url's")
    leeway: int = Field(30, ge=0, le=300, description="Seconds by which the LMS's clock may differ")
    secret: str = Field("", description="From the environment", exclude=True)

    def checks(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield what is wrong between fields, and what a field's type cannot say."""
        for name in ("issuer", "authorize-url", "keyset-url"):
            if why := _no_address(getattr(self, name.replace("-", "_")), origin=False):
                yield (name,), why
        for place, text in [(("origin",), self.origin), *((("frames", i), text) for i, text in enumerate(self.frames))]:
            if why := _no_address(text, origin=True):
                yield place, why
        for index, client in enumerate(self.client_ids):
            if not client.strip() or client in self.client_ids[:index]:
                yield ("client-ids", index), "is empty or stands here twice; remove it"
        yield from self._unknown_roles()
        yield from self._unsound_places()
        if len(self.secret) < 32:
            yield (
                (SECRET,),
                "is missing or shorter than 32 characters; set it to what `openssl rand -hex 32` prints, and keep it: "
                "with another one everybody is somebody new",
            )

    def _unknown_roles(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for role in self.roles:
            if role not in KNOWN and not (role.startswith(VOCABULARY) and "#" in role):
                yield ("roles", role), f"is no role of LTI; use one of {', '.join(KNOWN)}, or the role's whole address"
        if not self.roles and self.others is None:
            yield ("roles",), "lets nobody in; write Learner: participants below it"

    def _unsound_places(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        seen: dict[tuple[str, str | None], int] = {}
        for index, place in enumerate(self.campaigns):
            if place.campaign and not NAME.fullmatch(place.campaign):
                advice = "write up to 30 of a-z, 0-9 and -, such as spring"
                yield ("campaigns", index, "campaign"), f"{place.campaign!r} is no name of a campaign; {advice}"
            first = seen.setdefault((place.deployment, place.course), index)
            if first != index:
                yield ("campaigns", index), f"is the place of campaigns[{first}] again; remove one, or name a course"

    def campaign(self, deployment: str, course: str | None) -> Campaign | None:
        """Return the campaign of a launch, None where it comes from elsewhere; a course goes before all others."""
        for wanted in (course, None):
            for place in self.campaigns:
                if (place.deployment, place.course) == (deployment, wanted):
                    return Campaign(place.campaign)
        return None

    @property
    def framing(self) -> list[str]:
        """Return the origins whose pages may show ours in a frame."""
        mine = [f"{found.scheme}://{found.netloc}" for found in map(urlsplit, (self.issuer, self.authorize_url))]
        return list(dict.fromkeys([*mine, *self.frames]))

    @property
    def trusted(self) -> bool:
        """Return whether a browser keeps our cookies for itself: over https, and on this machine."""
        return self.origin.startswith("https://") or urlsplit(self.origin).hostname in LOOPBACK


def _no_address(text: str, *, origin: bool) -> str:
    """Return why *text* is no address that we can use, nothing when it is."""
    try:
        found = urlsplit(text)
        host, _ = found.hostname, found.port
    except ValueError:
        return "is no address; copy it from the LMS's page"
    if found.scheme not in ("https", "http") or not host or found.username or found.fragment or text != text.strip():
        return "is no address; write https://, a host and a path" if not origin else "must be https:// and a host"
    if found.scheme == "http" and host not in LOOPBACK:
        return "is not https; whoever stands between could be anybody; write https://…"
    if origin and (found.path or found.query):
        return "must be https:// and a host and no more, such as https://course.example"
    return ""


def read(path: Path, environment: Mapping[str, str] | None = None) -> Lti:
    """Return what the file *path* says; raise `LtiError` with every fault."""
    environment = os.environ if environment is None else environment
    if not path.is_file():
        raise LtiError(f"{path}: does not exist; copy hub/lti/lti.yml and fill it in")
    document = yaml_lines.read(path)
    faults = [Fault(path.name, line, dotted(place, "settings"), text) for line, place, text in document.faults]
    data: dict[str, Any] = {}
    if isinstance(document.data, dict):
        data = document.data
    elif document.data is not None:
        faults.append(Fault(path.name, 1, "settings", "must be a group of fields, a name and a value each"))
    if "secret" in data:
        line = document.line(("secret",))
        faults.append(Fault(path.name, line, "secret", f"does not belong in a file; set {SECRET} in the environment"))
        del data["secret"]
    told = {fault.field for fault in faults}
    found = list(field_faults(Lti, data)) if isinstance(document.data, dict) else []
    broken = {place[0] for place, _ in found}
    # What is sound is looked at also when something else is not: every fault at once.
    sound = SOUND | {name: value for name, value in data.items() if name not in broken}
    settings = Lti.model_validate_json(json.dumps(sound)).model_copy(update={"secret": environment.get(SECRET, "")})
    found += [(place, message) for place, message in settings.checks() if place[0] in data or place == (SECRET,)]
    for place, message in found:
        if place == (SECRET,):
            faults.append(Fault(SECRET, 1, "secret", message))
        elif dotted(place, "settings") not in told:
            faults.append(Fault(path.name, document.line(place), dotted(place, "settings"), message))
    if faults:
        raise LtiError("\n".join(str(fault) for fault in sorted(set(faults))))
    return settings
