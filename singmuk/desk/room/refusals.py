"""Every refusal of the room in words: on a page in the reader's language, or as JSON for the page's script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from singmuk.desk.identity import IdentityError
from singmuk.desk.render import language_of
from singmuk.desk.room.access import Entrance
from singmuk.desk.room.view import say

Actions = Sequence[tuple[str, str]]


class LockedError(Exception):
    """Nobody who may enter; *why* names the words."""

    def __init__(self, why: str = "text") -> None:
        self.why = why


class RefusedError(Exception):
    """A change that is not made."""

    def __init__(self, status: int, place: str) -> None:
        self.status, self.place = status, place


class Says(Protocol):
    """What can say something on a page: the room."""

    @property
    def access(self) -> Entrance:
        """Return what decides who enters."""

    @property
    def desk(self) -> str | None:
        """Return where the desk is."""

    def message(self, request: Request, status: int, title: str, text: str, actions: Actions = ()) -> Response:
        """Return a page that says one thing, and leads somewhere."""


def wants_json(request: Request) -> bool:
    """Return whether a script asks, and no person."""
    return "application/json" in request.headers.get("accept", "") or "/jobs/" in request.url.path


def refuse(app: FastAPI, room: Says) -> None:
    """Have *app* refuse in words."""

    def answer(request: Request, status: int, title: str, text: str, actions: Actions = ()) -> Response:
        if wants_json(request):
            return JSONResponse({"error": text}, status)
        return room.message(request, status, title, text, actions)

    @app.exception_handler(LockedError)
    async def locked(request: Request, fault: LockedError) -> Response:
        language = language_of(request)
        if login := room.access.login(request.url.path if request.method == "GET" else room.access.base):
            if request.method == "GET" and not wants_json(request):
                return RedirectResponse(login, 302)
            text, actions = say("hub.signed-out", language), [(login, say("hub.sign-in", language))]
            return answer(request, 401, say("fault.title", language), text, actions)
        text = " ".join(say(f"door.{one}", language) for one in dict.fromkeys((fault.why, "text")))
        if wants_json(request):
            text = say("job.entered-no-more", language)
        return answer(request, 403, say("door.title", language), text)

    @app.exception_handler(IdentityError)
    async def stranger(request: Request, fault: IdentityError) -> Response:
        language = language_of(request)
        base, desk = room.access.base, room.desk
        title = say("fault.title" if fault.status == 503 else "door.title", language)
        actions = [(base, say("fault.back", language))]
        if fault.why in ("account", "list", "participant"):
            actions = [(desk, say("page.course", language))] if desk else []
            actions.append((f"{base}logout", say("page.sign-out", language)))
        return answer(request, fault.status, title, say(f"hub.{fault.why}", language), actions)

    @app.exception_handler(RefusedError)
    async def refused(request: Request, fault: RefusedError) -> Response:
        language = language_of(request)
        return answer(request, fault.status, say("fault.title", language), say(fault.place, language))

    @app.exception_handler(HTTPException)
    async def other(request: Request, fault: HTTPException) -> Response:
        language = language_of(request)
        place = "fault.unknown" if fault.status_code == 404 else "fault.refused"
        response = answer(request, fault.status_code, say("fault.title", language), say(place, language))
        response.headers.update(fault.headers or {})  # which methods an address takes
        return response
