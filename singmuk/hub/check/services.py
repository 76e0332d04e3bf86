"""Rules about the hub's services: as whom they run, who gets in, and who stops idle seats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished, is_open
from singmuk.hub.check.scopes import CULLS, culls
from singmuk.hub.names import PARTS

#: Services of ours: their sign-in needs no question whether one trusts them.
OURS = re.compile(rf"(?:{'|'.join(PARTS)})(?:-[a-z0-9-]+)?")
#: Services that only those who teach may enter.
TEACHING = re.compile(r"(?:room|grader)(?:-[a-z0-9-]+)?")
ACCESS = "access:services"


def named(service: dict[str, Any], field: str = "") -> str:
    """Return the setting *field* of a *service*."""
    return f"JupyterHub.services[{service.get('name')}]{'.' if field else ''}{field}"


@rule("root-service", "error")
def as_root(hub: Finished) -> Iterator[Said]:
    """A service that the hub starts runs as the hub itself does, as root on a machine with real accounts."""
    for one in hub.services:
        if hub.accounts and one.get("command") and one.get("user") in (None, "", "root"):
            advice = "name an account of its own in `user`, or let systemd start it"
            yield named(one, "user"), "is not set: the service runs as root, as the hub does", advice


@rule("service-admin", "error")
def admin(hub: Finished) -> Iterator[Said]:
    """A service that is an administrator gives its faults to the whole hub."""
    for one in hub.services:
        if one.get("admin"):
            advice = "remove it, and give a role with the scopes that the service needs"
            yield named(one, "admin"), "is on: the service may do everything", advice


@rule("service-address", "warning")
def address(hub: Finished) -> Iterator[Said]:
    """Between the proxy and a service nothing is encrypted: on one machine it listens on 127.0.0.1 alone."""
    for one in hub.services:
        found = urlsplit(str(one.get("url") or ""))
        if hub.local and found.scheme == "http" and is_open(found.hostname):
            yield named(one, "url"), f"is at {found.hostname}, in reach of others", "let it listen on 127.0.0.1"


@rule("no-confirm", "warning")
def confirm(hub: Finished) -> Iterator[Said]:
    """Somebody else's service should not learn who people are without their being asked."""
    for one in hub.services:
        if one.get("oauth_no_confirm") and not OURS.fullmatch(str(one.get("name"))):
            fact = "is on for a service that is none of the course's"
            yield named(one, "oauth_no_confirm"), fact, "remove it"


@rule("undefined-service", "error")
def undefined(hub: Finished) -> Iterator[Said]:
    """A role that names a service which is not there stops the hub at its start."""
    known = {str(one.get("name")) for one in hub.services}
    for role in hub.roles:
        for name in role.get("services") or ():
            if str(name) not in known:
                fact = f"names the service {name}, which is not there: the hub does not start"
                yield f"JupyterHub.load_roles[{role.get('name')}]", fact, "define the service, or remove it here"


@rule("open-services", "error")
def everything(hub: Finished) -> Iterator[Said]:
    """Whoever may enter every service may enter the trainer's room and the formgrader."""
    for role in hub.roles:
        if ACCESS in (role.get("scopes") or ()):
            advice = f"name each service: {ACCESS}!service=desk"
            yield f"JupyterHub.load_roles[{role.get('name')}]", f"has {ACCESS}, all of them", advice


@rule("open-grader", "error")
def teaching(hub: Finished) -> Iterator[Said]:
    """The room and the formgrader show everybody's work: participants stay outside."""
    for role in hub.roles:
        groups = [str(one) for one in role.get("groups") or ()]
        many = role.get("name") == "user" or any("participants" in one for one in groups)
        found = [str(one).rpartition("=")[2] for one in role.get("scopes") or () if str(one).startswith(f"{ACCESS}!")]
        for name in found:
            if many and TEACHING.fullmatch(name):
                fact = f"lets participants into {name}"
                yield f"JupyterHub.load_roles[{role.get('name')}]", fact, "give it to the group of trainers alone"


@rule("no-culler", "error")
def culler(hub: Finished) -> Iterator[Said]:
    """A seat that nobody stops holds its memory for ever; after a week there is no room for anybody."""
    found = culls(hub)
    if found is None:
        advice = "add jupyterhub-idle-culler with --timeout=1800 --max-age=28800"
        yield "JupyterHub.services", "has nothing that stops idle seats", advice
    elif found.get("command") and not any("--timeout" in str(word) for word in found["command"]):
        yield named(found, "command"), "names no --timeout: 600 seconds, too short for a text", "add --timeout=1800"


@rule("culler-scopes", "error")
def culler_scopes(hub: Finished) -> Iterator[Said]:
    """What stops idle seats needs four scopes; with fewer it stops none, with more it is a way in."""
    found = culls(hub)
    if found is None:
        return
    mine = [one for one in hub.roles if found.get("name") in (one.get("services") or ())]
    scopes = {str(scope) for one in mine for scope in one.get("scopes") or ()}
    setting = f"JupyterHub.load_roles[{mine[0].get('name') if mine else found.get('name')}]"
    if missing := sorted(CULLS - scopes):
        yield setting, f"lacks {', '.join(missing)}: nothing is stopped", f"give {', '.join(sorted(CULLS))}"
    if more := sorted(scopes - CULLS):
        yield setting, f"has {', '.join(more)} as well", f"leave {', '.join(sorted(CULLS))}"
