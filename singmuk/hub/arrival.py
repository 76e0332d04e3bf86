"""Where somebody comes to on a hub: the campaign that they are in, and its desk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from singmuk.hub.names import ROLES, Campaign

#: The hub's own page, which shows the places of whoever looks at it.
HOME = "/hub/home"


def campaign_of(campaigns: Iterable[Campaign], memberships: Collection[str]) -> Campaign | None:
    """Return the first of the *campaigns* in which somebody with these *memberships* is, None when in none."""
    return next((one for one in campaigns if any(one.group(role) in memberships for role in ROLES)), None)


def memberships(user: Any) -> list[str]:
    """Return the groups of the hub's *user*."""
    return [group.name for group in user.groups]


def first_page(desks: Mapping[Campaign, str | None]) -> Callable[[Any], str]:
    """Return what leads whoever signs in to the desk of their campaign, and others to the hub's own page.

    For `c.JupyterHub.default_url`; *desks* has each campaign's page, None where it has no desk.
    """

    def first(handler: Any) -> str:
        user = handler.current_user
        if user is None:
            # Whoever is just signing in is known on the next page; on that one, nobody is signed in.
            return "" if handler.request.path in ("/", "/hub/") else "/hub/"
        found = campaign_of(desks, memberships(user))
        return (desks[found] if found else None) or HOME

    return first
