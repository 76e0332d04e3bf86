"""Carry the roster to the hub: groups that come and go with each sign-in, and leave when the roster is read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, column, create_engine, delete, inspect, select, table
from sqlalchemy.engine import make_url

from singmuk.hub.roster.people import Roster

#: Where the sign-in's state holds our groups: `c.OAuthenticator.auth_state_groups_key`.
GROUPS_KEY = "singmuk_groups"
#: Called by oauthenticator (17 and later) at each sign-in and each refresh, before it sets the groups.
Hook = Callable[[Any, dict[str, Any]], dict[str, Any]]
#: The hub's own tables, as far as we touch them.
_USERS, _GROUPS = table("users", column("id"), column("name")), table("groups", column("id"), column("name"))
_IN = table("user_group_map", column("user_id"), column("group_id"))


def group_map(roster: Roster, claim: str = "groups") -> Hook:
    """Return the hook that turns the sign-in's groups, in *claim* of what it says of somebody, into ours.

    For `c.OAuthenticator.modify_auth_state_hook`, with `manage_groups` on, `auth_state_groups_key` set to
    `GROUPS_KEY` and `allowed_groups` to the names of `roster.groups()`: who has no group of ours does not get in.
    """

    def hook(authenticator: Any, state: dict[str, Any]) -> dict[str, Any]:
        told = state[authenticator.user_auth_state_key]
        account = authenticator.normalize_username(authenticator.user_info_to_username(told))
        given = _given(told, claim)
        if given is None:
            # An account's name in a log would be no secret of the hub's, and still nobody's affair.
            authenticator.log.warning("The sign-in gives no list of groups as %r: only listed accounts count.", claim)
        return state | {GROUPS_KEY: roster.at_sign_in(account, given or ())}

    return hook


def _given(told: Mapping[str, Any], claim: str) -> list[str] | None:
    """Return the groups in the *claim*, a path of names joined by dots; None where there is no list of them."""
    found: Any = told.get(claim)
    if found is None:
        found = told
        for step in claim.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [one for one in found if isinstance(one, str)] if isinstance(found, list | tuple) else None


def strike(database: str, roster: Roster) -> int:
    """Take whoever the *roster* no longer lists out of our groups in the hub's *database*; return how many went.

    The hub itself only adds (`load_groups`), so whoever was struck off would stay. To be called before the hub
    starts; a database that is not there yet is left alone. Raises `sqlalchemy.exc.SQLAlchemyError`.
    """
    if roster.by_sign_in:
        return 0  # each sign-in says it anew
    url = make_url(database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return 0
    engine = create_engine(url)
    try:
        if not inspect(engine).has_table("user_group_map"):
            return 0
        with engine.begin() as connection:
            return sum(_strike(connection, name, members) for name, members in roster.groups().items())
    finally:
        engine.dispose()


def _strike(connection: Connection, group: str, members: list[str]) -> int:
    """Take everybody but *members* out of the *group*; return how many went."""
    there = connection.execute(
        select(_IN.c.user_id, _IN.c.group_id, _USERS.c.name)
        .join_from(_IN, _GROUPS, _IN.c.group_id == _GROUPS.c.id)
        .join(_USERS, _IN.c.user_id == _USERS.c.id)
        .where(_GROUPS.c.name == group)
    )
    listed = set(members)
    gone = [row for row in there if row.name not in listed]
    for row in gone:
        connection.execute(delete(_IN).where(_IN.c.user_id == row.user_id, _IN.c.group_id == row.group_id))
    return len(gone)
