"""The hub's configuration on a machine: what it shares with every hub, the sign-in, and seats by systemd."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from singmuk.hub import configure as common
from singmuk.hub import roster as rosters
from singmuk.hub.access import CULLER
from singmuk.hub.configure import Hosted, Limits, Site
from singmuk.hub.machine import seats, settings
from singmuk.hub.machine.settings import Setup
from singmuk.hub.names import ROLES, Campaign
from singmuk.hub.roster import accounts


def site(setup: Setup) -> Site:
    """Return the site that *setup* makes."""
    machine, places, given = setup.machine, setup.places, setup.environment
    hosted = []
    for one in machine.campaigns:
        campaign = Campaign(one.name)
        hosted.append(
            Hosted(
                campaign=campaign,
                course=places.course(campaign),
                releases=places.public(campaign) / "exercises",
                ports=one.ports,
                tokens={part: setup.token(campaign.service(part)) for part in one.ports},
            )
        )
    listed = {name: tuple(members) for name, members in setup.roster.groups().items()}
    return Site(
        campaigns=tuple(hosted),
        state=places.hub,
        proxy_token=given[settings.PROXY],
        port=settings.ENTRANCE,
        hub_port=settings.HUB,
        proxy_port=settings.DOOR,
        public=machine.address,
        subdomains=machine.subdomains,
        database=given.get(settings.DATABASE) or None,
        groups=None if setup.roster.by_sign_in else listed,
        python=sys.executable,
        metrics_token=given.get(settings.METRICS) or None,
        limits=Limits(
            starting=machine.seats.starting,
            seats=machine.seats.most,
            memory=machine.seats.memory,
            processors=machine.seats.processors,
        ),
    )


def configure(c: Any, setup: Setup) -> None:
    """Put everything into the hub's configuration *c*."""
    common.configure(c, site(setup))
    behind_front(c)
    _people(c, setup)
    _culler(c, setup)
    seats.seats(c, setup.places)


def behind_front(c: Any) -> None:
    """Say that everybody comes by https: no cookie, the one against forged requests either, goes without."""
    c.JupyterHub.tornado_settings.update({"cookie_options": {"secure": True}})


def _people(c: Any, setup: Setup) -> None:
    """Let people sign in with the organisation's OpenID Connect."""
    found = setup.machine.sign_in
    host = urlsplit(setup.machine.address).netloc
    c.JupyterHub.authenticator_class = "generic-oauth"
    c.OAuthenticator.client_id = setup.environment[settings.CLIENT]
    c.OAuthenticator.client_secret = setup.environment[settings.CLIENT_SECRET]
    c.OAuthenticator.authorize_url = found.authorize
    c.OAuthenticator.token_url = found.token
    c.OAuthenticator.userdata_url = found.userinfo
    c.OAuthenticator.oauth_callback_url = f"https://{host}/hub/oauth_callback"
    c.OAuthenticator.login_service = found.label
    c.OAuthenticator.username_claim = found.account
    c.OAuthenticator.scope = list(found.scopes)
    c.Authenticator.username_pattern = accounts.PATTERN
    c.Authenticator.admin_users = set(setup.roster.admins)
    # The roster says who may in. The hub would also let in whoever was in once.
    c.Authenticator.allow_existing_users = False
    # A seat is started by somebody whom the sign-in still knows; to ask it again the hub keeps its token, encrypted.
    c.Authenticator.enable_auth_state = True
    c.Authenticator.auth_refresh_age = 300
    c.Authenticator.refresh_pre_spawn = True
    if setup.roster.by_sign_in:
        c.OAuthenticator.auth_state_groups_key = rosters.GROUPS_KEY
        c.OAuthenticator.modify_auth_state_hook = rosters.group_map(setup.roster, found.groups)
        c.OAuthenticator.allowed_groups = {one.campaign.group(role) for one in setup.roster.campaigns for role in ROLES}


def _culler(c: Any, setup: Setup) -> None:
    """Leave the culler to systemd, under an account of its own: the hub would run it as root."""
    for one in c.JupyterHub.services:
        if one["name"] == CULLER:
            one.pop("command")
            one["api_token"] = setup.token(CULLER)
