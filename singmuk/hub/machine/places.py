"""Where everything lies on a machine that is a hub, and under which accounts it runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from singmuk.hub.names import Campaign

#: A folder below which all others are: for a trial, and for tests.
ROOT = "SINGMUK_ROOT"


@dataclass(frozen=True)
class Places:
    """The folders of a machine."""

    root: Path

    @classmethod
    def below(cls, root: Path | None = None) -> Places:
        """Return the folders below *root*, or below what the environment says; else the machine's own."""
        return cls(root or Path(os.environ.get(ROOT) or "/"))

    @property
    def etc(self) -> Path:
        """Return the folder of settings."""
        return self.root / "etc" / "singmuk"

    @property
    def programs(self) -> Path:
        """Return the folder of the environment and the proxy, which every account may read."""
        return self.root / "opt" / "singmuk"

    @property
    def state(self) -> Path:
        """Return the folder of all that is kept; a seat sees nothing of it but its own home."""
        return self.root / "var" / "lib" / "singmuk"

    @property
    def hub(self) -> Path:
        """Return the hub's own folder."""
        return self.state / "hub"

    @property
    def homes(self) -> Path:
        """Return the folder of the seats' homes."""
        return self.state / "homes"

    def course(self, campaign: Campaign) -> Path:
        """Return the course with its keys, gradebook and submissions: the grader's alone."""
        return self.state / "course" / instance(campaign)

    def desk(self, campaign: Campaign) -> Path:
        """Return the desk's folder."""
        return self.state / "desk" / instance(campaign)

    def public(self, campaign: Campaign) -> Path:
        """Return the folder with what everybody may read: exercises/ and book/."""
        return self.root / "srv" / "singmuk" / instance(campaign)


def instance(campaign: Campaign) -> str:
    """Return what stands after the @ in the units of *campaign*."""
    return campaign.name or "default"
