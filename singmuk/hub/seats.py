"""How the hub starts a seat: with which program, which environment, which token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from singmuk.hub import access, arrival
from singmuk.hub.seat import DESK, RELEASES, START
from singmuk.hub.site import Hosted, Site

#: What of the hub's own environment a seat gets; secrets stand in other names.
KEPT = ["PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH"]


def seat(c: Any, site: Site) -> None:
    """Put the settings into the hub's configuration *c*."""
    c.Spawner.cmd = [site.python, "-m", "singmuk.hub.seat"]
    c.Spawner.default_url = f"/lab/tree/{START}"
    c.Spawner.env_keep = KEPT
    c.Spawner.server_token_scopes = access.seat_scopes(site)
    c.Spawner.environment = {
        DESK: _of(site, lambda hosted: f"{site.inside(hosted, 'desk')}{hosted.campaign.prefix('desk')}"),
        RELEASES: _of(site, lambda hosted: str(hosted.releases)),
    }


def _of(site: Site, value: Callable[[Hosted], str]) -> Callable[[Any], str]:
    """Return what asks for the *value* of the campaign that the owner of a seat is in."""

    def found(spawner: Any) -> str:
        hosted = access.campaign_of(site, arrival.memberships(spawner.user))
        return value(hosted) if hosted else ""

    return found
