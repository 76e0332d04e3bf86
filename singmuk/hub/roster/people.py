"""Who is what in which campaign, and which of the hub's groups that makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from singmuk.hub.names import ROLES, Campaign, Role
from singmuk.hub.roster import accounts


@dataclass(frozen=True)
class Listed:
    """One campaign of the roster."""

    campaign: Campaign
    #: Accounts by role, as the hub writes them.
    accounts: Mapping[Role, tuple[str, ...]]
    #: Groups of the sign-in by the role that they give.
    oidc: Mapping[Role, tuple[str, ...]]
    #: Where the accounts of a role come from: "listed", or a file and its column.
    origin: Mapping[Role, str] = field(default_factory=dict)

    def roles(self, account: str, given: Iterable[str] = ()) -> set[Role]:
        """Return what *account* is here, listed or by the groups *given* at sign-in."""
        groups = set(given)
        found = {role for role in ROLES if account in self._members[role] or groups & set(self.oidc[role])}
        if {"trainers", "auditors"} <= found:
            found.discard("trainers")  # who looks on at the trainers is none; of two powers the lesser
        return found

    @cached_property
    def _members(self) -> dict[Role, frozenset[str]]:
        return {role: frozenset(self.accounts[role]) for role in ROLES}


@dataclass(frozen=True)
class Roster:
    """Everybody whom roster.yml names, and what the sign-in's groups mean."""

    admins: tuple[str, ...]
    campaigns: tuple[Listed, ...]

    @property
    def by_sign_in(self) -> bool:
        """Return whether groups of the sign-in decide: then the hub's groups are made there and not loaded."""
        return any(names for one in self.campaigns for names in one.oidc.values())

    def groups(self) -> dict[str, list[str]]:
        """Return the accounts in each of our groups, as listed; a group without anybody is there as well."""
        return {one.campaign.group(role): list(one.accounts[role]) for one in self.campaigns for role in ROLES}

    def people(self) -> frozenset[str]:
        """Return every account that is listed, admins among them."""
        listed = (one.accounts[role] for one in self.campaigns for role in ROLES)
        return frozenset(self.admins).union(*listed)

    def find(self, name: str = "") -> Listed:
        """Return the campaign called *name*; raise `LookupError` that says which there are."""
        for one in self.campaigns:
            if one.campaign.name == name:
                return one
        there = ", ".join(one.campaign.name or "the one without a name" for one in self.campaigns)
        raise LookupError(f"{name or 'a campaign without a name'}: is not in the roster; there: {there}")

    def role_of(self, account: str, campaign: str = "") -> set[Role]:
        """Return what *account*, however it is written, is listed as in *campaign*; raise `LookupError`."""
        return self.find(campaign).roles(accounts.normal(account))

    def at_sign_in(self, account: str, given: Iterable[str]) -> list[str]:
        """Return our groups of *account*, whom the sign-in says to be in the groups *given*."""
        name, groups = accounts.normal(account), list(given)
        return sorted(one.campaign.group(role) for one in self.campaigns for role in one.roles(name, groups))
