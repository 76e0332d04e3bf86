"""What the assignment's page asks of the desk: keep a response, give what is kept, take the hand-in."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from singmuk import receipt, responses
from singmuk.desk.identity import Person
from singmuk.desk.releases import Release
from singmuk.desk.service import Refused, Service, Serving, Who, given, shown, wait
from singmuk.desk.store import Entry, HandIn
from singmuk.lang import Record
from singmuk.responses import TAGS, Given, Responses, ResponsesError

Language = Literal["en", "zh"]
#: A day further off than any time zone makes it is the clock's fault.
NEAR = timedelta(days=2)
#: Bytes of a body that are read in passing.
LARGE = 64 * 1024


class Change(Record):
    """A response to one item, as the page sends it; None takes it back."""

    release: str = Field(pattern=r"^[0-9a-f]{8,64}$")
    response: Any
    confidence: int | None = Field(None, ge=50, le=100)
    day: Annotated[date, Field(strict=False)]
    language: Language = "en"


class HandInAsked(Record):
    """A press of the button that hands in; the same *token* again is the same press."""

    release: str = Field(pattern=r"^[0-9a-f]{8,64}$")
    token: str = Field(pattern=r"^[0-9a-f]{32}$")
    language: Language = "en"


class Saved(Record):
    """What the desk keeps of the item now."""

    revision: int
    given: dict[str, Any]


class Standing(Record):
    """What the desk keeps of the assignment now."""

    release: str
    revision: int
    given: dict[str, Any]
    receipts: list[dict[str, Any]]
    closed: bool
    feedback: bool


class HandedIn(Record):
    """The receipt, and all of them, the newest first."""

    receipt: dict[str, Any]
    receipts: list[dict[str, Any]]


class Problem(Record):
    """Why something was refused: a word for programs, and what else helps."""

    error: str
    reasons: list[str] | None = None
    after: int | None = None
    login: str | None = None


class CheckedRoute(APIRoute):
    """Reads every body as the intake reads a file: bounded in depth, no name twice, no NaN, text that is text."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Return the handler that looks at the body first."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            if request.method in ("PUT", "POST"):
                if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                    raise Refused(415, "type")
                body = await request.body()
                try:
                    if len(body) > LARGE:  # others need not wait for it
                        await run_in_threadpool(responses.decode, body)
                    else:
                        responses.decode(body)
                except ResponsesError as fault:
                    raise Refused(422, "refused", reasons=list(fault.reasons)) from fault
            return await handle(request)

        return checked


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": why}
    for code, why in {
        401: "Nobody is signed in",
        403: "Not from this page, or closed",
        404: "No such assignment or item",
        408: "The body came too slowly",
        409: "Of another release, or nothing to hand in",
        413: "Too large",
        415: "No JSON",
        421: "Asked by another host's name",
        422: "No response of this item",
        429: "Too often",
        503: "The disk is full, or the database does not answer",
    }.items()
}


router = APIRouter(prefix="/api/assignments", route_class=CheckedRoute, responses=PROBLEMS, tags=["participant"])


@router.get("/{name}/responses")
async def standing(name: str, person: Who, service: Serving) -> Standing:
    """Return what is kept of the assignment NAME."""
    release = service.release(name)
    sitting, _ = await service.sitting(person, release)
    receipts = await service.receipts(person, name)
    released = await service.feedback(person)
    return Standing(
        release=release.id,
        revision=sitting.revision,
        given=given(sitting),
        receipts=receipts,
        closed=service.closed(name),
        feedback=name in released,
    )


@router.put("/{name}/responses/{item}")
async def save(name: str, item: str, change: Change, request: Request, person: Who, service: Serving) -> Saved:
    """Keep the response to ITEM; the answer comes once it is on the disk."""
    release = service.release(name)
    service.check_change(request, person)
    service.check_open(name)
    if item not in release.items:
        raise Refused(404, "unknown")
    if change.release != release.id:
        raise Refused(409, "release")
    entry = _entry(release, item, change)
    kept = await wait(service.store.save(person.participant, name, release.id, change.language, {item: entry}))
    service.metrics.saves.inc()
    one = kept.entries[item]
    return Saved(
        revision=kept.revision,
        given={
            "response": one.response,
            "first": one.first,
            "confidence": one.confidence,
            "day": one.day.isoformat(),
            "revision": one.revision,
        },
    )


@router.post("/{name}/hand-in")
async def hand_in(name: str, asked: HandInAsked, request: Request, person: Who, service: Serving) -> HandedIn:
    """Hand in what is kept; every hand-in is kept, the newest counts."""
    release = service.release(name)
    service.check_change(request, person)
    service.check_open(name)
    if asked.release != release.id:
        raise Refused(409, "release")
    sitting, _ = await service.sitting(person, release)
    answered = {
        item: Given(response=one.response, first=one.first, confidence=one.confidence, day=one.day)
        for item, one in sitting.entries.items()
        if one.response is not None
    }
    if not answered:
        raise Refused(409, "nothing")
    made = await _hand_in(service, person, release, _responses(release, asked.language, answered), asked.token)
    return HandedIn(receipt=shown(made), receipts=await service.receipts(person, name))


@router.post(
    "/{name}/file",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def file(name: str, request: Request, person: Who, service: Serving) -> HandedIn:
    """Hand in a whole responses.json, as a notebook does; the same file again is the same hand-in."""
    release = service.release(name)
    service.check_program(request, person)
    service.check_open(name)
    try:
        found = await run_in_threadpool(responses.parse, await request.body())
        responses.check(found, release.content)
    except ResponsesError as fault:
        raise Refused(422, "refused", reasons=list(fault.reasons)) from fault
    if all(one.response is None for one in found.responses.values()):
        raise Refused(409, "nothing")
    entries = {
        item: Entry(one.response, one.first, one.confidence, one.day, 0) for item, one in found.responses.items()
    }
    language = next(short for short, tag in TAGS.items() if tag == found.language)
    await wait(service.store.save(person.participant, name, release.id, language, entries))
    token = receipt.make(found, release.content, "desk").sha256[:32]
    made = await _hand_in(service, person, release, found, token)
    return HandedIn(receipt=shown(made), receipts=await service.receipts(person, name))


def _entry(release: Release, item: str, change: Change) -> Entry:
    """Return what is to be kept, in its plain form; raise `Refused` with the reasons."""
    today = datetime.now(UTC).date()
    day = change.day if abs(change.day - today) <= NEAR else today
    one = Given(response=change.response, first=None, confidence=change.confidence, day=day)
    try:
        responses.check(_responses(release, change.language, {item: one}), release.content)
    except ResponsesError as fault:
        raise Refused(422, "refused", reasons=list(fault.reasons)) from fault
    return Entry(change.response, None, change.confidence, day, 0)


def _responses(release: Release, language: str, answered: dict[str, Given]) -> Responses:
    return Responses(
        format=responses.FORMAT,
        assignment=release.name,
        release=release.id,
        language=TAGS[language],
        responses=answered,
    )


async def _hand_in(service: Service, person: Person, release: Release, found: Responses, token: str) -> HandIn:
    """Keep the hand-in of *found* and return it; raise `Refused` when it would not be taken in."""
    try:
        responses.check(found, release.content)
        if len(found.text().encode("utf-8")) > responses.LARGEST:
            raise Refused(413, "large")
    except ResponsesError as fault:
        raise Refused(422, "refused", reasons=list(fault.reasons)) from fault
    now = datetime.now(UTC)
    made = receipt.make(found, release.content, "desk", now)
    wanted = HandIn(
        participant=person.participant,
        assignment=release.name,
        release=release.id,
        number=0,
        at=now,
        answered=made.answered,
        of=made.of,
        sha256=made.sha256,
        text=found.text(),
    )
    kept: HandIn = await wait(service.store.hand_in(wanted, token))
    service.metrics.handins.inc()
    return kept
