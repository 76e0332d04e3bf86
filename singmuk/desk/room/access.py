"""Who may enter the room: whoever has the secret of its address, and after that their browser."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

#: Browsers that may be in the room at once.
MOST = 100


def same(one: str, other: str) -> bool:
    """Return whether the secrets are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def from_here(request: Request, origin: str | None = None) -> bool:
    """Return whether a page of the room asks, by what the browser says; *origin* is where people find the room."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    said = request.headers.get("origin", "null")
    # A front that ends TLS leaves the name and not the scheme.
    ours = said == origin if origin else urlsplit(said).netloc == request.headers.get("host", "")
    return site in ("same-origin", "none") and (ours or said == "null")


@dataclass(frozen=True)
class Visitor:
    """Somebody who may be in the room."""

    #: The token that a page of this browser sends with each change.
    xsrf: str
    #: Sees numbers alone where not.
    acts: bool = True
    #: Came with a token in a header, which no browser sends for another page.
    by_token: bool = False


class Entrance(Protocol):
    """What the room asks about who comes."""

    #: The path before every address.
    base: str
    #: Whether people come by https.
    secure: bool
    #: Whether people sign in, and are known by their group.
    signs_in: bool

    @property
    def hosts(self) -> Collection[str] | None:
        """Return the names by which the room may be asked; None: any."""

    async def visitor(self, request: Request) -> Visitor | None:
        """Return who sent *request*, None when nobody may be told; raise `IdentityError`."""

    def may_change(self, request: Request, visitor: Visitor, given: str) -> bool:
        """Return whether a page of this *visitor* asks, by the token it was *given* and by what the browser says."""

    def login(self, after: str) -> str | None:
        """Return where to sign in and come back to *after*; None where there is no such place."""

    def routes(self) -> list[Route]:
        """Return the addresses that signing in needs below the base."""


@dataclass
class Access:
    """The room's secrets: an address that holds as long as the room is open, and one that works once."""

    token: str
    #: Goes to a program on this machine, whose command line others may read; so it works once.
    ticket: str = ""
    port: int = 0
    base: str = "/"
    secure: bool = False
    signs_in: bool = False
    _sessions: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cookie(self) -> str:
        """Return the cookie's name: all ports of this machine share one jar."""
        return f"singmuk-room-{self.port}"

    @property
    def hosts(self) -> set[str]:
        """Return the names of this machine."""
        return {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}

    def enter(self, given: str, response: Response) -> bool:
        """Let the browser that has *given* a secret in, by a cookie of *response*; return whether it was one."""
        with self._lock:
            once = bool(self.ticket) and same(given, self.ticket)
            if once:
                self.ticket = ""
            if not once and not same(given, self.token):
                return False
            session = secrets.token_urlsafe(32)
            self._sessions[session] = secrets.token_urlsafe(32)
            for old in list(self._sessions)[:-MOST]:
                del self._sessions[old]
        response.set_cookie(self.cookie, session, path="/", httponly=True, samesite="strict")
        return True

    async def visitor(self, request: Request) -> Visitor | None:
        """Return the one whose browser was let in, None when it was not."""
        held = request.cookies.get(self.cookie, "")
        with self._lock:
            found = next((token for session, token in self._sessions.items() if same(session, held)), None)
        return None if found is None else Visitor(found)

    def may_change(self, request: Request, visitor: Visitor, given: str) -> bool:
        """Return whether a page of this *visitor* asks, by the token it was *given* and by what the browser says."""
        here = f"{request.url.scheme}://{request.headers.get('host', '')}"
        return from_here(request, here) and same(given, visitor.xsrf)

    def login(self, after: str) -> str | None:  # noqa: ARG002
        """Return None: the address is the key."""
        return None

    def routes(self) -> list[Route]:
        """Return nothing."""
        return []
