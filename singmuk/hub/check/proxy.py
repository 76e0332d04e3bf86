"""Rules about the proxy, the way inside the machine, and what stays when the hub is started anew."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished, is_open
from singmuk.hub.check.services import named

#: From here on every account may listen (Linux: net.ipv4.ip_unprivileged_port_start).
FREE = 1024
TOKEN = "CONFIGPROXY_AUTH_TOKEN"


@rule("open-proxy-door", "error")
def door(hub: Finished) -> Iterator[Said]:
    """Whoever reaches the proxy's own door with its token leads everybody where they like."""
    found = urlsplit(str(hub.proxy["api_url"] or ""))
    if found.scheme == "http" and is_open(found.hostname) and hub.local:
        fact = f"is at {found.hostname or 'every address'}, without TLS"
        yield hub.proxy.at("api_url"), fact, "set it to http://127.0.0.1:803"


@rule("proxy-token", "warning")
def token(hub: Finished) -> Iterator[Said]:
    """Without a token that stays, a hub that is started anew cannot speak to the proxy that runs."""
    own = "ConfigurableHTTPProxy" in hub.proxy.kinds
    if own and not hub.proxy["auth_token"] and not hub.environment.get(TOKEN):
        advice = f"set {TOKEN} in the hub's and the proxy's environment file; `openssl rand -hex 32` makes one"
        yield hub.proxy.at("auth_token"), "is not set: the hub makes one up at each start", advice


@rule("restart-ends-all", "warning")
def restart(hub: Finished) -> Iterator[Said]:
    """A hub is started anew for a setting or a fault; seats and the desk's routes need not notice."""
    for name, what in (("cleanup_servers", "seats"), ("cleanup_proxy", "the proxy")):
        if hub.hub[name]:
            yield hub.hub.at(name), f"is on: stopping the hub stops {what}", "set it to False"


@rule("proxy-with-hub", "warning")
def apart(hub: Finished) -> Iterator[Said]:
    """A proxy that the hub starts ends with the hub: nobody reaches their seat, nor the desk, meanwhile."""
    if hub.local and hub.proxy["should_start"] and "ConfigurableHTTPProxy" in hub.proxy.kinds:
        advice = "set it to False and let systemd start the proxy: hub/machine/units/singmuk-proxy.service"
        yield hub.proxy.at("should_start"), "is on: the hub starts the proxy", advice


@rule("open-hub-door", "error")
def inner(hub: Finished) -> Iterator[Said]:
    """The hub's own port is for the proxy, the services and the seats; others come through the front."""
    found = str(hub.hub["hub_bind_url"] or "")
    host = urlsplit(found).hostname if found else str(hub.hub["hub_ip"] or "")
    name = "hub_bind_url" if found else "hub_ip"
    if hub.local and is_open("" if host == "*" else host):
        fact = f"is {found or host or 'every address'}: others reach it past the front"
        yield hub.hub.at(name), fact, "use 127.0.0.1"


@rule("takeable-port", "warning")
def takeable(hub: Finished) -> Iterator[Said]:
    """While a program is down any account may listen at its port and is given tokens; not so below 1024."""
    if not hub.accounts:
        return
    places = [(named(one, "url"), one.get("url")) for one in hub.services]
    places += [
        (hub.hub.at("hub_bind_url"), hub.hub["hub_bind_url"] or f"http://127.0.0.1:{hub.hub['hub_port']}"),
        (hub.proxy.at("api_url"), hub.proxy["api_url"]),
    ]
    for place, said in places:
        port = urlsplit(str(said or "")).port
        if port and port >= FREE:
            fact = f"has port {port}: a seat may listen there while the program is down"
            yield place, fact, f"take one below {FREE}, and give the unit CAP_NET_BIND_SERVICE"


@rule("open-seats", "error")
def seats(hub: Finished) -> Iterator[Said]:
    """A seat's own port is for the proxy; in reach of others it is one more door."""
    if hub.local and is_open(hub.spawner["ip"]):
        yield hub.spawner.at("ip"), f"is {hub.spawner['ip'] or 'every address'}", "remove it: 127.0.0.1"


@rule("trusted-fronts", "error")
def fronts(hub: Finished) -> Iterator[Said]:
    """Whoever is trusted to say from where somebody comes may say anything."""
    found = [one for one in hub.hub["trusted_downstream_ips"] or () if is_open(str(one))]
    if found and hub.local:
        fact = f"names {', '.join(found)}: not this machine"
        yield hub.hub.at("trusted_downstream_ips"), fact, "leave 127.0.0.1 alone, the front's address"


@rule("internal-tls", "warning")
def internal(hub: Finished) -> Iterator[Said]:
    """On one machine it adds nothing to the loopback, and the seats' event connection was seen to break with it."""
    if hub.hub["internal_ssl"] and hub.local:
        yield hub.hub.at("internal_ssl"), "is on between programs of one machine", "remove it"
