"""Rules about who may in, and how they prove who they are."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished, is_open

#: More administrators than this are hard to keep an eye on.
MANY = 3
#: Authenticators that take any password, or anybody at all.
DUMMIES = {"DummyAuthenticator", "SharedPasswordAuthenticator", "NullAuthenticator", "TmpAuthenticator"}
LOCAL = {"LocalAuthenticator", "PAMAuthenticator", "LocalGenericOAuthenticator"}


@rule("dummy-sign-in", "error")
def dummy(hub: Finished) -> Iterator[Said]:
    """With a sign-in made for tests, whoever knows a colleague's name is that colleague."""
    if DUMMIES & set(hub.authenticator.kinds):
        fact = f"is {hub.authenticator.name}: anybody signs in as anybody"
        yield "JupyterHub.authenticator_class", fact, "use the organisation's own sign-in, generic-oauth"


@rule("allow-all", "error")
def allow_all(hub: Finished) -> Iterator[Said]:
    """An organisation's sign-in knows everybody who was ever given an account; the course is for those invited."""
    if hub.authenticator["allow_all"]:
        advice = "leave it False, and name the people in roster.yml or the groups in OAuthenticator.allowed_groups"
        yield hub.authenticator.at("allow_all"), "is on: whoever can sign in may use the hub", advice


@rule("nobody-allowed", "error")
def nobody(hub: Finished) -> Iterator[Said]:
    """Since its version 5 the hub lets nobody in unless it is told whom."""
    allowing = [name for name, value in hub.authenticator.values.items() if name.startswith("allow") and value]
    if not allowing and not DUMMIES & set(hub.authenticator.kinds):
        advice = "name people in Authenticator.allowed_users, or groups in OAuthenticator.allowed_groups"
        yield hub.authenticator.at("allowed_users"), "is empty, and no group is allowed: nobody gets in", advice


@rule("silenced-warning", "warning")
def silenced(hub: Finished) -> Iterator[Said]:
    """The hub warns when nobody is allowed in; told to be quiet, it does not when the list is lost one day."""
    if "any_allow_config" in hub.authenticator.placed and hub.authenticator["any_allow_config"]:
        yield hub.authenticator.at("any_allow_config"), "is set, which silences a warning", "remove it"


@rule("existing-users", "warning")
def existing(hub: Finished) -> Iterator[Said]:
    """Somebody taken off the list stays in while the hub's database knows the name; with a list it is on by itself."""
    if hub.authenticator["allow_existing_users"]:
        advice = "set it to False; then the list alone decides"
        yield hub.authenticator.at("allow_existing_users"), "is on: whoever was in once stays in", advice


@rule("user-names", "warning")
def names(hub: Finished) -> Iterator[Said]:
    """A name stands in addresses, paths and the names of accounts and units: nothing odd may stand in it."""
    if not hub.authenticator["username_pattern"]:
        advice = r"set it, such as ^[a-z0-9][a-z0-9._@-]{0,62}$"
        yield hub.authenticator.at("username_pattern"), "is empty: any text is a name", advice


@rule("many-admins", "warning")
def admins(hub: Finished) -> Iterator[Said]:
    """An administrator of the hub may stop, delete and become anybody: few people, or a role for what is needed."""
    found = set(hub.authenticator["admin_users"] or ()) | set(hub.hub["admin_users"] or ())
    if len(found) > MANY:
        advice = f"keep {MANY} at most, and give others a role in JupyterHub.load_roles"
        yield hub.authenticator.at("admin_users"), f"names {len(found)} administrators", advice


@rule("admin-access", "error")
def admin_access(hub: Finished) -> Iterator[Said]:
    """What somebody answers in a seat is theirs; an administrator who may enter can read it and write in their name."""
    if hub.hub["admin_access"]:
        yield hub.hub.at("admin_access"), "is on: administrators may enter everybody's seat", "set it to False"


@rule("stale-sign-in", "warning")
def stale(hub: Finished) -> Iterator[Said]:
    """Somebody who has left the organisation should not start a seat on the strength of an old sign-in."""
    kinds = hub.authenticator.kinds
    if "OAuthenticator" not in kinds or any(kind.startswith("LTI") for kind in kinds):
        return  # the others can ask nobody
    if not hub.authenticator["enable_auth_state"]:
        advice = "set it to True, and JUPYTERHUB_CRYPT_KEY in the hub's environment file"
        yield hub.authenticator.at("enable_auth_state"), "is off: a sign-in cannot be asked again", advice
    if not hub.authenticator["auth_refresh_age"]:
        advice = "set the seconds after which the sign-in is asked again, such as 300"
        yield hub.authenticator.at("auth_refresh_age"), "is 0: a sign-in is never asked again", advice
    if not hub.authenticator["refresh_pre_spawn"]:
        yield hub.authenticator.at("refresh_pre_spawn"), "is off: a seat starts unasked", "set it to True"


@rule("groups-twice", "error")
def groups(hub: Finished) -> Iterator[Said]:
    """Groups come from the sign-in or from the configuration; told both, the hub does not start."""
    if hub.authenticator["manage_groups"] and hub.hub["load_groups"]:
        advice = "remove one of the two: roster.yml, or the sign-in's groups"
        yield hub.hub.at("load_groups"), "is set while the sign-in manages the groups: the hub does not start", advice


@rule("password-guessing", "error")
def guessing(hub: Finished) -> Iterator[Said]:
    """The hub has no limit of its own: it took 1,332 wrong passwords in five seconds from one client."""
    if hub.oauth or DUMMIES & set(hub.authenticator.kinds):
        return
    if hub.authenticator["allowed_failed_logins"]:
        return
    fact = f"{hub.authenticator.name} takes passwords, and nothing counts the wrong ones"
    advice = "use the organisation's sign-in (generic-oauth), or one that locks an account"
    yield "JupyterHub.authenticator_class", fact, advice


@rule("deleted-accounts", "warning")
def deleted(hub: Finished) -> Iterator[Said]:
    """Somebody whose account on the machine is gone would stay a user of the hub, with tokens that work."""
    if LOCAL & set(hub.authenticator.kinds) and not hub.authenticator["delete_invalid_users"]:
        fact = "is off: who has no account any more stays a user"
        yield hub.authenticator.at("delete_invalid_users"), fact, "set it to True"


@rule("open-provider", "error")
def provider(hub: Finished) -> Iterator[Said]:
    """What the sign-in's provider says decides who somebody is; over plain http anybody between may say it."""
    for name in ("authorize_url", "token_url", "userdata_url", "oauth_callback_url"):
        found = urlsplit(str(hub.authenticator[name] or ""))
        if found.scheme == "http" and is_open(found.hostname):
            yield hub.authenticator.at(name), "is not https", "write the address with https://"
    if hub.authenticator["validate_server_cert"] is False:
        fact = "is off: whoever stands between may be the provider"
        yield hub.authenticator.at("validate_server_cert"), fact, "remove it, and install the provider's certificate"


@rule("no-pkce", "warning")
def pkce(hub: Finished) -> Iterator[Said]:
    """With a proof key, a sign-in's code that somebody has caught is of no use to them."""
    if hub.authenticator["enable_pkce"] is False:
        yield hub.authenticator.at("enable_pkce"), "is off: a code that was caught can be used", "remove it"


@rule("kept-sign-in", "error")
def auth_state(hub: Finished) -> Iterator[Said]:
    """The provider's tokens lie in the hub's database; they need a key, and without one nobody can sign in."""
    if hub.authenticator["enable_auth_state"] and not hub.environment.get("JUPYTERHUB_CRYPT_KEY"):
        advice = "set JUPYTERHUB_CRYPT_KEY in the hub's environment file; `openssl rand -hex 32` makes one"
        yield hub.authenticator.at("enable_auth_state"), "is on, and there is no key to close it with", advice
