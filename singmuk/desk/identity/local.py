"""One participant on this machine: everybody who reaches the desk is that one, so nobody else may reach it."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request
from starlette.routing import Route

from singmuk.desk.identity import IdentityError, Person

#: The id of the one participant, in submitted/ and in the gradebook.
PARTICIPANT = "me"
#: What a proxy adds; behind one, everybody would be the same participant.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class Local:
    """Answers for a desk that one person runs for themselves."""

    async def who(self, request: Request) -> Person | None:
        """Return the one participant; raise `IdentityError` for whoever comes from elsewhere."""
        host = request.client.host if request.client else ""
        try:
            here = ipaddress.ip_address(host).is_loopback
        except ValueError:
            here = False
        if not here or any(name in request.headers for name in FORWARDED):
            told = "This desk is for one person on this machine. For others, set identity: hub."
            raise IdentityError(told, why="elsewhere")
        return Person(PARTICIPANT, "trainer")

    def login(self, request: Request, after: str) -> str | None:  # noqa: ARG002
        """Return None: there is nothing to sign in to."""
        return None

    def routes(self) -> list[Route]:
        """Return nothing."""
        return []
