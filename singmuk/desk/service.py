"""What a desk is made of, and what each of its addresses asks first: who, which assignment, is it open."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from singmuk.desk.book import Book
from singmuk.desk.guard import Bucket
from singmuk.desk.identity import Identity, Person
from singmuk.desk.metrics import Metrics
from singmuk.desk.releases import Release, Releases
from singmuk.desk.secret import Secret
from singmuk.desk.settings import Settings
from singmuk.desk.store import Desk, Entry, HandIn, Sitting
from singmuk.receipt import Receipt

LANGUAGE = "singmuk-language"
XSRF = "x-xsrf-token"
#: A header that no page of another site can send without asking first.
OWN_HEADER = "x-singmuk"


class Refused(Exception):  # noqa: N818  (an answer, and no error of the program)
    """An answer other than the asked one: its status, a word for programs, and what a page needs to go on."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        self.status, self.error, self.more = status, error, more
        super().__init__(error)


@dataclass
class Service:
    """The parts of one desk."""

    settings: Settings
    secret: Secret
    identity: Identity
    store: Desk
    releases: Releases
    book: Book
    metrics: Metrics
    changes: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self.changes = Bucket(self.settings.saves_per_minute)

    # Who asks ----------------------------------------------------------------------------------------------------

    async def person(self, request: Request) -> Person:
        """Return who asks; raise `Refused` when nobody is signed in, `IdentityError` when they may not."""
        found = await self.identity.who(request)
        if found is None:
            raise Refused(401, "signed-out", login=self.identity.login(request, request.url.path))
        return found

    @property
    def session_cookie(self) -> str:
        """Return the name of the session's cookie."""
        return self.settings.cookie("session")

    def session(self, request: Request) -> str:
        """Return the session of the browser, a new one when it has none."""
        held = request.cookies.get(self.session_cookie, "")
        if not (len(held) == 32 and held.isalnum()):
            held = getattr(request.state, "session", "") or secrets.token_hex(16)
        request.state.session = held
        return held

    def keep_session(self, request: Request, response: Response) -> Response:
        """Have the browser hold its session, and return *response*."""
        held = self.session(request)
        if request.cookies.get(self.session_cookie) != held:
            # Lax: with Strict, a link in a mail would begin another session, and open pages could save no more.
            response.set_cookie(
                self.session_cookie, held, path="/", secure=self.settings.secure, httponly=True, samesite="lax"
            )
        return response

    def xsrf(self, request: Request, person: Person) -> str:
        """Return the token that a page of this session sends with each change."""
        return self.secret.xsrf(self.session(request), person.participant)

    def check_change(self, request: Request, person: Person, token: str | None = None) -> None:
        """Return when a page of this desk asks for the change, and not too often; raise `Refused`."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        if not person.by_token:
            held = request.cookies.get(self.session_cookie, "")
            given = request.headers.get(XSRF, "") if token is None else token
            if (
                site not in ("same-origin", "none")
                or not held
                or not self.secret.is_xsrf(given, held, person.participant)
            ):
                raise Refused(403, "xsrf")
        self.check_pace(person)

    def check_program(self, request: Request, person: Person) -> None:
        """Return when a program on this machine or with a token asks for the change; raise `Refused`."""
        if "sec-fetch-site" in request.headers or "origin" in request.headers or OWN_HEADER not in request.headers:
            raise Refused(403, "xsrf")  # a browser, and no page of ours sends this
        self.check_pace(person)

    def check_pace(self, person: Person) -> None:
        """Return when *person* does not change things too often; raise `Refused`."""
        wait = self.changes.take(person.participant)
        if wait:
            raise Refused(429, "fast", after=max(1, round(wait)))

    # What is asked for -------------------------------------------------------------------------------------------

    def release(self, name: str) -> Release:
        """Return the release of the assignment *name*; raise `Refused`."""
        found = self.releases.get(name)
        if found is None:
            raise Refused(404, "unknown")
        return found

    def closes(self, name: str) -> datetime | None:
        """Return when the assignment *name* closes, None when it does not."""
        return self.settings.closes.get(name)

    def closed(self, name: str) -> bool:
        """Return whether the assignment *name* is closed."""
        at = self.closes(name)
        return at is not None and datetime.now(UTC) >= at

    def check_open(self, name: str) -> None:
        """Return when the assignment *name* still takes something; raise `Refused`."""
        if self.closed(name):
            raise Refused(403, "closed")

    async def sitting(self, person: Person, release: Release) -> tuple[Sitting, bool]:
        """Return what *person* has answered in *release*, and whether it was carried over from an older one just now.

        What was answered before an assignment was changed is not lost: what still fits goes along.
        """
        found = await run_in_threadpool(self.store.sitting, person.participant, release.name, release.id)
        if found.entries or self.closed(release.name):
            return found, False
        older = await run_in_threadpool(self.store.older, person.participant, release.name, release.id)
        fitting = {
            item: Entry(
                one.response,
                one.first if release.fitting(item, one.first) else None,
                one.confidence,
                one.day,
                0,
            )
            for item, one in older.items()
            if release.fitting(item, one.response)
        }
        if not fitting:
            return found, False
        await wait(self.store.save(person.participant, release.name, release.id, found.language or "en", fitting))
        return await run_in_threadpool(self.store.sitting, person.participant, release.name, release.id), True

    async def receipts(self, person: Person, name: str) -> list[dict[str, Any]]:
        """Return the receipts of *person* for the assignment *name*, the newest first."""
        found = await run_in_threadpool(self.store.receipts, person.participant, name)
        return [shown(one) for one in found]

    async def feedback(self, person: Person) -> dict[str, tuple[float, float, bool | None]]:
        """Return by assignment what was released to *person*: points, of how many, passed."""
        return await run_in_threadpool(self.store.released, person.participant)


async def wait(future: Any) -> Any:
    """Return the result of a change once it is on the disk."""
    return await asyncio.wrap_future(future)


def shown(made: HandIn) -> dict[str, Any]:
    """Return the receipt of a hand-in as a page shows it."""
    receipt = Receipt(
        time=made.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        assignment=made.assignment,
        release=made.release,
        answered=made.answered,
        of=made.of,
        sha256=made.sha256,
        way="desk",
    )
    return receipt.model_dump() | {"number": made.number}


def given(sitting: Sitting) -> dict[str, dict[str, Any]]:
    """Return what was answered as a page takes it, by item."""
    return {
        item: {
            "response": one.response,
            "first": one.first,
            "confidence": one.confidence,
            "day": one.day.isoformat(),
            "revision": one.revision,
        }
        for item, one in sitting.entries.items()
    }


async def service_of(request: Request) -> Service:
    """Return the desk that answers *request*."""
    found: Service = request.app.state.service
    return found


async def asked_by(request: Request) -> Person:
    """Return who sent *request*; raise `Refused` or `IdentityError`."""
    return await (await service_of(request)).person(request)


#: Parameters of an address: the desk, and who asks.
Serving = Annotated[Service, Depends(service_of)]
Who = Annotated[Person, Depends(asked_by)]
