"""A real hub that lets people in from the small LMS alone, with a desk; and a browser that holds the LMS's tokens."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import yaml

from singmuk.serving import free_port
from tests import bare_hub
from tests.desk_campus import BASE, TOKEN, Campus
from tests.desk_processes import SECRET
from tests.hub.lms import DEPLOYMENT, Lms

LTI = "/hub/lti13/"
LTI_SECRET = "0123456789abcdef" * 2
CONFIG = (
    bare_hub.WITHOUT_PROXY
    + """\
from singmuk.hub.lti import configure_lti
from singmuk.hub.names import Campaign

c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.load_groups = {{"of-the-roster": {{"users": ["somebody"]}}}}
c.JupyterHub.load_roles = [{{
    "name": "course" + campaign.name, "scopes": ["access:services!service=" + campaign.service("desk")],
    "groups": [campaign.group(role) for role in ("participants", "trainers", "auditors")],
}} for campaign in (Campaign(), Campaign("spring"))]
c.JupyterHub.services = [{{
    "name": name, "api_token": token, "oauth_client_id": "service-" + name, "oauth_no_confirm": True,
    "oauth_redirect_uri": "/services/" + name + "/oauth_callback",
}} for name, token in (("desk", "{token}"), ("desk-spring", "s" * 40))]
c.Authenticator.blocked_users = {{{blocked!r}}}
# As `configure` has it, so that the pages are the course's own.
import singmuk.hub
c.JupyterHub.template_paths = [singmuk.hub.__path__[0] + "/templates"]
configure_lti(c, "{folder}/lti.yml", {{"SINGMUK_LTI_SECRET": "{secret}"}})
"""
)


def settings(lms: Lms, port: int) -> dict[str, Any]:
    """Return the hub's lti.yml for the *lms*."""
    places = [
        {"deployment": DEPLOYMENT},
        {"deployment": DEPLOYMENT, "course": "42", "campaign": "spring"},
        {"deployment": DEPLOYMENT, "course": "43", "campaign": "autumn"},
        {"deployment": "2", "course": "17"},
    ]
    return lms.settings | {"origin": f"http://127.0.0.1:{port}", "campaigns": places, "leeway": 5}


def write(folder: Path, lms: Lms, port: int, config: str = CONFIG, **values: str) -> None:
    """Write the hub's files into *folder*."""
    (folder / "lti.yml").write_text(yaml.safe_dump(settings(lms, port)), encoding="utf-8")
    text = config.format(port=port, folder=folder, token=TOKEN, secret=LTI_SECRET, **values)
    (folder / "hub.py").write_text(text, encoding="utf-8")
    (folder / "cookie").write_text("ab" * 32, encoding="utf-8")
    (folder / "cookie").chmod(0o600)


@contextlib.contextmanager
def hub(campus: Campus) -> Iterator[Campus]:
    """Run the hub of the *campus* while the block runs."""
    campus.start()
    try:
        yield campus
    finally:
        campus.stop()


def desk_environment(port: int) -> dict[str, str]:
    """Return the environment of the desk under the hub at *port*."""
    return {
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{port}/hub/api", "JUPYTERHUB_API_TOKEN": TOKEN,
        "JUPYTERHUB_CLIENT_ID": "service-desk", "JUPYTERHUB_SERVICE_NAME": "desk", "JUPYTERHUB_SERVICE_PREFIX": BASE,
        "SINGMUK_DESK_IDENTITY": "hub", "SINGMUK_DESK_SECRET": SECRET, "SINGMUK_DESK_ROOM": "/services/room/",
        "SINGMUK_DESK_GROUPS": "{participants: singmuk-participants}", "SINGMUK_DESK_PORT": str(free_port(0)),
    }  # fmt: skip


class Visitor(httpx.Client):
    """A browser between the LMS and the hub; as Chromium does, it takes 127.0.0.1 for as safe as https."""

    def __init__(self, campus: Campus, lms: Lms) -> None:
        super().__init__(timeout=30)
        self.campus, self.lms = campus, lms
        self.way: list[str] = []

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send the *request*, and keep the cookies of the answer, those for https too."""
        answer = super().send(request, **options)
        for cookie in self.cookies.jar:
            cookie.secure = False
        return answer

    def begin(self, person: str = "4", **more: str) -> dict[str, str]:
        """Announce *person* to the hub and return what it asks the LMS."""
        answer = self.get(self.campus.at(f"{LTI}oauth_login"), params=self.lms.announce(person) | more)
        assert answer.status_code == 302, (answer.status_code, answer.text)
        assert answer.headers["location"].startswith(f"{self.lms.address}/auth?")
        return {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def answer(self, token: str, state: str) -> httpx.Response:
        """Return the hub's answer to the LMS's *token*."""
        return self.post(self.campus.at(f"{LTI}oauth_callback"), data={"id_token": token, "state": state})

    def launch(self, person: str = "4", target: str = "", custom: dict[str, str] | None = None, **claims: Any):
        """Return the hub's answer to a launch of *person*, with other *claims* over the LMS's own; None: without it."""
        asked = self.begin(person)
        said = self.lms.claims(person, asked["nonce"], target, **custom or {}) | claims
        return self.answer(self.lms.sign({k: v for k, v in said.items() if v is not None}), asked["state"])

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Go where the *answer* leads, to the end."""
        self.way = []
        for _ in range(12):
            if answer.status_code not in (302, 303):
                return answer
            self.way.append(answer.headers["location"])
            answer = self.get(self.campus.at(answer.headers["location"]))
        raise AssertionError(self.way)


def said(answer: httpx.Response) -> str:
    """Return the code on the page of a refusal, after a look whether the page is one of ours."""
    assert 'lang="en-HK"' in answer.text and 'lang="zh-Hant-HK"' in answer.text, answer.text[:2000]
    assert "Traceback" not in answer.text
    code = re.search(r"<code>lti-([a-z]+)</code>", answer.text)
    return html.unescape(code.group(1)) if code else ""
