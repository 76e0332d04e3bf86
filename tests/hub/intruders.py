"""A hub with a participant who attacks it, one who is attacked, and a site of the attacker's own."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from singmuk.hub.names import Campaign
from tests.hub.site import hosted
from tests.hub.visitors import NAME, Visitor, choices, found_here

SPRING = Campaign("spring")
#: A second campaign on the same hub, to which nobody here belongs.
CONFIG = """
c.JupyterHub.services.append({{
    "name": "desk-spring", "api_token": "{token}", "oauth_client_id": "service-desk-spring", "oauth_no_confirm": True,
    "oauth_redirect_uri": "https://desk-spring--service.hub.test/services/desk-spring/oauth_callback",
}})
c.JupyterHub.load_groups["singmuk-spring-participants"] = {{"users": []}}
c.JupyterHub.load_roles.append({{
    "name": "spring", "groups": ["singmuk-spring-participants"], "scopes": ["access:services!service=desk-spring"],
}})
"""
TOKEN = "s" * 40


#: What of the hub's API is no participant's.
CLOSED = [
    ("GET", "users"), ("GET", "users?state=active"), ("GET", "users/{victim}"), ("GET", "users/{trainer}"),
    ("GET", "users/{victim}/tokens"), ("POST", "users/{victim}/tokens"), ("POST", "users/{victim}/server"),
    ("DELETE", "users/{victim}/server"), ("DELETE", "users/{victim}"), ("POST", "users/{victim}/activity"),
    ("GET", "users/{victim}/server/progress"), ("PATCH", "users/{victim}"),
    ("GET", "groups"), ("GET", "groups/singmuk-trainers"), ("POST", "groups/evil"),
    ("GET", "groups/singmuk-participants"), ("DELETE", "groups/singmuk-trainers"),
    ("GET", "services/desk"), ("POST", "services/evil"), ("GET", "proxy"), ("POST", "proxy"), ("PATCH", "proxy"),
    ("GET", "info"), ("POST", "shutdown"), ("POST", "users"), ("POST", "users/evil"),
    ("GET", "shares/{victim}/"), ("POST", "shares/{victim}/"), ("POST", "share-codes/{victim}/"),
]  # fmt: skip


@pytest.fixture(scope="module")
def site():
    with found_here("hub.test"), hosted(people=2, tls=True, config=CONFIG.format(token=TOKEN)) as running:
        yield running


@pytest.fixture(scope="module")
def victim(site):
    """Give a participant who has answered and handed in."""
    with Visitor(site, site.participants[1]) as found:
        assert "My course" in found.sign_in().text
        data = found.exercise()
        found.choice = choices(data)[0]
        assert found.save(found.choice, data).status_code == 200
        body = {"release": data["release"], "token": "0" * 32}
        address = f"{site.desk}api/assignments/{NAME}/hand-in"
        handed = found.post(address, json=body, headers={"x-xsrf-token": data["xsrf"]})
        assert handed.status_code == 200, handed.text
        found.receipt = handed.json()["receipt"]
        yield found


@pytest.fixture(scope="module")
def attacker(site, victim):
    with Visitor(site, site.participants[0]) as found:
        assert "My course" in found.sign_in().text
        yield found


@pytest.fixture(scope="module")
def token(site, attacker):
    """Give a token that may all that a participant may; the hub itself makes them none."""
    made = site.ask("POST", f"users/{attacker.name}/tokens", json={"note": "a test's"})
    assert made.status_code == 201, made.text
    return made.json()["token"]


@pytest.fixture(params=["browser", "token"])
def ask(request, site, attacker, token):
    """Give a function that asks the hub's API as the attacker, by their cookies or by a token."""

    def by_browser(method, path, **more):
        return attacker.request(method, f"{attacker.api}{path}", headers=attacker.mark(), **more)

    def by_token(method, path, **more):
        return site.ask(method, path, token=token, **more)

    return by_browser if request.param == "browser" else by_token


class _Elsewhere(BaseHTTPRequestHandler):
    """A site of the attacker's own."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Win a prize</h1>")

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(chromium, site):
    with chromium(site) as open_page:
        page = open_page().page
        page.goto(f"{site.desk}my")
        page.locator("#username_input").fill(site.participants[1])
        page.locator("#password_input").fill(site.password)
        page.locator("#login_submit").click()
        page.wait_for_url(f"{site.desk}my")
        yield page
