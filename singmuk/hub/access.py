"""Who may what on the hub: groups and roles, each with no more than it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from singmuk.hub import arrival
from singmuk.hub.names import ROLES, Campaign, Part, Role
from singmuk.hub.site import Hosted, Site

#: What a role opens. Auditors see the room's counts; buttons are the room's own affair.
OPENS: dict[Role, tuple[Part, ...]] = {
    "participants": ("desk",),
    "trainers": ("desk", "room", "grader"),
    "auditors": ("desk", "room"),
}
#: What everybody may: their own seat. The hub's `self` would let them make tokens and share the seat as well.
OWN = ("read:users!user", "users:activity!user", "servers!user", "access:servers!user")
#: What stops seats that nobody uses.
CULLER = "culler"
CULLS = ("list:users", "read:users:activity", "read:servers", "delete:servers")
#: What reads the hub's figures.
MONITOR = "monitor"


def access(campaign: Campaign, part: Part) -> str:
    """Return the scope that lets somebody into *part*."""
    return f"access:services!service={campaign.service(part)}"


def roles(site: Site) -> list[dict[str, Any]]:
    """Return the hub's roles: everybody's, the groups' and the services'."""
    found: list[dict[str, Any]] = [{"name": "user", "scopes": list(OWN)}]
    for hosted in site.campaigns:
        for role in ROLES:
            group = hosted.campaign.group(role)
            # A role that names a service which is not there would stop the hub.
            scopes = [access(hosted.campaign, part) for part in OPENS[role] if part in hosted.ports]
            found.append({"name": group, "scopes": scopes, "groups": [group]})
    found.append({"name": CULLER, "scopes": list(CULLS), "services": [CULLER]})
    if site.metrics_token:
        found.append({"name": MONITOR, "scopes": ["read:metrics"], "services": [MONITOR]})
    return found


def seat_scopes(site: Site) -> list[str]:
    """Return what the token in a seat is for: to say that it is alive, to let its owner in, to hand in at the desk.

    The hub gives of these only what the owner has: nobody gets into the desk of another campaign.
    """
    desks = [access(hosted.campaign, "desk") for hosted in site.campaigns]
    return ["users:activity!user", "access:servers!server", *desks]


def groups(site: Site) -> dict[str, dict[str, list[str]]]:
    """Return each campaign's groups as the hub loads them, those without anybody as well."""
    names = [hosted.campaign.group(role) for hosted in site.campaigns for role in ROLES]
    return {name: {"users": list((site.groups or {}).get(name, ()))} for name in names}


def people(site: Site) -> set[str]:
    """Return everybody whom the roster names."""
    return {name for members in groups(site).values() for name in members["users"]}


def campaign_of(site: Site, memberships: Sequence[str]) -> Hosted | None:
    """Return the first campaign in which somebody with these *memberships* is, None when in none."""
    hosted = {one.campaign: one for one in site.campaigns}
    found = arrival.campaign_of(hosted, memberships)
    return hosted[found] if found else None
