"""A small sign-in of an organisation, as OpenID Connect has it: on loopback, with people whose groups change."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from socket import socket
from typing import Any
from urllib.parse import urlencode

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

CLIENT, KEY = "singmuk-hub", "a-key-that-only-the-hub-has"


@dataclass
class Organisation:
    """Who there is, in which groups, and who sits at the browser."""

    address: str = ""
    groups: dict[str, Any] = field(default_factory=dict)
    present: str = ""
    codes: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    asked: int = 0


class _Page(RequestHandler):
    def initialize(self, organisation: Organisation) -> None:
        self.organisation = organisation


class Authorize(_Page):
    """Sends the browser back with a code for whoever sits there."""

    def get(self) -> None:
        given = {name: self.get_query_argument(name, "") for name in self.request.query_arguments}
        if given.get("client_id") != CLIENT or given.get("response_type") != "code":
            return self.send_error(400)
        code = secrets.token_urlsafe(16)
        self.organisation.codes[code] = (self.organisation.present, given)
        return self.redirect(f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}")


class Token(_Page):
    """Gives a token for a code, once, to the client to which the code was given."""

    def post(self) -> None:
        given = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        name, before = self.organisation.codes.pop(given.get("code", ""), ("", {}))
        basic = base64.b64encode(f"{CLIENT}:{KEY}".encode()).decode()
        proved = self.request.headers.get("authorization") == f"Basic {basic}" or given.get("client_secret") == KEY
        mark = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        kept = mark.rstrip(b"=").decode() == before.get("code_challenge")
        if not name or not proved or not kept or given.get("redirect_uri") != before["redirect_uri"]:
            return self.send_error(400)
        token = secrets.token_urlsafe(24)
        self.organisation.tokens[token] = name
        return self.finish({"access_token": token, "token_type": "Bearer", "expires_in": 600, "scope": "openid"})


class UserInfo(_Page):
    """Says who a token is, and in which groups they are now."""

    def get(self) -> None:
        name = self.organisation.tokens.get(self.request.headers.get("authorization", "").removeprefix("Bearer "))
        if not name:
            return self.send_error(401)
        self.organisation.asked += 1
        told: dict[str, Any] = {"sub": f"sub-{name.lower()}", "preferred_username": name}
        if (groups := self.organisation.groups.get(name)) is not None:
            told["groups"] = groups
        return self.finish(told)


def _loopback() -> list[socket]:
    return bind_sockets(0, "127.0.0.1")


@contextlib.contextmanager
def organisation(listen: Callable[[], list[socket]] = _loopback) -> Iterator[Organisation]:
    """Run the sign-in while the block runs, where *listen* has it do so."""
    found = Organisation()
    ready, loop = threading.Event(), asyncio.new_event_loop()
    server: list[HTTPServer] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        sockets = listen()
        found.address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        pages = [(f"/{page.__name__.lower()}", page, {"organisation": found}) for page in (Authorize, Token, UserInfo)]
        server.append(HTTPServer(Application(pages)))
        server[0].add_sockets(sockets)
        loop.call_soon(ready.set)
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(server[0].stop)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
