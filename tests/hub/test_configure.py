"""What a hub is told: groups, roles, services, seats; every name one that the hub knows."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from jupyterhub import scopes
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.spawner import Spawner
from oauthenticator.oauth2 import OAuthenticator
from traitlets.config import Config

from singmuk.desk import settings as configuration
from singmuk.desk.identity.hub import Hub
from singmuk.desk.secret import Secret
from singmuk.hub import access, services, stored
from singmuk.hub.configure import configure
from singmuk.hub.names import PARTS, Campaign
from singmuk.hub.site import Hosted, Site
from tests import desks

KNOWN = {one.__name__: one for one in (JupyterHub, Authenticator, Spawner, ConfigurableHTTPProxy, OAuthenticator)}


def site(*names, parts=PARTS, **more):
    """Return a site with a campaign for each of *names*."""
    found = [
        Hosted(
            campaign=Campaign(name),
            course=Path("/srv") / (name or "course"),
            releases=Path("/srv/releases") / (name or "course"),
            ports={part: 9000 + 10 * number + place for place, part in enumerate(parts)},
            tokens={part: f"{part}-{name}-".ljust(40, "t") for part in parts},
        )
        for number, name in enumerate(names)
    ]
    groups = {"singmuk-participants": ("ann", "ben"), "singmuk-spring-participants": ("cid",)}
    return Site(tuple(found), Path("/srv/hub"), "p" * 40, **({"groups": groups} | more))


def configured(found):
    """Return the hub's configuration for the site *found*."""
    c = Config()
    configure(c, found)
    return c


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(site(""), id="one campaign"),
        pytest.param(site("", "spring"), id="two campaigns"),
        pytest.param(site("", public="https://hub.example", subdomains=True, groups=None), id="subdomains and OIDC"),
        pytest.param(site("", parts=("desk",), metrics_token="m" * 32), id="the desk alone, and a monitor"),
    ],
)
def test_every_setting_is_one_that_the_hub_has_and_takes(found):
    c = configured(found)
    for name, values in c.items():
        traits = KNOWN[name].class_traits(config=True)
        assert [one for one in values if one not in traits] == [], name
    KNOWN["Spawner"](config=c)
    KNOWN["JupyterHub"](config=c)


def test_every_role_names_scopes_services_and_groups_that_there_are():
    found = site("", "spring", metrics_token="m" * 32)
    names = {one["name"] for one in services.services(found)}
    for role in access.roles(found):
        for scope in role["scopes"]:
            base, _, only = scope.partition("!")
            assert base in scopes.scope_definitions, scope
            assert not only.startswith("service=") or only.removeprefix("service=") in names, scope
        assert set(role.get("services", [])) <= names
        assert set(role.get("groups", [])) <= set(access.groups(found))


def test_everybody_may_use_their_seat_and_make_no_token_and_share_nothing():
    given = {role["name"]: role["scopes"] for role in access.roles(site("", "spring"))}
    assert set(given["user"]) == {"read:users!user", "users:activity!user", "servers!user", "access:servers!user"}
    assert given["singmuk-participants"] == ["access:services!service=desk"]
    assert given["singmuk-spring-participants"] == ["access:services!service=desk-spring"]
    assert given["singmuk-auditors"] == ["access:services!service=desk", "access:services!service=room"]
    assert {f"access:services!service={part}" for part in PARTS} == set(given["singmuk-trainers"])
    assert not [one for one in [*given["user"], *access.seat_scopes(site(""))] if "token" in one or "share" in one]


def test_no_service_of_ours_can_stop_the_hub():
    by_name = {one["name"]: one for one in services.services(site("", "spring"))}
    assert [name for name, one in by_name.items() if "command" in one] == ["culler"]
    assert by_name["room-spring"]["oauth_redirect_uri"] == "/services/room-spring/oauth_callback"


def test_who_gets_in_is_listed_or_in_a_group():
    listed, signed = configured(site("", "spring")), configured(site("", groups=None))
    assert listed.Authenticator.allowed_users == {"ann", "ben", "cid"} and not listed.Authenticator.allow_all
    assert signed.OAuthenticator.allowed_groups == {
        f"singmuk-{role}" for role in ("participants", "trainers", "auditors")
    }
    assert signed.Authenticator.manage_groups and not signed.Authenticator.allow_all
    assert "load_groups" not in signed.JupyterHub


@pytest.mark.parametrize("part", PARTS)
def test_a_service_finds_in_its_environment_what_the_hub_knows_of_it(part):
    found = site("spring", public="https://hub.example", subdomains=True)
    [hosted] = found.campaigns
    told = services.environment(found, hosted, part)
    [spec] = [one for one in services.services(found) if one["name"] == f"{part}-spring"]
    assert told["JUPYTERHUB_API_TOKEN"] == spec["api_token"]
    assert told["JUPYTERHUB_CLIENT_ID"] == spec["oauth_client_id"]
    assert told["JUPYTERHUB_OAUTH_CALLBACK_URL"] == spec["oauth_redirect_uri"]
    assert (
        spec["oauth_redirect_uri"]
        == f"https://{part}-spring--service.hub.example/services/{part}-spring/oauth_callback"
    )
    assert told["JUPYTERHUB_SERVICE_URL"] == spec["url"]


def test_the_desk_understands_its_environment(tmp_path, monkeypatch):
    found = site("spring", public="https://hub.example")
    told = services.environment(found, found.campaigns[0], "desk")
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "exercises").mkdir()
    settings = configuration.read(tmp_path, told)
    assert settings.base == "/services/desk-spring/" and settings.secure
    assert settings.groups.trainers == "singmuk-spring-trainers"
    Hub(settings, Secret("0123456789abcdef" * 4))


def test_seats_may_ask_the_desk_by_another_name_and_nobody_by_a_third(tmp_path):
    found = desks.settings(desks.lay(tmp_path), origin="https://course.example")
    found = found.model_copy(update={"seats": f"http://127.0.0.1:{found.port}"})
    with desks.running(found, desks.Named()) as running:
        for host, status in ((f"127.0.0.1:{found.port}", 401), ("course.example", 401), ("evil.example", 421)):
            answer = httpx.get(f"{running.address}/api/assignments/pdpo-basics/responses", headers={"host": host})
            assert answer.status_code == status, host


@pytest.mark.parametrize(
    ("names", "more", "said"),
    [
        pytest.param((), {}, "one campaign or more", id="none"),
        pytest.param(("spring", "spring"), {}, "a name of its own", id="twice"),
        pytest.param(("",), {"public": "http://hub.example", "subdomains": True}, "need https", id="subdomains"),
    ],
)
def test_what_is_no_site_is_refused(names, more, said):
    with pytest.raises(ValueError, match=said):
        site(*names, **more)


def test_a_site_is_kept_for_its_owner_alone_and_read_back_whole(tmp_path):
    found = site("", "spring", metrics_token="m" * 32)
    stored.write(tmp_path / "site.json", found)
    stored.write(tmp_path / "site.json", found)
    assert stored.read(tmp_path / "site.json") == found
    assert (tmp_path / "site.json").stat().st_mode & 0o077 == 0
    assert "tttt" not in repr(found) and "pppp" not in repr(found)
