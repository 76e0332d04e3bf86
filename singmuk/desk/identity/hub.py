"""Who somebody is at the desk, as a JupyterHub says it: its OAuth for browsers, its tokens for notebooks."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from singmuk.desk.identity import Person
from singmuk.desk.identity.oauth import SignIn, role_of
from singmuk.desk.secret import Secret
from singmuk.desk.settings import Settings
from singmuk.grading.whose import ID


class Hub:
    """Asks the hub that started the desk, or whose address and token are in the environment."""

    def __init__(self, settings: Settings, secret: Secret) -> None:
        self._settings, self._secret = settings, secret
        cookie = settings.cookie("hub")
        self._sign_in = SignIn(settings.base, cookie, secret.fernet_key(), self._person, secure=settings.secure)

    async def who(self, request: Request) -> Person | None:
        """Return whom the hub knows by the cookie or the header; raise `IdentityError`."""
        known = await self._sign_in.who(request)
        return None if known is None else self._person(known.user, by_token=known.by_token)

    def _person(self, user: dict[str, Any], *, by_token: bool = False) -> Person:
        role = role_of(self._sign_in.hub, user, self._settings.groups)
        name = str(user["name"])
        plain = not self._settings.opaque and ID.fullmatch(name)
        return Person(name if plain else self._secret.number(name), role, by_token)

    def login(self, request: Request, after: str) -> str | None:  # noqa: ARG002
        """Return the desk's own address that sends the browser to the hub."""
        return self._sign_in.login(after)

    def routes(self) -> list[Route]:
        """Return the way to the hub, the way back, and the way out."""
        return self._sign_in.routes()
