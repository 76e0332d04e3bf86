"""Keep a campaign, put it back, erase it."""

from __future__ import annotations

from singmuk.hub.keep.holdings import Holdings, KeepError, Outside, find

__all__ = ["Holdings", "KeepError", "Outside", "find"]
