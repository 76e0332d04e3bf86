"""What roster.yml may say: campaigns with their people, each listed, in a table, or by a group of the sign-in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from singmuk.hub.names import ROLES, Role
from singmuk.lang import Record


class Sheet(Record):
    """A CSV file in which one column holds accounts: what a personnel system exports."""

    file: str = Field(min_length=1, description="Beside roster.yml, or with its whole path")
    column: str = Field(min_length=1, description="The heading over the accounts")


def _form(value: Any) -> str:
    # The names are those of no field, by which `faults.path_of` tells them from places in the file.
    return "(sheet)" if isinstance(value, dict | Sheet) else "(listed)"


People = Annotated[
    Annotated[tuple[str, ...], Tag("(listed)")] | Annotated[Sheet, Tag("(sheet)")],
    Discriminator(_form),
]
Names = tuple[str, ...]


class Oidc(Record):
    """Groups of the organisation's sign-in, by the role that they give."""

    participants: Names = ()
    trainers: Names = ()
    auditors: Names = ()

    def of(self, role: Role) -> Names:
        """Return the groups that give *role*."""
        found: Names = getattr(self, role)
        return found


class Entry(Record):
    """One campaign: who takes part, who teaches, who looks on."""

    name: str = Field("", description="Left out for the first or only campaign; see singmuk/hub/names.py")
    participants: People = ()
    trainers: People = ()
    auditors: People = ()
    oidc: Oidc = Oidc()

    def people(self, role: Role) -> Names | Sheet:
        """Return who is *role* by account."""
        found: Names | Sheet = getattr(self, role)
        return found

    @property
    def by_sign_in(self) -> bool:
        """Return whether the sign-in's groups decide about anybody."""
        return any(self.oidc.of(role) for role in ROLES)


class File(Record):
    """The whole of roster.yml."""

    admins: Names = Field((), description="Accounts that run the hub; few")
    campaigns: tuple[Entry, ...] = Field(min_length=1)
