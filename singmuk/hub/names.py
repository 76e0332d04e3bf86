"""What a campaign's groups and services are called on a hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["participants", "trainers", "auditors"]
Part = Literal["desk", "room", "grader"]
ROLES: tuple[Role, ...] = get_args(Role)
PARTS: tuple[Part, ...] = get_args(Part)
#: A campaign's name stands in addresses, in groups, and in names of units and volumes.
NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?")


@dataclass(frozen=True)
class Campaign:
    """One course for one set of people; the first one on a hub needs no name."""

    name: str = ""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a name that cannot stand in an address."""
        if self.name and not NAME.fullmatch(self.name):
            raise ValueError(
                f"{self.name!r} is no name of a campaign; write up to 30 of a-z, 0-9 and -, such as spring"
            )

    def group(self, role: Role) -> str:
        """Return the hub's group of those who are *role*."""
        return f"singmuk-{self.name}-{role}" if self.name else f"singmuk-{role}"

    def service(self, part: Part) -> str:
        """Return the hub's name of the service that is *part*."""
        return f"{part}-{self.name}" if self.name else part

    def prefix(self, part: Part) -> str:
        """Return the path below which *part* answers, with a slash at both ends."""
        return f"/services/{self.service(part)}/"
