"""The room as a web service: a card for each assignment, its buttons, and how far a job is."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, FastAPI, Request
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
from singmuk.desk.room.access import Access, Entrance, Visitor
from singmuk.desk.room.counts import Counting
from singmuk.desk.room.jobs import BusyError, Job, Jobs
from singmuk.desk.room.refusals import Actions, LockedError, RefusedError, refuse, wants_json
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


@dataclass
class Room:
    """The parts of one room."""

    found: Settings
    access: Entrance
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

    @property
    def base(self) -> str:
        """Return the path before every address."""
        return self.access.base

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
            "asset": lambda file: view.asset(file, self.base),
            "base": self.base,
            "signs_in": self.access.signs_in,
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

    @property
    def desk(self) -> str | None:
        """Return where the desk is."""
        return self.places.desk

    def message(self, request: Request, status: int, title: str, text: str, actions: Actions = ()) -> Response:
        """Return a page that says one thing, and leads to the *actions*, each an address and what it is called."""
        back = [(self.base, say("fault.back", language_of(request)))]
        return self.page(request, "message", status, title=title, text=text, actions=actions or back)

    async def enter(self, request: Request, *, to_act: bool = False) -> Visitor:
        """Return who may be here, and act where *to_act*; raise `LockedError`, `RefusedError`, `IdentityError`."""
        found = await self.access.visitor(request)
        if found is None:
            raise LockedError
        if to_act and not found.acts:
            raise RefusedError(403, "hub.watching")
        return found


def create(found: Settings, access: Entrance, places: Places) -> FastAPI:
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
    router, prefix = APIRouter(), room.base.rstrip("/")
    _pages(router, room)
    _changes(router, room)
    app.include_router(router, prefix=prefix)
    for route in access.routes():
        app.add_route(f"{prefix}{route.path}", route.endpoint, methods=["GET"], include_in_schema=False)
    if prefix:
        app.add_route(prefix, lambda _request: RedirectResponse(room.base, 302), include_in_schema=False)
    refuse(app, room)
    app.add_middleware(
        Guard, hosts=access.hosts, anywhere={f"{prefix}/healthz"}, secure=access.secure, seen=lambda *_: None
    )
    return app


def _pages(app: APIRouter, room: Room) -> None:
    @app.get("/")
    async def index(request: Request) -> Response:
        """Show the assignments; let in whoever brings the secret, where there is one."""
        access = room.access
        if isinstance(access, Access) and (given := request.query_params.get("token")):
            to_desk = request.query_params.get("next") == "desk" and room.places.desk
            response = RedirectResponse(to_desk or room.base, 303)
            if not access.enter(given, response):
                raise LockedError("used" if access.ticket == "" and to_desk else "text")
            return response
        visitor = await room.enter(request)
        language = language_of(request)
        return await run_in_threadpool(lambda: room.page(request, "index", visitor=visitor, cards=room.cards(language)))

    @app.get("/jobs/{job}")
    async def progress(job: str, request: Request) -> Response:
        """Tell how far a job is."""
        await room.enter(request, to_act=True)
        found = room.jobs.get(job)
        if found is None:
            raise HTTPException(404)
        return JSONResponse(view.told(found, language_of(request), room.log))

    @app.get("/language")
    def language(request: Request) -> Response:
        """Note which language somebody reads, and go back."""
        response = RedirectResponse(inside(request.query_params.get("next", ""), room.base), 303)
        if (wanted := request.query_params.get("to", "")) in LANGUAGES:
            response.set_cookie(
                LANGUAGE, wanted, max_age=365 * 86400, path="/", samesite="lax", secure=room.access.secure
            )
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


def _changes(app: APIRouter, room: Room) -> None:
    @app.post("/assignments/{name}/{action}")
    async def begin(name: str, action: str, request: Request) -> Response:
        """Begin a job on the assignment NAME."""
        visitor = await room.enter(request, to_act=True)
        if request.headers.get("content-type", "").partition(";")[0] != FORM:
            raise RefusedError(415, "fault.refused")
        try:
            form = {
                key: values[0]
                for key, values in parse_qs((await request.body()).decode("utf-8"), max_num_fields=10).items()
            }
        except ValueError as fault:
            raise RefusedError(422, "fault.refused") from fault
        if not room.access.may_change(request, visitor, form.get("xsrf", "")):
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
        if wants_json(request):
            return JSONResponse(view.told(job, language_of(request), room.log), 202)
        return RedirectResponse(f"{room.base}#{quote(name)}", 303)
