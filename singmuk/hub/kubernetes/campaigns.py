"""Several campaigns on the hub of a cluster: what the values cannot say, because it depends on who somebody is.

Called from hub.extraConfig, after everything else of the values; `c` is the hub's configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from singmuk.hub import arrival
from singmuk.hub.names import Campaign
from singmuk.hub.seat import DESK

#: The port of each desk's Kubernetes Service.
PORT = 8500


def side_by_side(c: Any, names: Sequence[str]) -> None:
    """Lead everybody to the desk of their campaign, and have their seat hand in there.

    *names* are the campaigns', "" for the one without a name; who is in several comes to the first of them.
    Raises `ValueError` for what is no name, and where the values give the services no hosts of their own.
    """
    campaigns = [Campaign(name) for name in names]
    public = urlsplit(str(c.JupyterHub.get("subdomain_host", "")))
    if public.scheme != "https" or not public.netloc:
        raise ValueError("hub.config.JupyterHub.subdomain_host is not set; write https:// and the hub's host")
    desks: dict[Campaign, str | None] = {
        one: f"https://{one.service('desk')}--service.{public.netloc}{one.prefix('desk')}my" for one in campaigns
    }
    c.JupyterHub.default_url = arrival.first_page(desks)

    def desk(spawner: Any) -> str:
        found = arrival.campaign_of(campaigns, arrival.memberships(spawner.user))
        return f"http://{found.service('desk')}:{PORT}{found.prefix('desk')}" if found else ""

    c.KubeSpawner.environment.update({DESK: desk})
