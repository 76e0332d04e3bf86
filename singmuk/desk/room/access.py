"""Who may enter the room: whoever has the secret of its address, and after that their browser."""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

#: Browsers that may be in the room at once.
MOST = 100


def same(one: str, other: str) -> bool:
    """Return whether the secrets are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


@dataclass
class Access:
    """The room's secrets: an address that holds as long as the room is open, and one that works once."""

    token: str
    #: Goes to a program on this machine, whose command line others may read; so it works once.
    ticket: str = ""
    port: int = 0
    _sessions: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cookie(self) -> str:
        """Return the cookie's name: all ports of this machine share one jar."""
        return f"singmuk-room-{self.port}"

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

    def xsrf(self, request: Request) -> str | None:
        """Return the token that a page of this browser sends with each change; None when it may not be here."""
        held = request.cookies.get(self.cookie, "")
        with self._lock:
            return next((token for session, token in self._sessions.items() if same(session, held)), None)

    def may_change(self, request: Request, given: str) -> bool:
        """Return whether a page of this room asks: by the token it was *given*, and by what the browser says."""
        wanted = self.xsrf(request)
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin", "null")
        ours = origin in ("null", f"{request.url.scheme}://{request.headers.get('host', '')}")
        return wanted is not None and site in ("same-origin", "none") and ours and same(given, wanted)
