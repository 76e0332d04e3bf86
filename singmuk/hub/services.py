"""The services of a hub: desk, room and grader beside it, each told who the hub is, and the culler."""

from __future__ import annotations

import sys
from typing import Any

from singmuk.hub.access import CULLER, MONITOR
from singmuk.hub.names import Part
from singmuk.hub.site import Hosted, Site

#: The command of ours that is each part; it finds the rest in its `environment`.
COMMANDS: dict[Part, tuple[str, ...]] = {
    "desk": ("desk",),
    "room": ("room", "--hub"),
    "grader": ("trainer", "--hub"),
}
#: What a service's browser comes back to.
CALLBACK = "oauth_callback"


def client(hosted: Hosted, part: Part) -> str:
    """Return the name under which *part* asks the hub who somebody is; the hub wants it to begin so."""
    return f"service-{hosted.campaign.service(part)}"


def callback(site: Site, hosted: Hosted, part: Part) -> str:
    """Return where the hub sends a browser back to; without a host it is the hub's own."""
    return f"{site.origin(hosted, part) if site.subdomains else ''}{hosted.campaign.prefix(part)}{CALLBACK}"


def services(site: Site) -> list[dict[str, Any]]:
    """Return the services as the hub is told of them.

    Desk, room and grader are started by a supervisor: a service of the hub's own that cannot start stops the hub,
    and one that the hub has started ends with it.
    """
    found: list[dict[str, Any]] = [
        {
            "name": hosted.campaign.service(part),
            "url": site.inside(hosted, part),
            "api_token": hosted.tokens[part],
            "oauth_client_id": client(hosted, part),
            "oauth_redirect_uri": callback(site, hosted, part),
            "oauth_no_confirm": True,  # they are ours: to ask whether one trusts them would be noise
        }
        for hosted in site.campaigns
        for part in hosted.ports
    ]
    limits = site.limits
    found.append(
        {
            "name": CULLER,
            # The Python that runs the hub: it is there when the hub is.
            "command": [
                *(sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={limits.idle}"),
                *(f"--cull-every={max(10, min(300, limits.idle // 3))}", f"--max-age={limits.oldest}"),
                "--concurrency=10",
            ],
        }
    )
    if site.metrics_token:
        found.append({"name": MONITOR, "api_token": site.metrics_token})
    return found


def parts() -> tuple[Part, ...]:
    """Return the parts of a campaign that have a command."""
    return tuple(COMMANDS)


def environment(site: Site, hosted: Hosted, part: Part) -> dict[str, str]:
    """Return what the program that is *part* finds in its environment; it holds secrets."""
    campaign = hosted.campaign
    found = {
        "JUPYTERHUB_API_URL": site.api,
        "JUPYTERHUB_API_TOKEN": hosted.tokens[part],
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": client(hosted, part),
        "JUPYTERHUB_HOST": site.address if site.subdomains else "",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": callback(site, hosted, part),
        "JUPYTERHUB_SERVICE_NAME": campaign.service(part),
        "JUPYTERHUB_SERVICE_PREFIX": campaign.prefix(part),
        "JUPYTERHUB_SERVICE_URL": site.inside(hosted, part),
    }
    found |= {
        "SINGMUK_DESK_CAMPAIGN": campaign.name,
        "SINGMUK_DESK_IDENTITY": "hub",
        "SINGMUK_DESK_ORIGIN": site.origin(hosted, part),
    }
    if part == "desk":
        found |= {"SINGMUK_DESK_PORT": str(hosted.ports[part]), "SINGMUK_DESK_SEATS": site.inside(hosted, part)}
        if "room" in hosted.ports:
            found["SINGMUK_DESK_ROOM"] = site.place(hosted, "room")
    else:
        found["SINGMUK_ROOM_DESK"] = site.place(hosted, "desk")
        if "grader" in hosted.ports:
            found["SINGMUK_ROOM_FORMGRADER"] = site.place(hosted, "grader")
    return found
