"""Rules about roles and tokens: who may what, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished

#: Scopes that reach everybody, or the hub itself, unless something after a `!` narrows them.
WIDE = {
    *("admin:users", "admin:auth_state", "admin:servers", "admin:services", "admin:groups", "admin-ui", "users"),
    *("groups", "tokens", "servers", "shares", "proxy", "shutdown", "inherit", "access:servers", "read:tokens"),
}
#: What the culler needs, and no more.
CULLS = {"list:users", "read:users:activity", "read:servers", "delete:servers"}
#: Scopes with which somebody hands out what they may.
GIVING = ("self", "tokens", "shares", "inherit")
DAY = 24 * 3600
LEAST = 32


def wide(scopes: Iterable[Any]) -> list[str]:
    """Return those of the *scopes* that reach everybody."""
    return sorted(
        {str(one) for one in scopes if str(one) in WIDE or (str(one).startswith("admin:") and "!" not in one)}
    )


def holders(role: dict[str, Any]) -> str:
    """Return who has the *role*, in words."""
    found = [f"{kind[:-1]} {name}" for kind in ("users", "groups", "services") for name in role.get(kind) or ()]
    return ", ".join(found) or "nobody"


def culls(hub: Finished) -> dict[str, Any] | None:
    """Return the service that stops seats which nobody uses, where there is one."""
    for one in hub.services:
        command = " ".join(str(word) for word in one.get("command") or ()).replace("_", "-")
        if "idle-culler" in command or "cull" in str(one.get("name")):
            return one
    return None


@rule("wide-role", "error")
def roles(hub: Finished) -> Iterator[Said]:
    """A role with everybody's users, servers or tokens makes an administrator of whoever holds it."""
    culler = culls(hub)
    for role in hub.roles:
        name = str(role.get("name"))
        if culler and culler.get("name") in (role.get("services") or ()):
            continue
        found = wide(role.get("scopes") or ()) if name not in ("user", "server", "token") else []
        if found:
            fact = f"gives {', '.join(found)} to {holders(role)}"
            yield f"JupyterHub.load_roles[{name}]", fact, "narrow each scope by !user, !group=… or !service=…"
        elif name == "admin" and holders(role) != "nobody":
            advice = "give a role with what is needed"
            yield "JupyterHub.load_roles[admin]", f"makes administrators of {holders(role)}", advice


@rule("giving-on", "warning")
def own(hub: Finished) -> Iterator[Said]:
    """By default somebody may make tokens for others to use and share a seat: a submission in a colleague's name."""
    mine = next((one for one in hub.roles if one.get("name") == "user"), {"scopes": ["self"]})
    found = [one for one in mine.get("scopes") or () if str(one).partition("!")[0] in GIVING]
    if found:
        advice = "define the role `user` with read:users!user, users:activity!user, servers!user, access:servers!user"
        yield "JupyterHub.load_roles[user]", f"has {', '.join(found)}: people make tokens and share seats", advice


@rule("seat-token", "error")
def seat_token(hub: Finished) -> Iterator[Said]:
    """The token in a seat is read by every notebook that its owner opens: it must open no more than the seat."""
    setting, scopes = hub.spawner.at("server_token_scopes"), hub.spawner["server_token_scopes"] or []
    if not scopes:
        server: dict[str, Any] = next((one for one in hub.roles if one.get("name") == "server"), {})
        setting, scopes = "JupyterHub.load_roles[server]", server.get("scopes") or []
    found = [one for one in scopes if str(one).partition("!")[0] in (*GIVING, *WIDE) and str(one) != "inherit!server"]
    found = [one for one in found if not str(one).startswith("access:servers!")]
    if found and isinstance(scopes, list):
        advice = "leave users:activity!user, access:servers!server and access:services!service=desk"
        yield setting, f"gives a notebook {', '.join(found)}", advice


@rule("lasting-tokens", "warning")
def lifetime(hub: Finished) -> Iterator[Said]:
    """A token without an end works for whoever finds it years later."""
    if not hub.hub["token_expires_in_max_seconds"]:
        fact = "is 0: a token may last for ever"
        yield hub.hub.at("token_expires_in_max_seconds"), fact, f"set the seconds of a day, {DAY}"
    if (hub.hub["oauth_token_expires_in"] or 0) > DAY:
        days = hub.hub["oauth_token_expires_in"] / DAY
        fact = f"is {days:g} days: somebody shut out stays in so long"
        yield hub.hub.at("oauth_token_expires_in"), fact, f"set the seconds of a day, {DAY}"


@rule("weak-token", "error")
def weak(hub: Finished) -> Iterator[Said]:
    """A token that can be guessed is none: a service's opens the hub, the proxy's opens every route."""
    for setting, value in hub.secrets():
        if setting.endswith(("api_token", "auth_token")) and len(value) < LEAST:
            advice = f"use {LEAST} or more; `openssl rand -hex 32` makes one"
            yield setting, f"has {len(value)} characters", advice


@rule("given-tokens", "error")
def given(hub: Finished) -> Iterator[Said]:
    """Tokens of people in the configuration have all that their owner may, and no end."""
    for name in ("api_tokens", "service_tokens"):
        if hub.hub[name]:
            advice = "remove it; a service's token stands in JupyterHub.services, a person's in nobody's file"
            yield hub.hub.at(name), f"holds {len(hub.hub[name])} tokens", advice


@rule("trusted-tokens", "error")
def trusted(hub: Finished) -> Iterator[Said]:
    """Tokens that others may choose are chosen badly, or known to them."""
    if hub.hub["trust_user_provided_tokens"]:
        yield hub.hub.at("trust_user_provided_tokens"), "is on: whoever makes a token says what it is", "remove it"
