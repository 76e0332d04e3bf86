"""Signing in through a JupyterHub, for each of ours that is its service: the way there and back, cookie and role."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote, urlencode

from cryptography.fernet import Fernet, InvalidToken
from jupyterhub.services.auth import HubOAuth
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from tornado.web import HTTPError

from singmuk.desk.identity import IdentityError, Role
from singmuk.desk.settings import Groups, SettingsError

#: Seconds for which the hub's answer on a token is believed: so long may somebody stay who was shut out.
BELIEVED = 60
#: Seconds for signing in, and for which a browser stays signed in.
PATIENCE, STAYS = 600, 24 * 3600
CALLBACK = "oauth_callback"
_HEADER = re.compile(r"(?:token|bearer)\s+(\S{1,512})", re.IGNORECASE)
#: Each way of asking the hub, the library's own or with more to it.
Asks = TypeVar("Asks", bound=HubOAuth)


def connect(base: str, sort: Callable[..., Asks], **more: Any) -> Asks:
    """Return what asks the hub for the service at *base*; raise `SettingsError` with all that the hub did not tell."""
    hub = sort(cache_max_age=BELIEVED, base_url=base, **more)
    held = {
        "JUPYTERHUB_API_TOKEN": hub.api_token,
        "JUPYTERHUB_CLIENT_ID": hub.oauth_client_id,
        "JUPYTERHUB_SERVICE_NAME": hub.access_scopes,  # without any scope nobody would get in
    }
    if missing := [name for name, value in held.items() if not value]:
        advice = "is missing; let the hub start this as a service, or set what the hub knows of it"
        raise SettingsError("\n".join(f"{name}: {advice}" for name in missing))
    return hub


def role_of(hub: HubOAuth, user: dict[str, Any], groups: Groups) -> Role:
    """Return what the hub's *user* may do by the *groups* that they are in; raise `IdentityError`."""
    if user.get("kind") != "user" or not hub.check_scopes(hub.access_scopes, user):
        raise IdentityError("The hub does not let this account use the course. Ask your trainer.", why="account")
    mine = set(user.get("groups") or [])
    if groups.trainers in mine:
        return "trainer"
    if groups.auditors in mine:
        return "auditor"
    if groups.participants and groups.participants not in mine:
        raise IdentityError("This account is not on the list of this course. Ask your trainer.", why="list")
    return "participant"


@dataclass(frozen=True)
class Known:
    """Somebody whom the hub knows: what it says of them, and by which token."""

    user: dict[str, Any]
    token: str
    #: In a header, and not in a cookie, which a browser sends for others too.
    by_token: bool


class SignIn:
    """The way of a browser to the hub and back to the service at *base*, and the cookie by which it is known then.

    *admit* is called with whom the hub names, and raises `IdentityError` for those who get no cookie.
    """

    def __init__(
        self, base: str, cookie: str, key: bytes, admit: Callable[[dict[str, Any]], object], *, secure: bool
    ) -> None:
        self.hub = connect(base, HubOAuth)
        self._base, self._cookie, self._secure, self._admit = base, cookie, secure, admit
        self._fernet = Fernet(key)

    @property
    def _state(self) -> str:
        return f"{self._cookie}-state"

    async def who(self, request: Request) -> Known | None:
        """Return whom the hub knows by the cookie or the header, None when nobody; raise `IdentityError`."""
        header = _HEADER.fullmatch(request.headers.get("authorization", ""))
        token = header.group(1) if header else self._open(request.cookies.get(self._cookie, ""))
        user = await self._ask(token) if token else None
        return Known(user, token, by_token=bool(header)) if user is not None else None

    async def _ask(self, token: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] | None = await self.hub.user_for_token(token, sync=False)
        except HTTPError as fault:
            raise IdentityError("The hub does not answer. Try again in a moment.", 503, why="away") from fault
        return found

    def login(self, after: str) -> str:
        """Return the service's own address that sends the browser to the hub, to come back to *after*."""
        return f"{self._base}login?{urlencode({'next': after})}"

    def routes(self) -> list[Route]:
        """Return the way to the hub, the way back, and the way out."""
        return [
            Route("/login", self._leave, methods=["GET"]),
            Route(f"/{CALLBACK}", self._return, methods=["GET"]),
            Route("/logout", self._out, methods=["GET"]),
        ]

    async def _leave(self, request: Request) -> Response:
        """Send the browser to the hub, with a mark that only this browser holds."""
        after = _inside(request.query_params.get("next", ""), self._base)
        state = secrets.token_urlsafe(24)
        asked = {
            "client_id": self.hub.oauth_client_id,
            "redirect_uri": self.hub.oauth_redirect_uri,
            "response_type": "code",
            "state": state,
        }
        response = RedirectResponse(f"{self.hub.oauth_authorization_url}?{urlencode(asked)}", 302)
        self._put(response, self._state, self._seal({"state": state, "after": after}), PATIENCE)
        return response

    async def _return(self, request: Request) -> Response:
        """Take the hub's code, keep its token in a cookie that nobody can read, and go on."""
        held = self._open_json(request.cookies.get(self._state, ""))
        given = request.query_params.get("state", "")
        code = request.query_params.get("code", "")
        if not code or not held or not secrets.compare_digest(given.encode(), str(held.get("state", "")).encode()):
            told = "Signing in took too long or began in another window. Open the course again."
            raise IdentityError(told, why="late")
        try:
            token = await self.hub.token_for_code(code, sync=False)
        except HTTPError as fault:
            told = "The hub did not confirm the sign-in. Open the course again."
            raise IdentityError(told, why="unconfirmed") from fault
        user = await self._ask(token)
        if user is None:
            raise IdentityError("The hub did not say who you are. Open the course again.", why="unconfirmed")
        self._admit(user)
        response = RedirectResponse(_inside(str(held.get("after", "")), self._base), 302)
        self._put(response, self._cookie, self._seal({"token": token}), STAYS)
        self._drop(response, self._state)
        return response

    async def _out(self, request: Request) -> Response:  # noqa: ARG002
        """Forget who this browser is, and let the hub do the same."""
        response = RedirectResponse(f"{self.hub.hub_host}{self.hub.hub_prefix}logout", 302)
        self._drop(response, self._cookie)
        return response

    def _put(self, response: Response, name: str, value: str, seconds: int) -> None:
        # Lax: the hub's redirect comes from elsewhere and must find it.
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True)

    def _seal(self, data: dict[str, str]) -> str:
        return self._fernet.encrypt(json.dumps(data).encode("utf-8")).decode("ascii")

    def _open_json(self, value: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._fernet.decrypt(value.encode("ascii", "replace"), ttl=STAYS))
        except (InvalidToken, ValueError):
            return {}
        return found

    def _open(self, value: str) -> str:
        return str(self._open_json(value).get("token", "")) if value else ""


def _inside(after: str, base: str) -> str:
    """Return *after* when it is an address of the service, else its first page: nobody is led elsewhere."""
    plain = re.fullmatch(r"/[A-Za-z0-9._~%/?=&#-]*", after)
    read = unquote(after)  # as a browser reads it: %2e%2e is .. as well
    return after if plain and after.startswith(base) and "//" not in read and "/.." not in read else base
