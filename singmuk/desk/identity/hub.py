"""Who somebody is, as a JupyterHub says it: its OAuth for browsers, its tokens for notebooks, its groups for roles."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any
from urllib.parse import unquote, urlencode

from cryptography.fernet import Fernet, InvalidToken
from jupyterhub.services.auth import HubOAuth
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from tornado.web import HTTPError

from singmuk.desk.identity import IdentityError, Person, Role
from singmuk.desk.secret import Secret
from singmuk.desk.settings import Settings, SettingsError
from singmuk.grading.whose import ID

#: Seconds for which the hub's answer on a token is believed: so long may somebody stay who was shut out.
BELIEVED = 60
#: Seconds for signing in.
PATIENCE = 600
CALLBACK = "oauth_callback"
_HEADER = re.compile(r"(?:token|bearer)\s+(\S{1,512})", re.IGNORECASE)


class Hub:
    """Asks the hub that started the desk, or whose address and token are in the environment."""

    def __init__(self, settings: Settings, secret: Secret) -> None:
        self._settings, self._secret = settings, secret
        self._fernet = Fernet(secret.fernet_key())
        self._hub = HubOAuth(cache_max_age=BELIEVED, base_url=settings.base)
        held = {
            "JUPYTERHUB_API_TOKEN": self._hub.api_token,
            "JUPYTERHUB_CLIENT_ID": self._hub.oauth_client_id,
            "JUPYTERHUB_SERVICE_NAME": self._hub.access_scopes,  # without any scope nobody would get in
        }
        if missing := [name for name, value in held.items() if not value]:
            advice = "is missing; let the hub start the desk as a service, or set what the hub knows of it"
            raise SettingsError("\n".join(f"{name}: {advice}" for name in missing))

    @property
    def cookie(self) -> str:
        """Return the cookie's name: a browser takes `__Host-` over https alone, and from nobody else."""
        return "__Host-singmuk-hub" if self._settings.secure else "singmuk-hub"

    @property
    def _state(self) -> str:
        return f"{self.cookie}-state"

    async def who(self, request: Request) -> Person | None:
        """Return whom the hub knows by the cookie or the header; raise `IdentityError`."""
        header = _HEADER.fullmatch(request.headers.get("authorization", ""))
        token = header.group(1) if header else self._open(request.cookies.get(self.cookie, ""))
        if not token:
            return None
        user = await self._ask(token)
        if user is None:
            return None
        return self._person(user, by_token=bool(header))

    async def _ask(self, token: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] | None = await self._hub.user_for_token(token, sync=False)
        except HTTPError as fault:
            raise IdentityError("The hub does not answer. Try again in a moment.", 503) from fault
        return found

    def _person(self, user: dict[str, Any], *, by_token: bool) -> Person:
        if user.get("kind") != "user" or not self._hub.check_scopes(self._hub.access_scopes, user):
            raise IdentityError("The hub does not let this account use the course. Ask your trainer.")
        groups = set(user.get("groups") or [])
        mine = self._settings.groups
        role: Role = "participant"
        if mine.trainers in groups:
            role = "trainer"
        elif mine.auditors in groups:
            role = "auditor"
        elif mine.participants and mine.participants not in groups:
            raise IdentityError("This account is not on the list of this course. Ask your trainer.")
        name = str(user["name"])
        plain = not self._settings.opaque and ID.fullmatch(name)
        return Person(name if plain else self._secret.number(name), role, by_token)

    def login(self, request: Request, after: str) -> str | None:  # noqa: ARG002
        """Return the desk's own address that sends the browser to the hub."""
        return f"{self._settings.base}login?{urlencode({'next': after})}"

    def routes(self) -> list[Route]:
        """Return the way to the hub, the way back, and the way out."""
        return [
            Route("/login", self._leave, methods=["GET"]),
            Route(f"/{CALLBACK}", self._return, methods=["GET"]),
            Route("/logout", self._out, methods=["GET"]),
        ]

    async def _leave(self, request: Request) -> Response:
        """Send the browser to the hub, with a mark that only this browser holds."""
        after = _inside(request.query_params.get("next", ""), self._settings.base)
        state = secrets.token_urlsafe(24)
        asked = {
            "client_id": self._hub.oauth_client_id,
            "redirect_uri": self._hub.oauth_redirect_uri,
            "response_type": "code",
            "state": state,
        }
        response = RedirectResponse(f"{self._hub.oauth_authorization_url}?{urlencode(asked)}", 302)
        self._put(response, self._state, self._seal({"state": state, "after": after}), PATIENCE)
        return response

    async def _return(self, request: Request) -> Response:
        """Take the hub's code, keep its token in a cookie that nobody can read, and go on."""
        held = self._open_json(request.cookies.get(self._state, ""))
        given = request.query_params.get("state", "")
        code = request.query_params.get("code", "")
        if not code or not held or not secrets.compare_digest(given.encode(), str(held.get("state", "")).encode()):
            raise IdentityError("Signing in took too long or began in another window. Open the course again.")
        try:
            token = await self._hub.token_for_code(code, sync=False)
        except HTTPError as fault:
            raise IdentityError("The hub did not confirm the sign-in. Open the course again.") from fault
        user = await self._ask(token)
        if user is None:
            raise IdentityError("The hub did not say who you are. Open the course again.")
        self._person(user, by_token=False)
        response = RedirectResponse(_inside(str(held.get("after", "")), self._settings.base), 302)
        self._put(response, self.cookie, self._seal({"token": token}), 24 * 3600)
        response.delete_cookie(self._state, path="/", secure=self._settings.secure, httponly=True)
        return response

    async def _out(self, request: Request) -> Response:  # noqa: ARG002
        """Forget who this browser is, and let the hub do the same."""
        response = RedirectResponse(f"{self._hub.hub_host}{self._hub.hub_prefix}logout", 302)
        response.delete_cookie(self.cookie, path="/", secure=self._settings.secure, httponly=True)
        return response

    def _put(self, response: Response, name: str, value: str, seconds: int) -> None:
        # Lax: the hub's redirect comes from elsewhere and must find it.
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self._settings.secure, httponly=True, samesite="lax"
        )

    def _seal(self, data: dict[str, str]) -> str:
        return self._fernet.encrypt(json.dumps(data).encode("utf-8")).decode("ascii")

    def _open_json(self, value: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._fernet.decrypt(value.encode("ascii", "replace"), ttl=24 * 3600))
        except (InvalidToken, ValueError):
            return {}
        return found

    def _open(self, value: str) -> str:
        return str(self._open_json(value).get("token", "")) if value else ""


def _inside(after: str, base: str) -> str:
    """Return *after* when it is an address of the desk, else its first page: nobody is led elsewhere."""
    plain = re.fullmatch(r"/[A-Za-z0-9._~%/?=&#-]*", after)
    read = unquote(after)  # as a browser reads it: %2e%2e is .. as well
    return after if plain and after.startswith(base) and "//" not in read and "/.." not in read else base
