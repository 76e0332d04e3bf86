"""Who takes part, teaches and looks on: roster.yml, read whole or refused with every fault."""

from __future__ import annotations

from singmuk.hub.roster.people import Listed, Roster
from singmuk.hub.roster.reading import RosterError, faults, read
from singmuk.hub.roster.signin import GROUPS_KEY, group_map, strike

__all__ = ["GROUPS_KEY", "Listed", "Roster", "RosterError", "faults", "group_map", "read", "strike"]
