"""Who somebody is: an interface, and the two ways that answer it now. A login from an LMS (LTI) is a third."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from starlette.requests import Request
from starlette.routing import Route

if TYPE_CHECKING:
    from singmuk.desk.secret import Secret
    from singmuk.desk.settings import Settings

Role = Literal["participant", "trainer", "auditor"]


@dataclass(frozen=True)
class Person:
    """Somebody who may use the desk: a number, and what they may do. There is no name."""

    participant: str
    role: Role = "participant"
    #: Came with a token in a header and not with a cookie, which a browser sends for others too.
    by_token: bool = False


class IdentityError(Exception):
    """Why nobody can be told; `status` is the answer's: 403 for a refusal, 503 when the provider does not answer.

    `why` names the words in which a page says so; the message is for programs.
    """

    def __init__(self, message: str, status: int = 403, *, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(message)


class Identity(Protocol):
    """What the desk asks a provider."""

    async def who(self, request: Request) -> Person | None:
        """Return who sent *request*, None when nobody is signed in; raise `IdentityError`."""

    def login(self, request: Request, after: str) -> str | None:
        """Return the address at which to sign in and come back to *after*; None where there is no such place."""

    def routes(self) -> list[Route]:
        """Return the addresses that the provider needs below the desk's base."""


def provider(settings: Settings, secret: Secret) -> Identity:
    """Return the provider that the *settings* name."""
    if settings.identity == "hub":
        from singmuk.desk.identity.hub import Hub  # noqa: PLC0415  (jupyterhub is needed nowhere else)

        return Hub(settings, secret)
    from singmuk.desk.identity.local import Local  # noqa: PLC0415

    return Local()
