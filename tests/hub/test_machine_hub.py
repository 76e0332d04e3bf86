"""A real hub with the machine's own configuration: it starts, and the organisation's sign-in says who is who."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from singmuk.hub.machine.places import ROOT as VARIABLE
from singmuk.serving import free_port
from tests import bare_hub
from tests.conftest import ROOT
from tests.desk_processes import clean
from tests.hub import machines, oidc
from tests.hub.test_machine import variables

#: What differs from the machine: ports, no proxy before it, a sign-in on loopback, and somebody who may look.
AROUND = (
    "\n"
    + bare_hub.WITHOUT_PROXY
    + """\
c.OAuthenticator.client_id, c.OAuthenticator.client_secret = "{client}", "{key}"
c.OAuthenticator.authorize_url = "{address}/authorize"
c.OAuthenticator.token_url = "{address}/token"
c.OAuthenticator.userdata_url = "{address}/userinfo"
c.JupyterHub.services.append({{"name": "looks", "api_token": "{token}"}})
c.JupyterHub.load_roles.append({{"name": "looks", "services": ["looks"], "scopes": ["read:users", "list:users"]}})
"""
)
TOKEN = "a1" * 20
ROSTER = """\
admins: [boss]
campaigns:
- participants: [kim]
  trainers: [tara]
  oidc: {trainers: [training]}
"""


class Visit(httpx.Client):
    """A browser that comes through a front with TLS, as far as the hub can see."""

    def __init__(self, port: int) -> None:
        headers = {"x-scheme": "https", "host": "course.example"}
        super().__init__(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, trust_env=False)
        self.kept: dict[str, str] = {}

    def go(self, address: str) -> httpx.Response:
        """Return the answer at *address*, with the cookies that a browser would send over https."""
        path = re.sub(r"^https://course\.example", "", address)
        answer = self.get(path, headers={"cookie": "; ".join(f"{name}={value}" for name, value in self.kept.items())})
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            assert "; Secure" in line or value == '""', line  # a cookie that is taken away tells nothing
            self.kept[name] = value
        return answer


@pytest.fixture(scope="module", params=["listed", "by groups"])
def hub(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("machine")
    etc, port = machines.lay(root), free_port(0)
    listed = ROSTER.replace("  oidc: {trainers: [training]}\n", "")
    (etc / "roster.yml").write_text(ROSTER if request.param == "by groups" else listed, encoding="utf-8")
    path = etc / "machine.yml"
    path.write_text(path.read_text("utf-8").replace("  - {name: spring, port: 820}\n", ""), encoding="utf-8")
    with oidc.organisation() as organisation, contextlib.ExitStack() as stack:
        config = etc / "jupyterhub_config.py"
        values = {"client": oidc.CLIENT, "key": oidc.KEY, "address": organisation.address}
        added = AROUND.format(port=port, token=TOKEN, **values)
        config.write_text(config.read_text("utf-8") + added, encoding="utf-8")
        bin_ = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"  # noqa: PTH120
        environment = (
            clean() | variables(etc / "hub.env") | {VARIABLE: str(root), "PYTHONPATH": str(ROOT), "PATH": bin_}
        )
        log = stack.enter_context((root / "hub.log").open("wb"))
        line = [sys.executable, "-m", "jupyterhub", "-f", config]
        process = subprocess.Popen(line, cwd=root / "var/lib/singmuk/hub", env=environment, stdout=log, stderr=log)
        stack.callback(bare_hub.end, process)
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/hub/api/", timeout=5).status_code == 200:
                    break
            assert process.poll() is None and time.monotonic() < until, (root / "hub.log").read_text("utf-8")[-4000:]
            time.sleep(0.2)
        yield port, organisation, root, request.param


def sign_in(port, organisation, name, groups=()):
    """Return the hub's last answer to *name*, whom the organisation says to be in *groups*."""
    organisation.present, organisation.groups[name] = name, list(groups)
    with Visit(port) as visit:
        page = visit.go("/hub/login")
        assert page.status_code == 200 and "Sign in with Example" in page.text
        leave = visit.go("/hub/oauth_login")
        asked = parse_qs(urlsplit(leave.headers["location"]).query)
        assert asked["redirect_uri"] == ["https://course.example/hub/oauth_callback"]
        assert asked["code_challenge_method"] == ["S256"] and asked["client_id"] == [oidc.CLIENT]
        back = httpx.get(leave.headers["location"], trust_env=False).headers["location"]
        return visit.go(back)


def known(port):
    """Return each account that the hub knows, with its groups and whether it is an administrator's."""
    address = f"http://127.0.0.1:{port}/hub/api/users"
    found = httpx.get(address, headers={"authorization": f"token {TOKEN}"}, trust_env=False, timeout=30).json()
    return {one["name"]: (sorted(one["groups"]), one["admin"]) for one in found}


def test_whoever_is_on_the_roster_gets_in_and_nobody_else(hub):
    port, organisation, _, how = hub
    assert sign_in(port, organisation, "kim").status_code == 302
    assert sign_in(port, organisation, "Tara").status_code == 302
    assert sign_in(port, organisation, "boss").status_code == 302
    assert sign_in(port, organisation, "stranger").status_code == 403
    by_group = sign_in(port, organisation, "newcomer", ["training", "cooking"])
    assert by_group.status_code == (302 if how == "by groups" else 403)
    found = known(port)
    assert found["kim"] == (["singmuk-participants"], False) and found["tara"] == (["singmuk-trainers"], False)
    assert found["boss"][1] is True
    if how == "by groups":
        assert found["newcomer"] == (["singmuk-trainers"], False)


def test_what_the_hub_keeps_is_its_own_and_holds_no_token_in_plain(hub):
    port, organisation, root, _ = hub
    assert sign_in(port, organisation, "kim").status_code == 302
    folder = root / "var" / "lib" / "singmuk" / "hub"
    kept = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"singmuk-participants" in kept
    assert not [token for token in organisation.tokens if token.encode() in kept]
    assert (folder / "cookie-secret").stat().st_mode & 0o777 == 0o600
