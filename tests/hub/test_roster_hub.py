"""The roster on a real hub: its groups are loaded, left again, and come and go with the organisation's sign-in."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from singmuk.serving import free_port
from tests import bare_hub
from tests.desk_processes import clean
from tests.hub import oidc

ADMIN = "a" * 40
#: A hub with nothing but sign-in and groups; the desk's own tests have its services.
CONFIG = (
    bare_hub.WITHOUT_PROXY
    + """\
from pathlib import Path
from singmuk.hub import roster

here = roster.read(Path("{folder}/roster.yml"))
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.services = [{{"name": "admin", "api_token": "{admin}"}}]
c.JupyterHub.load_roles = [
    {{"name": "looks", "services": ["admin"], "scopes": ["read:users", "read:groups", "list:groups", "list:users"]}},
    *({{"name": name, "groups": [name], "scopes": ["self"]}} for name in here.groups()),
]
c.Authenticator.username_pattern = roster.accounts.PATTERN
"""
)
LISTED = """\
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.load_groups = {name: {"users": members} for name, members in here.groups().items()}
STRUCK = roster.strike(c.JupyterHub.db_url, here)
print("struck off:", STRUCK, flush=True)
"""
SIGN_IN = """\
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "{client}"
c.GenericOAuthenticator.client_secret = "{key}"
c.GenericOAuthenticator.authorize_url = "{address}/authorize"
c.GenericOAuthenticator.token_url = "{address}/token"
c.GenericOAuthenticator.userdata_url = "{address}/userinfo"
c.GenericOAuthenticator.oauth_callback_url = "http://127.0.0.1:{port}/hub/oauth_callback"
c.GenericOAuthenticator.scope = ["openid"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.modify_auth_state_hook = roster.group_map(here)
c.GenericOAuthenticator.auth_state_groups_key = roster.GROUPS_KEY
c.GenericOAuthenticator.allowed_groups = set(here.groups())
c.GenericOAuthenticator.enable_auth_state = True
c.GenericOAuthenticator.auth_refresh_age = 1
"""
BY_GROUP = """\
campaigns:
  - participants: [lone]
    trainers: [tara]
    oidc: {participants: [all-staff], trainers: [training], auditors: [audit]}
  - name: spring
    trainers: [tara]
    oidc: {participants: [spring-staff]}
"""


@dataclass
class Hub:
    """A hub that runs, and what it says of people."""

    port: int
    folder: Path

    def ask(self, path: str) -> httpx.Response:
        """Return the hub's answer to somebody who may see groups."""
        address = f"http://127.0.0.1:{self.port}/hub/api/{path}"
        return httpx.get(address, headers={"authorization": f"token {ADMIN}"}, timeout=30)

    def members(self) -> dict[str, list[str]]:
        """Return who is in which group."""
        return {one["name"]: sorted(one["users"]) for one in self.ask("groups").json()}

    def groups_of(self, name: str) -> list[str]:
        """Return the groups of the account *name*."""
        return sorted(self.ask(f"users/{name}").json()["groups"])


@contextlib.contextmanager
def hub(folder, *more, **values):
    """Run a hub in *folder* with *more* configuration while the block runs."""
    port = free_port(0)
    values |= {"folder": folder, "port": port, "admin": ADMIN}
    config = CONFIG.format(**values) + "".join(part.format(**values) if "{client}" in part else part for part in more)
    (folder / "hub.py").write_text(config, encoding="utf-8")
    environment = clean() | {"JUPYTERHUB_CRYPT_KEY": "ab" * 32, "NO_PROXY": "127.0.0.1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", folder / "hub.py"],
            cwd=folder, stdout=log, stderr=log, env=environment,
        )  # fmt: skip
    found = Hub(port, folder)
    try:
        until = time.monotonic() + 90
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if found.ask("").status_code == 200:
                    break
            assert process.poll() is None and time.monotonic() < until, (folder / "hub.log").read_text()[-3000:]
            time.sleep(0.1)
        yield found
    finally:
        bare_hub.end(process)


def test_the_hub_takes_the_groups_and_whoever_is_struck_off_leaves_them(tmp_path):
    roster = tmp_path / "roster.yml"
    roster.write_text(
        "campaigns:\n- participants: {file: staff.csv, column: account}\n  trainers: [Tara]\n"
        "- name: spring\n  participants: [kim]\n  trainers: [tara]\n"
    )
    (tmp_path / "staff.csv").write_bytes("姓名,account\n陳,Kim\n李,lee.s@example.com\n黃,mo\n".encode("big5hkscs"))
    with hub(tmp_path, LISTED) as found:
        assert found.members() == {
            "singmuk-participants": ["kim", "lee.s@example.com", "mo"], "singmuk-trainers": ["tara"],
            "singmuk-auditors": [], "singmuk-spring-participants": ["kim"], "singmuk-spring-trainers": ["tara"],
            "singmuk-spring-auditors": [],
        }  # fmt: skip
        assert found.groups_of("lee.s@example.com") == ["singmuk-participants"]
        assert "struck off: 0" in (tmp_path / "hub.log").read_text()
        assert "deprecated" not in (tmp_path / "hub.log").read_text()
    (tmp_path / "staff.csv").write_text("account\nkim\nnew\n")
    roster.write_text(roster.read_text().replace("[Tara]", "[uma]"))
    with hub(tmp_path, LISTED) as found:
        members = found.members()
        assert members["singmuk-participants"] == ["kim", "new"] and members["singmuk-trainers"] == ["uma"]
        assert members["singmuk-spring-trainers"] == ["tara"]
        assert "struck off: 3" in (tmp_path / "hub.log").read_text()


def sign_in(found, organisation, name):
    """Have *name* sign in at the organisation; return the browser and the hub's last answer."""
    organisation.present = name
    browser = httpx.Client(timeout=30, follow_redirects=True)
    answer = browser.get(f"http://127.0.0.1:{found.port}/hub/oauth_login?next=/hub/token")
    return browser, answer


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("oidc")
    (folder / "roster.yml").write_text(BY_GROUP)
    with oidc.organisation() as there:
        values = {"client": oidc.CLIENT, "key": oidc.KEY, "address": there.address}
        with hub(folder, SIGN_IN, **values) as found:
            yield found, there


def test_groups_come_and_go_with_those_of_the_sign_in(signed):
    found, there = signed
    there.groups["Kim"] = ["all-staff", "canteen", "singmuk-trainers"]
    browser, answer = sign_in(found, there, "Kim")
    assert answer.status_code == 200 and "kim" in answer.text
    assert found.groups_of("kim") == ["singmuk-participants"]  # the sign-in's own `singmuk-trainers` counts for nothing
    there.groups["Kim"] = ["all-staff", "spring-staff", "training"]
    assert sign_in(found, there, "Kim")[1].status_code == 200
    assert found.groups_of("kim") == ["singmuk-participants", "singmuk-spring-participants", "singmuk-trainers"]
    there.groups["Kim"] = ["spring-staff", "training", "audit"]
    assert sign_in(found, there, "Kim")[1].status_code == 200
    assert found.groups_of("kim") == ["singmuk-auditors", "singmuk-spring-participants"]
    browser.close()


def test_a_group_that_is_gone_is_gone_without_signing_in_again(signed):
    found, there = signed
    there.groups["lee"] = ["all-staff", "training"]
    browser, _ = sign_in(found, there, "lee")
    assert found.groups_of("lee") == ["singmuk-participants", "singmuk-trainers"]
    there.groups["lee"] = ["all-staff"]
    time.sleep(1.1)
    assert browser.get(f"http://127.0.0.1:{found.port}/hub/token").status_code == 200
    assert found.groups_of("lee") == ["singmuk-participants"]
    there.groups["lee"] = []
    time.sleep(1.1)
    browser.get(f"http://127.0.0.1:{found.port}/hub/token")
    assert found.groups_of("lee") == []
    browser.close()


def test_who_has_no_group_of_ours_does_not_get_in_and_listed_accounts_do(signed):
    found, there = signed
    there.groups |= {"nobody": ["canteen"], "tara": [], "x+y": ["all-staff"]}
    for name in ("nobody", "x+y"):
        assert sign_in(found, there, name)[1].status_code == 403
        assert found.ask(f"users/{name}").status_code == 404
    assert sign_in(found, there, "tara")[1].status_code == 200
    assert found.groups_of("tara") == ["singmuk-spring-trainers", "singmuk-trainers"]
    assert sign_in(found, there, "Lone")[1].status_code == 200  # a sign-in that names no groups at all
    assert found.groups_of("lone") == ["singmuk-participants"]
    assert "gives no list of groups as 'groups'" in (found.folder / "hub.log").read_text()
