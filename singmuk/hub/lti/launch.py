"""What a launch that the LMS signed says: who, in which role, to which campaign, to which page."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from singmuk.hub.lti.settings import MEMBERSHIP, Lti
from singmuk.hub.names import Campaign, Role

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
#: Of several roles in a course the first of these counts.
STRONGEST: tuple[Role, ...] = ("trainers", "auditors", "participants")
_ASSIGNMENT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: The desk's pages that a link may name; what else is there is reached from them.
_PAGES = re.compile(r"|my|assignments/[a-z0-9]+(?:-[a-z0-9]+)*|book(?:/(?:[A-Za-z0-9_-]+/)*(?:[A-Za-z0-9_-]+\.html)?)?")


class RefusedError(Exception):
    """A launch that is not let in; `why` is a name in words.yml."""

    def __init__(self, why: str, detail: str = "") -> None:
        self.why, self.detail = why, detail
        super().__init__(f"{why}: {detail}" if detail else why)


class Context(BaseModel):
    """The course in the LMS; its title is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: str = Field(min_length=1, max_length=255)


class Claims(BaseModel):
    """What is read of a token, and of what type it must be; names and addresses of people are not read."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    sub: str | None = Field(None, max_length=255)
    nonce: str = Field(min_length=1, max_length=255)
    azp: str | None = None
    deployment: str = Field(alias=f"{CLAIM}deployment_id", max_length=255)
    target: str = Field(alias=f"{CLAIM}target_link_uri", max_length=2000)
    roles: list[str] = Field(alias=f"{CLAIM}roles", max_length=100)
    context: Context | None = Field(None, alias=f"{CLAIM}context")
    custom: dict[str, Any] | None = Field(None, alias=f"{CLAIM}custom")
    resource_link: dict[str, Any] | None = Field(None, alias=f"{CLAIM}resource_link")


@dataclass(frozen=True)
class Launch:
    """Somebody at the door: the hub's name for them, what they may do, and where they want to go."""

    account: str
    role: Role
    campaign: Campaign
    #: A page below the desk's base, such as `my` or `assignments/pdpo-basics`.
    page: str

    @property
    def group(self) -> str:
        """Return the one group that this launch puts them in."""
        return self.campaign.group(self.role)


def claims(token: Mapping[str, Any]) -> Claims:
    """Return what we read of a verified *token*; raise `RefusedError` where it is not of LTI's form."""
    try:
        return Claims.model_validate(dict(token))
    except ValidationError as fault:
        places = ", ".join(sorted({str(one["loc"][0]).removeprefix(CLAIM) for one in fault.errors()}))
        raise RefusedError("form", places) from fault


def account(issuer: str, subject: str, secret: str) -> str:
    """Return the hub's name for the LMS's *subject*: the same at every launch, and nobody else's.

    LMSs number people (Moodle's subject is the number in the address of somebody's profile), so a plain hash
    could be tried through; with the *secret* it leads nowhere. Lower case, 28 characters: a Unix account too.
    """
    told = f"{len(issuer)}:{issuer}{subject}".encode()
    digest = hmac.new(secret.encode("utf-8"), told, hashlib.sha256).digest()
    return f"lti-{base64.b32encode(digest[:15]).decode('ascii').lower()}"


def role(roles: list[str], settings: Lti) -> Role | None:
    """Return what the *roles* of a launch may do, None for nothing; of several the strongest counts."""
    held = {settings.roles.get(name) or settings.roles.get(name.removeprefix(MEMBERSHIP)) for name in roles}
    return next((found for found in STRONGEST if found in held), settings.others)


def page(target: str, custom: Mapping[str, Any], base: str, origins: tuple[str, ...], doors: tuple[str, ...]) -> str:
    """Return the page below the desk's *base* that a launch names; raise `RefusedError` for one elsewhere.

    The parameter `assignment` goes before the address; an address that is one of the *doors* of the hub, or the
    hub itself, is no wish.
    """
    if "assignment" in custom:
        wished = custom["assignment"]
        if not isinstance(wished, str) or len(wished) > 64 or not _ASSIGNMENT.fullmatch(wished):
            raise RefusedError("target", "assignment")
        return f"assignments/{wished}"
    try:
        found = urlsplit(target)
        origin = f"{found.scheme}://{found.netloc}"
    except ValueError as fault:
        raise RefusedError("target") from fault
    if origin not in origins or found.query or found.fragment:
        raise RefusedError("target", origin if origin not in origins else "?")
    if found.path in doors:
        return "my"
    below = found.path.removeprefix(base)
    if not found.path.startswith(base) or not _PAGES.fullmatch(below):
        raise RefusedError("target", found.path)
    return below or "my"


def launch(
    found: Claims, settings: Lti, *, origins: tuple[str, ...], root: str = "/", doors: tuple[str, ...] = ()
) -> Launch:
    """Return who stands at the door by the claims *found*; raise `RefusedError`.

    *root* is the hub's base, *origins* where the hub and its services are reached.
    """
    if found.azp is not None and found.azp not in settings.client_ids:
        raise RefusedError("client", "azp")
    campaign = settings.campaign(found.deployment, found.context.id if found.context else None)
    if campaign is None:
        raise RefusedError("place", f"{found.deployment}, {found.context.id if found.context else 'no course'}")
    if not found.sub:
        raise RefusedError("nobody")
    mine = role(found.roles, settings)
    if mine is None:
        raise RefusedError("role", ", ".join(found.roles))
    base = f"{root.rstrip('/')}{campaign.prefix('desk')}"
    wished = page(found.target, found.custom or {}, base, origins, doors)
    return Launch(account(settings.issuer, found.sub, settings.secret), mine, campaign, wished)
