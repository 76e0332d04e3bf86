"""The roster on the hub of a cluster: roster.yml and its tables are mounted from a Secret, and decide who is who.

Called from hub.extraConfig, after everything else of the values; `c` is the hub's configuration.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from singmuk.hub import roster as rosters
from singmuk.hub.roster import Roster, accounts


def listed(c: Any, path: str, claim: str = "groups") -> None:
    """Let in whom the roster at *path* names, each into the groups that it gives them.

    Where it gives groups of the sign-in, these are looked for in the *claim* of what that says of somebody.
    Raises `SystemExit` with every fault: a hub that did not know its people would let in others, or nobody.
    """
    try:
        roster = rosters.read(Path(path))
    except rosters.RosterError as fault:
        sys.exit(f"{fault}\nThe hub does not start with this roster; `singmuk hub roster --check` says the same.")
    c.Authenticator.admin_users = set(roster.admins)
    c.Authenticator.username_pattern = accounts.PATTERN
    # The roster says who may in. The hub would also let in whoever was in once.
    c.Authenticator.allow_existing_users = False
    if roster.by_sign_in:
        c.GenericOAuthenticator.update(
            manage_groups=True,
            modify_auth_state_hook=rosters.group_map(roster, claim),
            auth_state_groups_key=rosters.GROUPS_KEY,
            allowed_groups=set(roster.groups()),
        )
        return
    # The sign-in says who somebody is, and nothing of groups: the hub stops where both would.
    c.GenericOAuthenticator.update(manage_groups=False, auth_state_groups_key="", allowed_groups=set())
    c.Authenticator.allowed_users = set(roster.people())
    c.JupyterHub.load_groups = {name: {"users": members} for name, members in roster.groups().items()}
    _strike(str(c.JupyterHub.db_url), roster)


def _strike(database: str, roster: Roster) -> None:
    """Take whoever the *roster* no longer names out of our groups; raise `SystemExit` where that cannot be done."""
    try:
        gone = rosters.strike(database, roster)
    except SQLAlchemyError as fault:
        said = str(getattr(fault, "orig", None) or fault).strip().splitlines()[0]
        sys.exit(f"hub.db: who left cannot be taken out of the groups: {said}; see to the database, then start again")
    print(f"Roster: {len(roster.people())} people; memberships struck off: {gone}.")
