"""Who may enter the room of a hub: its campaign's trainers, who act, and its auditors, who see numbers."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from singmuk.desk.identity import IdentityError
from singmuk.desk.identity.oauth import SignIn, role_of
from singmuk.desk.room.access import Visitor, from_here, same
from singmuk.desk.secret import Secret
from singmuk.hub.service import Service


class HubAccess:
    """Asks the hub. Its secret is made anew at each start: then browsers go through the hub once more, unseen."""

    signs_in = True

    def __init__(self, service: Service) -> None:
        self._service, self._groups = service, service.settings.groups
        self.base, self.secure = service.base, service.settings.secure
        self._secret = Secret(secrets.token_urlsafe(32))
        self._sign_in = SignIn(
            service.base, service.cookie, self._secret.fernet_key(), self._acts, secure=service.settings.secure
        )

    @property
    def hosts(self) -> Collection[str] | None:
        """Return the name by which people find the room."""
        return self._service.hosts

    def _acts(self, user: dict[str, Any]) -> bool:
        """Return whether *user* presses buttons, and not only looks; raise `IdentityError` for everybody else."""
        role = role_of(self._sign_in.hub, user, self._groups)
        if role == "participant":
            raise IdentityError("This room is for the course's trainers and auditors.", why="participant")
        return role == "trainer"

    async def visitor(self, request: Request) -> Visitor | None:
        """Return whom the hub knows and the room takes, None when nobody is signed in; raise `IdentityError`."""
        known = await self._sign_in.who(request)
        if known is None:
            return None
        # Signing in gives each browser a token of its own, so what is made of it holds for that session alone.
        return Visitor(self._secret.mark("room", known.token), acts=self._acts(known.user), by_token=known.by_token)

    def may_change(self, request: Request, visitor: Visitor, given: str) -> bool:
        """Return whether a page of this *visitor* asks, or a program that holds their token."""
        if visitor.by_token:
            return True
        return from_here(request, self._service.settings.origin) and same(given, visitor.xsrf)

    def login(self, after: str) -> str | None:
        """Return the room's own address that sends the browser to the hub."""
        return self._sign_in.login(after)

    def routes(self) -> list[Route]:
        """Return the way to the hub, the way back, and the way out."""
        return self._sign_in.routes()
