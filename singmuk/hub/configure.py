"""The settings that every hub of ours has in common: `configure(c, site)` in its jupyterhub_config.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from singmuk.hub import access, arrival, hardening, seats, services, words
from singmuk.hub.names import PARTS, Campaign
from singmuk.hub.site import Hosted, Limits, Site
from singmuk.serving import LOOPBACK

__all__ = ["Hosted", "Limits", "Site", "configure"]


def configure(c: Any, site: Site) -> None:
    """Put into the hub's configuration *c* what a laptop, a machine and the tests share.

    What is left to each: how people sign in (`authenticator_class`), what starts a seat (`spawner_class`), TLS.
    """
    _addresses(c, site)
    c.JupyterHub.services = services.services(site)
    c.JupyterHub.load_roles = access.roles(site)
    if site.groups is not None:
        c.JupyterHub.load_groups = access.groups(site)
        c.Authenticator.allowed_users = access.people(site)
    else:
        # The sign-in says who is in which group; whoever is in none of ours stays outside.
        c.Authenticator.manage_groups = True
        c.OAuthenticator.allowed_groups = set(access.groups(site))
    _pages(c, site)
    hardening.harden(c, site)
    seats.seat(c, site)


def _addresses(c: Any, site: Site) -> None:
    """Say where the hub, the proxy and the database are; the proxy is started beside the hub, and outlives it."""
    c.JupyterHub.bind_url = f"http://{LOOPBACK}:{site.port}"
    c.JupyterHub.hub_bind_url = f"http://{LOOPBACK}:{site.hub_port}"
    c.JupyterHub.db_url = site.database_url
    c.JupyterHub.cookie_secret_file = str(site.state / "cookie-secret")
    c.JupyterHub.default_url = _first_page(site)
    if site.subdomains:
        c.JupyterHub.subdomain_host = site.address
    elif site.public:
        c.JupyterHub.public_url = f"{site.address}/"
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://{LOOPBACK}:{site.proxy_port}"
    c.ConfigurableHTTPProxy.auth_token = site.proxy_token
    # Seats and routes stay while the hub is started anew.
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.cleanup_proxy = False


def _pages(c: Any, site: Site) -> None:
    """Have the hub's own pages speak both languages and lead to the course."""
    c.JupyterHub.template_paths = [str(Path(__file__).with_name("templates"))]
    told = words.words()
    named = {one.campaign: f" ({one.campaign.name})" if one.campaign.name else "" for one in site.campaigns}
    c.JupyterHub.template_vars = {
        "singmuk_again": site.limits.again,
        "singmuk_desks": {campaign.service("desk"): name for campaign, name in named.items()},
        "singmuk_rooms": {
            campaign.service(part): {language: told[part][language] + name for language in words.LANGUAGES}
            for campaign, name in named.items()
            for part in PARTS
            if part != "desk"
        },
    }


def _first_page(site: Site) -> Any:
    """Return what leads whoever signs in to the desk of their campaign, and others to the hub's own page."""
    desks: dict[Campaign, str | None] = {}
    for hosted in site.campaigns:
        base = site.place(hosted, "desk") if site.subdomains else hosted.campaign.prefix("desk")
        desks[hosted.campaign] = f"{base}my" if "desk" in hosted.ports else None
    return arrival.first_page(desks)
