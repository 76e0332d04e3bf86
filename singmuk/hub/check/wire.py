"""Rules about the way from a browser to the hub: TLS, cookies, frames, figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished, is_open

#: Days that somebody stays signed in.
DAYS = 1
FRAMED = re.compile(r"frame-ancestors\s+([^;]*)", re.IGNORECASE)


def headers(hub: Finished) -> dict[str, Any]:
    """Return the headers that the hub's pages are told to wear, names in small letters."""
    found = (hub.hub["tornado_settings"] or {}).get("headers") or {}
    return {str(name).lower(): value for name, value in found.items()} if isinstance(found, dict) else {}


@rule("no-tls", "error")
def tls(hub: Finished) -> Iterator[Said]:
    """Over plain http, passwords and cookies are read by whoever is on the same network."""
    if hub.hub["ssl_key"]:
        return
    if hub.bind.scheme != "https" and is_open(hub.bind.hostname):
        where = hub.bind.hostname or "every address"
        advice = "listen on 127.0.0.1 behind a front with TLS (hub/machine/nginx.conf), or set ssl_key and ssl_cert"
        yield hub.hub.at("bind_url"), f"listens at {where} without TLS", advice


@rule("no-https-address", "error")
def front(hub: Finished) -> Iterator[Said]:
    """The hub must know that people come by https, else its cookies travel in the open and its links lead nowhere."""
    if not hub.secure and not is_open(hub.bind.hostname):
        advice = "set it to https:// and the host by which people come, with a front that speaks TLS"
        yield hub.hub.at("public_url"), "is no https address", advice


@rule("one-origin", "warning")
def subdomains(hub: Finished) -> Iterator[Said]:
    """On one host, a page in one seat shares the browser's rights with the hub, the desk and every other seat."""
    if not hub.hub["subdomain_host"]:
        advice = "set it, with a wildcard name and certificate: each seat on a host of its own"
        yield hub.hub.at("subdomain_host"), "is empty: seats, hub and desk share one origin", advice


@rule("cookie-prefix", "warning")
def prefix(hub: Finished) -> Iterator[Said]:
    """`__Host-` keeps a subdomain from setting the hub's cookies; on one host it would send them to every seat."""
    apart, on = bool(hub.hub["subdomain_host"]) and hub.secure, hub.hub["cookie_host_prefix_enabled"]
    if apart and not on:
        yield hub.hub.at("cookie_host_prefix_enabled"), "is off: a seat's page may set the hub's cookies", "set it True"
    elif on and not apart and hub.secure:
        fact = "is on without subdomains: the hub's cookies go to every seat"
        yield hub.hub.at("cookie_host_prefix_enabled"), fact, "set subdomain_host, or this to False"


@rule("long-cookies", "warning")
def days(hub: Finished) -> Iterator[Said]:
    """Somebody who forgets to sign out at a shared computer stays in as long as the cookie."""
    found = hub.hub["cookie_max_age_days"] or 0
    if found > DAYS:
        yield hub.hub.at("cookie_max_age_days"), f"is {found:g} days", f"set it to {DAYS}"


@rule("seats-after-leaving", "warning")
def leaving(hub: Finished) -> Iterator[Said]:
    """Who signs out is done; the seat that stays holds memory that others wait for."""
    if not hub.hub["shutdown_on_logout"]:
        yield hub.hub.at("shutdown_on_logout"), "is off: the seat runs on", "set it to True"


@rule("forged-requests", "error")
def xsrf(hub: Finished) -> Iterator[Said]:
    """Without this check any page that somebody opens may act in their name on the hub."""
    if (hub.hub["tornado_settings"] or {}).get("xsrf_cookies") is False:
        yield "JupyterHub.tornado_settings[xsrf_cookies]", "is off", "remove it"


@rule("other-origins", "error")
def origins(hub: Finished) -> Iterator[Said]:
    """With this header, pages from elsewhere read what the hub tells the person who opened them."""
    if "access-control-allow-origin" in headers(hub):
        value = headers(hub)["access-control-allow-origin"]
        setting = "JupyterHub.tornado_settings[headers][Access-Control-Allow-Origin]"
        yield setting, f"is {value}", "remove it"


@rule("in-frames", "error")
def frames(hub: Finished) -> Iterator[Said]:
    """A page in a frame of another is clicked unseen; with 'self', any seat could frame the formgrader."""
    policy = headers(hub).get("content-security-policy")
    if policy is None:
        return
    found = FRAMED.search(str(policy))
    if found is None or found.group(1).strip() != "'none'":
        said = f"allows frames of {found.group(1).strip()}" if found else "names no frame-ancestors: every page may"
        setting = "JupyterHub.tornado_settings[headers][Content-Security-Policy]"
        yield setting, said, "write frame-ancestors 'none', or remove the header"


@rule("open-figures", "error")
def metrics(hub: Finished) -> Iterator[Said]:
    """The hub's figures tell who comes when; they are for the one who watches the hub."""
    if not hub.hub["authenticate_prometheus"]:
        fact = "is off: /hub/metrics is for everybody"
        yield hub.hub.at("authenticate_prometheus"), fact, "remove it, and give a service the scope read:metrics"


@rule("loud-log", "warning")
def log(hub: Finished) -> Iterator[Said]:
    """A log at its loudest holds names, addresses and parts of requests that nobody has agreed to keep."""
    for name in ("debug_db", "debug_proxy"):
        if hub.hub[name]:
            yield hub.hub.at(name), "is on", "remove it"
    level = hub.hub["log_level"]
    if level in (0, 10, "DEBUG", "10"):
        yield hub.hub.at("log_level"), "is DEBUG", "remove it"
    if hub.spawner["debug"]:
        yield hub.spawner.at("debug"), "is on", "remove it"
