"""The room as a web service: a card for each assignment, its buttons, and how far a job is."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from singmuk.desk import settings as desk_settings
from singmuk.desk.book import Book
from singmuk.desk.guard import Guard
from singmuk.desk.order import in_order
from singmuk.desk.releases import Release, Releases
from singmuk.desk.render import inside, language_of
from singmuk.desk.room import view
from singmuk.desk.room.access import Access
from singmuk.desk.room.counts import Counting
from singmuk.desk.room.jobs import BusyError, Job, Jobs
from singmuk.desk.room.view import say
from singmuk.desk.service import LANGUAGE
from singmuk.gradebook.settings import Settings
from singmuk.lang import LANGUAGES

FORM = "application/x-www-form-urlencoded"
#: Characters of a reason for regrading.
LONGEST_REASON = 1_000
GUIDE = "book/course/trainers/grade-and-tell.html"


@dataclass(frozen=True)
class Places:
    """Where other things are; None: not open."""

    desk: str | None = None
    formgrader: str | None = None  # with its secret: shown to whoever may be here alone


class LockedError(Exception):
    """Nobody who may enter; *why* names the words."""

    def __init__(self, why: str = "text") -> None:
        self.why = why


class RefusedError(Exception):
    """A change that is not made."""

    def __init__(self, status: int, place: str) -> None:
        self.status, self.place = status, place


@dataclass
class Room:
    """The parts of one room."""

    found: Settings
    access: Access
    places: Places
    releases: Releases
    book: Book
    counting: Counting
    jobs: Jobs
    log: str
    #: Assignments of which newer submissions were collected than are graded.
    again: set[str] = field(default_factory=set)

    def over(self, job: Job) -> None:
        """Note what a finished *job* means for the next step."""
        if job.action == "collect" and any(key == "collect.replaced" for key, _ in job.told):
            self.again.add(job.assignment)
        elif job.action == "grade" and job.state == "done":
            self.again.discard(job.assignment)

    def card(self, release: Release, language: str) -> dict[str, Any]:
        """Return what the card of *release* shows now."""
        counts = self.counting.of(release.name, float(release.content["pass_mark"]["points"]))
        more = {"again": release.name in self.again, "formgrader": self.places.formgrader, "log": self.log}
        return view.card(release, counts, self.jobs.last(release.name), language, **more)

    def cards(self, language: str) -> list[dict[str, Any]]:
        """Return the cards of all assignments."""
        return [self.card(one, language) for one in in_order(self.releases.all(), self.book.contents(language))]

    def page(self, request: Request, name: str, status: int = 200, **given: Any) -> Response:
        """Return the page from the template *name*."""
        language = language_of(request)
        context = {
            "language": language,
            "tag": LANGUAGES[language],
            "other": next(code for code in LANGUAGES if code != language),
            "other_tag": next(tag for code, tag in LANGUAGES.items() if code != language),
            "say": lambda place, **values: say(place, language, **values),
            "asset": view.asset,
            "desk": self.places.desk,
            "guide": self.guide(language),
            "formgrader": self.places.formgrader,
            **given,
        }
        return Response(view.templates().get_template(f"{name}.html").render(context), status, media_type="text/html")

    def guide(self, language: str) -> str | None:
        """Return the address of the trainer's guide in *language*."""
        if self.places.desk is None:
            return None
        return f"{self.places.desk}{GUIDE.replace('book/', 'book/zh/') if language == 'zh' else GUIDE}"

    def enter(self, request: Request) -> str:
        """Return the token that the page of this browser sends with each change; raise `LockedError`."""
        token = self.access.xsrf(request)
        if token is None:
            raise LockedError
        return token


def create(found: Settings, access: Access, places: Places) -> FastAPI:
    """Return the room of the course *found*; raise `SettingsError`."""
    folder = Path(found.coursedir.submitted_directory).parent / "logs" / "room.log"
    room = Room(
        found=found,
        access=access,
        places=places,
        releases=Releases(found.root / found.coursedir.release_directory),
        book=Book(found.root / desk_settings.read(found.root).book, "/"),
        counting=Counting(found),
        jobs=Jobs(found.root, found.root / folder, lambda job: room.over(job)),  # noqa: PLW0108  (there is no room yet)
        log=folder.as_posix(),
    )

    @contextlib.asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(room.jobs.close)
        await run_in_threadpool(room.counting.close)

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.room = room
    _pages(app, room)
    _changes(app, room)
    _refusals(app, room)
    hosts = {f"{name}:{access.port}" for name in ("127.0.0.1", "localhost")}
    app.add_middleware(Guard, hosts=hosts, secure=False, seen=lambda *_: None)
    return app


def _pages(app: FastAPI, room: Room) -> None:
    @app.get("/")
    def index(request: Request) -> Response:
        """Show the assignments; let in whoever brings the secret."""
        if given := request.query_params.get("token"):
            to_desk = request.query_params.get("next") == "desk" and room.places.desk
            response = RedirectResponse(to_desk or "/", 303)
            if not room.access.enter(given, response):
                raise LockedError("used" if room.access.ticket == "" and to_desk else "text")
            return response
        xsrf = room.enter(request)
        return room.page(request, "index", xsrf=xsrf, cards=room.cards(language_of(request)))

    @app.get("/jobs/{job}")
    def progress(job: str, request: Request) -> Response:
        """Tell how far a job is."""
        room.enter(request)
        found = room.jobs.get(job)
        if found is None:
            raise HTTPException(404)
        return JSONResponse(view.told(found, language_of(request), room.log))

    @app.get("/language")
    def language(request: Request) -> Response:
        """Note which language somebody reads, and go back."""
        response = RedirectResponse(inside(request.query_params.get("next", "/"), "/"), 303)
        if (wanted := request.query_params.get("to", "")) in LANGUAGES:
            response.set_cookie(LANGUAGE, wanted, max_age=365 * 86400, path="/", samesite="lax")
        return response

    @app.get("/static/{file}")
    def static(file: str) -> Response:
        """Give a file that pages ask for."""
        if file not in view.assets():
            raise HTTPException(404)
        content, kind = view.assets()[file]
        return Response(content, media_type=kind, headers={"Cache-Control": "private, max-age=31536000, immutable"})

    @app.get("/healthz")
    def healthz() -> Response:
        """Say that the room is open."""
        return PlainTextResponse("well\n")


def _changes(app: FastAPI, room: Room) -> None:
    @app.post("/assignments/{name}/{action}")
    async def begin(name: str, action: str, request: Request) -> Response:
        """Begin a job on the assignment NAME."""
        if request.headers.get("content-type", "").partition(";")[0] != FORM:
            raise RefusedError(415, "fault.refused")
        try:
            form = {
                key: values[0]
                for key, values in parse_qs((await request.body()).decode("utf-8"), max_num_fields=10).items()
            }
        except ValueError as fault:
            raise RefusedError(422, "fault.refused") from fault
        room.enter(request)
        if not room.access.may_change(request, form.get("xsrf", "")):
            raise RefusedError(403, "fault.xsrf")
        if name not in room.releases.names() or action not in ("collect", "grade", "regrade", "release"):
            raise HTTPException(404)
        asked: dict[str, Any] = {}
        if action == "regrade":
            asked = {"reason": form.get("reason", "").strip(), "look": "look" in form}
            if not asked["reason"]:
                raise RefusedError(422, "regrade.missing")
            if len(asked["reason"]) > LONGEST_REASON:
                raise RefusedError(422, "fault.refused")
        elif action == "release":
            asked = {"waiting": "waiting" in form}
        try:
            job = await run_in_threadpool(lambda: room.jobs.start(action, name, **asked))
        except BusyError as fault:
            raise RefusedError(409, "job.busy") from fault
        if _wants_json(request):
            return JSONResponse(view.told(job, language_of(request), room.log), 202)
        return RedirectResponse(f"/#{quote(name)}", 303)


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "") or request.url.path.startswith("/jobs/")


def _refusals(app: FastAPI, room: Room) -> None:
    def answer(request: Request, status: int, place: str) -> Response:
        language = language_of(request)
        if _wants_json(request):
            return JSONResponse({"error": say(place, language)}, status)
        return room.page(request, "message", status, title=say("fault.title", language), text=say(place, language))

    @app.exception_handler(LockedError)
    async def locked(request: Request, fault: LockedError) -> Response:
        language = language_of(request)
        if _wants_json(request):
            return JSONResponse({"error": say("job.entered-no-more", language)}, 403)
        text = " ".join(say(f"door.{one}", language) for one in dict.fromkeys((fault.why, "text")))
        return room.page(request, "message", 403, title=say("door.title", language), text=text)

    @app.exception_handler(RefusedError)
    async def refused(request: Request, fault: RefusedError) -> Response:
        return answer(request, fault.status, fault.place)

    @app.exception_handler(HTTPException)
    async def other(request: Request, fault: HTTPException) -> Response:
        return answer(request, fault.status_code, "fault.unknown" if fault.status_code == 404 else "fault.refused")
