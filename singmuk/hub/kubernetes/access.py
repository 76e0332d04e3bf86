"""Services and roles in the values: the hub stops at a name it does not know, and the chart's schema lets it by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from singmuk.faults import Fault
from singmuk.hub.kubernetes.chart import unknown
from singmuk.hub.kubernetes.files import Values
from singmuk.lang import Path as Place

#: What the chart adds by itself when it stops seats that nobody uses.
CULLER = "jupyterhub-idle-culler"
#: Fields of a role.
ROLE = ("name", "description", "scopes", "groups", "users", "services")
#: What may stand after the ! of a scope.
ALONE, WITH = ("user", "service", "server"), ("user", "service", "group", "server")
#: A Service called so would set variables that the desk reads as its settings.
TAKEN = "singmuk-desk"


def faults(values: Values) -> Iterator[Fault]:
    """Yield what the hub would refuse in services and roles, and what would not do what was meant."""
    services = values.group("hub", "services")
    for name, service in services.items():
        if isinstance(service, dict):
            yield from _service(values, name, service)
    known = {str(one.get("name", name)) for name, one in services.items() if isinstance(one, dict)}
    if values.get("cull", "enabled") is not False:
        known.add(CULLER)
    for name, role in values.group("hub", "loadRoles").items():
        place = ("hub", "loadRoles", name)
        if not isinstance(role, dict):
            yield values.at(place, "must be a group of fields; write scopes, and groups or services, below it")
            continue
        yield from _role(values, place, role, known)
    scopes = values.get("hub", "config", "Spawner", "server_token_scopes")
    yield from _scopes(values, ("hub", "config", "Spawner", "server_token_scopes"), scopes, known)


def _service(values: Values, name: str, service: dict[str, Any]) -> Iterator[Fault]:
    from jupyterhub.services.service import Service  # noqa: PLC0415  (slow, and an extra of its own)

    fields = [*Service.class_traits(input=True), "apiToken"]
    place = ("hub", "services", name)
    for field in service:
        if field not in fields:
            told = unknown(field, fields, "a service has no such field, and the hub stops at it")
            yield values.at((*place, field), told)
    url = service.get("url")
    if url is not None:
        yield from _url(values, (*place, "url"), str(url))
    client = service.get("oauth_client_id")
    if client is not None and not str(client).startswith("service-"):
        yield values.at((*place, "oauth_client_id"), f"must begin with service-, got {client!r}; write service-{name}")
    back = service.get("oauth_redirect_uri")
    if back is not None:
        yield from _callback(values, (*place, "oauth_redirect_uri"), str(service.get("name", name)), str(back))


def _url(values: Values, place: Place, url: str) -> Iterator[Fault]:
    try:
        found = urlsplit(url)
        host, _ = found.hostname or "", found.port
    except ValueError:
        host, found = "", urlsplit("")
    if found.scheme not in ("http", "https") or not host or found.path not in ("", "/"):
        yield values.at(place, f"must be a scheme, a Service and its port, got {url!r}; write such as http://desk:8500")
    elif host in ("localhost", "127.0.0.1"):
        yield values.at(place, "is the hub's own pod; write the Kubernetes Service that the program is behind")
    elif host.partition(".")[0].startswith(TAKEN):
        yield values.at(
            place, f"Kubernetes tells pods of a Service {TAKEN} as SINGMUK_DESK_PORT=tcp://…, a setting; call it desk"
        )


def _callback(values: Values, place: Place, name: str, back: str) -> Iterator[Fault]:
    found = urlsplit(back)
    path = f"/services/{name}/oauth_callback"
    if not found.path.endswith(path):
        yield values.at(place, f"does not lead back to the service {name}; let it end in {path}")
    public = values.get("hub", "config", "JupyterHub", "subdomain_host")
    if isinstance(public, str) and public:
        base = urlsplit(public)
        wanted = f"{base.scheme}://{name}--service.{base.netloc}"
        if f"{found.scheme}://{found.netloc}" != wanted:
            yield values.at(place, f"with subdomain_host the service is at {wanted}; write {wanted}{path}")


def _role(values: Values, place: Place, role: dict[str, Any], services: set[str]) -> Iterator[Fault]:
    for field in role:
        if field not in ROLE:
            yield values.at((*place, field), unknown(field, list(ROLE), "a role has no such field"))
    yield from _scopes(values, (*place, "scopes"), role.get("scopes"), services)
    for number, name in enumerate(_list(role.get("services"))):
        if name not in services:
            told = unknown(str(name), sorted(services), "there is no such service, and the hub stops at it")
            yield values.at((*place, "services", number), told)
    let_in = _let_in(values)
    for number, name in enumerate(_list(role.get("groups"))):
        if let_in and name not in let_in:
            told = unknown(str(name), sorted(let_in), "nobody of this group is let in (allowed_groups)")
            yield values.at((*place, "groups", number), told)


def _let_in(values: Values) -> set[str]:
    """Return the groups whose members may sign in; empty where that is not said by groups."""
    config = values.group("hub", "config")
    named = [one for cls in config.values() if isinstance(cls, dict) for one in _list(cls.get("allowed_groups"))]
    return {str(one) for one in named}


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _scopes(values: Values, place: Place, scopes: Any, services: set[str]) -> Iterator[Fault]:
    """Yield *scopes* that the hub does not have, or that open a service which is not there."""
    if scopes is None:
        return
    if not isinstance(scopes, list):
        yield values.at(place, "must be a list; write each scope after a hyphen")
        return
    from jupyterhub.scopes import scope_definitions  # noqa: PLC0415

    own = values.group("hub", "config", "JupyterHub", "custom_scopes")
    for number, scope in enumerate(scopes):
        base, _, narrowed = str(scope).partition("!")
        if base not in scope_definitions and base not in own:
            told = unknown(base, sorted(scope_definitions), "the hub has no such scope, and stops at it")
            yield values.at((*place, number), told)
            continue
        what, equal, name = narrowed.partition("=")
        if narrowed and what not in (WITH if equal else ALONE):
            told = f"cannot be narrowed by !{narrowed}; write !service=, !user=, !group= or !server= and a name"
            yield values.at((*place, number), told)
        elif what == "service" and equal and name not in services:
            yield values.at((*place, number), unknown(name, sorted(services), f"there is no service {name!r}"))
