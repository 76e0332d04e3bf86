"""A small learning platform that really signs: LTI 1.3's announcement, confirmation, keys, and a course page."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse

from singmuk.hub.lti.launch import CLAIM
from singmuk.hub.lti.settings import MEMBERSHIP
from singmuk.serving import free_port

CLIENT, DEPLOYMENT, COURSE = "singmuk-client", "1", "17"
#: Who has an account; what an LMS tells of them unless it is told not to.
PEOPLE = {"4": "Learner", "5": "Learner", "8": "Instructor", "9": "Mentor"}


def pair() -> tuple[Any, str]:
    """Return a fresh RSA key and its public half as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return key, public.decode("ascii")


def _number(value: int) -> str:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@dataclass
class Lms:
    """The platform: its keys, what it was told of the tool, and how often its keys were asked for."""

    tool: str
    port: int = field(default_factory=lambda: free_port(0))
    kid: str = "first"
    asked: int = 0
    change: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        self.key, self.public = pair()

    @property
    def address(self) -> str:
        """Return the platform's address: another site than the hub's, as in life."""
        return f"http://localhost:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        """Return what its registration page shows."""
        return {
            "issuer": self.address,
            "authorize-url": f"{self.address}/auth",
            "keyset-url": f"{self.address}/keys",
            "client-ids": [CLIENT],
        }

    def claims(self, person: str, nonce: str, target: str = "", **custom: str) -> dict[str, Any]:
        """Return what the platform says of *person*, names and all, as one without privacy settings does."""
        now = int(time.time())
        return {
            "iss": self.address, "aud": CLIENT, "sub": person, "nonce": nonce, "iat": now, "exp": now + 60,
            "name": f"Name-of-{person}", "email": f"person{person}@lms.example", "given_name": f"Given-{person}",
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}deployment_id": DEPLOYMENT,
            f"{CLAIM}target_link_uri": target or f"{self.tool}/services/desk/my",
            f"{CLAIM}roles": [
                "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
                f"{MEMBERSHIP}{PEOPLE.get(person, 'Learner')}",
            ],
            f"{CLAIM}resource_link": {"id": "3", "title": "Using AI safely"},
            f"{CLAIM}context": {"id": COURSE, "label": "AI", "title": "AI at work", "type": []},
            f"{CLAIM}custom": custom,
        }  # fmt: skip

    def sign(self, claims: dict[str, Any], key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
        """Return *claims* as a token."""
        signing = key or self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return jwt.encode(claims, signing, algorithm, headers={"kid": self.kid} | header)

    def announce(self, person: str, target: str = "", **more: str) -> dict[str, str]:
        """Return what the platform's form sends to the tool when *person* clicks the link."""
        told = {
            "iss": self.address, "login_hint": person, "client_id": CLIENT, "lti_deployment_id": DEPLOYMENT,
            "target_link_uri": target or f"{self.tool}/services/desk/my", "lti_message_hint": json.dumps({"cmid": "3"}),
        }  # fmt: skip
        return told | more

    def app(self) -> FastAPI:
        """Return the platform as a web application."""
        app = FastAPI(openapi_url=None)

        @app.get("/keys")
        def keys() -> JSONResponse:
            self.asked += 1
            numbers = self.key.public_key().public_numbers()
            mine = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid}
            return JSONResponse({"keys": [mine | {"n": _number(numbers.n), "e": _number(numbers.e)}]})

        @app.get("/course/{person}")
        def course(person: str, how: str = "link", target: str = "") -> HTMLResponse:
            start = f"/start/{person}?{urlencode({'target': target})}"
            frame = f'<iframe src="{start}" title="tool" width="900" height="500"></iframe>'
            link = f'<a id="here" href="{start}">here</a> <a id="window" href="{start}" target="_blank">window</a>'
            page = HTMLResponse(f"<h1>Course</h1>{frame if how == 'frame' else link}")
            page.set_cookie("lms", person, samesite="lax", httponly=True)
            return page

        @app.get("/start/{person}")
        def start(person: str, target: str = "") -> HTMLResponse:
            return _post(f"{self.tool}/hub/lti13/oauth_login", self.announce(person, target))

        @app.get("/auth")
        def auth(request: Request) -> HTMLResponse:
            asked = dict(request.query_params)
            good = asked["redirect_uri"] == f"{self.tool}/hub/lti13/oauth_callback" and asked["client_id"] == CLIENT
            shape = (asked["response_type"], asked["response_mode"], asked["scope"], asked["prompt"])
            if not good or shape != ("id_token", "form_post", "openid", "none"):
                return HTMLResponse(f"registered otherwise: {html.escape(json.dumps(asked))}", 400)
            # Somebody must be signed in, and be who was announced; a frame on a foreign page brings no Lax cookie.
            if request.cookies.get("lms") != asked["login_hint"]:
                return _post(asked["redirect_uri"], {"error": "login_required", "state": asked["state"]})
            claims = self.claims(asked["login_hint"], asked["nonce"], self.target)
            token = self.sign(self.change(claims) if self.change else claims)
            return _post(asked["redirect_uri"], {"id_token": token, "state": asked["state"]})

        return app

    target: str = ""


def _post(address: str, fields: dict[str, str]) -> HTMLResponse:
    """Return a page that posts *fields* to *address* by itself, as platforms do."""
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items()
    )
    form = f'<form action="{html.escape(address)}" method="post">{inputs}</form>'
    return HTMLResponse(f"{form}<script>document.forms[0].submit()</script>")


@contextlib.contextmanager
def running(lms: Lms) -> Iterator[Lms]:
    """Serve the *lms* while the block runs."""
    server = uvicorn.Server(uvicorn.Config(lms.app(), host="127.0.0.1", port=lms.port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < until and thread.is_alive()
        time.sleep(0.02)
    try:
        yield lms
    finally:
        server.should_exit = True
        thread.join(10)
