"""The desk's own pages: my course, an assignment, its receipts and feedback, and the book."""

from collections.abc import Mapping
from itertools import takewhile
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from singmuk.desk import policy
from singmuk.desk.assets import assets
from singmuk.desk.identity import Person
from singmuk.desk.order import in_order, measures
from singmuk.desk.render import inside, language_of, page, with_ways
from singmuk.desk.service import LANGUAGE, Refused, Service, Serving, Who, given, wait
from singmuk.desk.words import say
from singmuk.face import exercise
from singmuk.kinds.write import LONGEST
from singmuk.lang import LANGUAGES
from singmuk.markdown import html
from singmuk.responses import LARGEST

router = APIRouter(include_in_schema=False)


@router.get("/")
async def door(service: Serving) -> Response:
    """Lead to the first page."""
    return RedirectResponse(f"{service.settings.base}my", 302)


@router.get("/my")
async def my(request: Request, person: Who, service: Serving) -> Response:
    """Show what there is to do, and how far it has come."""
    language = language_of(request)
    contents = service.book.contents(language)
    modules = _modules(contents, service.settings.base, language)
    assignments = await _assignments(service, person, contents)
    own = {name for part in modules["parts"] for name in part["assignments"]}
    first = list(takewhile(lambda one: own and one["name"] not in own, assignments))
    return page(
        service, request, "my", person, title=say("my.title", language), assignments=assignments, modules=modules,
        first=first, rest=[one for one in assignments[len(first):] if one["name"] not in own],
    )  # fmt: skip


@router.get("/assignments/{name}")
async def assignment(name: str, request: Request, person: Who, service: Serving) -> Response:
    """Show the assignment NAME; the first time, what is collected."""
    release = service.release(name)
    language = language_of(request)
    notice = getattr(service.settings.notice, language)
    both = service.settings.notice.model_dump_json()
    if not await run_in_threadpool(service.store.told, person.participant, both):
        return page(
            service, request, "notice", person, title=say("notice.title", language), notice=Markup(html(notice)),
            action=f"{service.settings.base}notice", xsrf=service.xsrf(request, person),
            next=f"{service.settings.base}assignments/{name}",
        )  # fmt: skip
    sitting, carried = await service.sitting(person, release)
    closes = service.closes(name)
    data = release.public() | {
        "base": service.settings.base,
        "largest": LARGEST,
        "longest": LONGEST,
        "language": language,
        "seed": service.secret.seed(person.participant, name),
        "xsrf": service.xsrf(request, person),
        "given": given(sitting),
        "revision": sitting.revision,
        "receipts": await service.receipts(person, name),
        "closes": closes.isoformat() if closes else None,
        "closed": service.closed(name),
        "carried": carried,
        "feedback": name in await service.feedback(person),
    }
    title = exercise.plain(release.content["title"][language])
    return page(service, request, "assignment", person, title=title, data=data)


@router.post("/notice")
async def told(request: Request, person: Who, service: Serving) -> Response:
    """Note that the notice was read, and go on."""
    body = await request.body()
    try:
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError as fault:
        raise Refused(422, "refused") from fault
    service.check_change(request, person, form.get("xsrf", [""])[0])
    await wait(service.store.tell(person.participant, service.settings.notice.model_dump_json()))
    return RedirectResponse(inside(form.get("next", [""])[0], service.settings.base), 303)


@router.get("/assignments/{name}/receipts/{number}")
async def receipt(name: str, number: str, request: Request, person: Who, service: Serving) -> Response:
    """Show a receipt, to be kept or printed."""
    release = service.release(name)
    receipts = await service.receipts(person, name)
    found = next((one for one in receipts if str(one["number"]) == number), None)
    if found is None:
        raise Refused(404, "receipt")
    title = exercise.plain(release.content["title"][language_of(request)])
    return page(service, request, "receipt", person, title=title, receipt=found, newest=found is receipts[0])


@router.get("/assignments/{name}/feedback")
async def feedback(name: str, request: Request, person: Who, service: Serving) -> Response:
    """Show what was released, or say that nothing is."""
    release = service.release(name)
    found = await run_in_threadpool(service.store.page, person.participant, name)
    if found is None:
        title = exercise.plain(release.content["title"][language_of(request)])
        handed = bool(await service.receipts(person, name))
        return page(service, request, "waiting", person, title=title, name=name, handed_in=handed)
    html_ = with_ways(found, service.settings.base, name)
    headers = {"Content-Security-Policy": policy.of_page(html_), "Cache-Control": "no-store"}
    return Response(html_, media_type="text/html", headers=headers)


@router.get("/assignments/{name}/plain")
async def plain(name: str, request: Request, person: Who, service: Serving) -> Response:
    """Show the assignment NAME to read, where nothing live can be shown."""
    release = service.release(name)
    language = language_of(request)
    return page(
        service, request, "plain", person, title=exercise.plain(release.content["title"][language]),
        introduction=release.content["introduction"][language], name=name, items=release.public()["items"],
    )  # fmt: skip


@router.get("/language")
async def language(request: Request, service: Serving) -> Response:
    """Keep the language that was chosen, and go back."""
    wanted = request.query_params.get("to", "")
    if wanted not in LANGUAGES:
        raise Refused(404, "unknown")
    response = RedirectResponse(inside(request.query_params.get("next", ""), service.settings.base), 303)
    response.set_cookie(
        LANGUAGE,
        wanted,
        path="/",
        max_age=365 * 86400,
        samesite="lax",
        secure=service.settings.secure,
        httponly=True,
    )
    return response


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Give one of the desk's own files."""
    if name not in assets():
        raise Refused(404, "unknown")
    content, kind = assets()[name]
    # The address holds a hash of the content, so that it never changes.
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Give the icon to a page that names none."""
    content, kind = assets()["logo.svg"]
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/book")
async def book_door(request: Request, service: Serving) -> Response:
    """Lead to the book in the reader's language."""
    return RedirectResponse(f"{service.settings.base}book/{'zh/' if language_of(request) == 'zh' else ''}", 302)


@router.get("/book/{path:path}")
async def book(path: str, service: Serving) -> Response:
    """Give a page or a file of the book."""
    found = await run_in_threadpool(service.book.answer, path)
    if found is None:
        raise Refused(404, "page" if service.book.there() else "book")
    return found


async def _assignments(service: Service, person: Person, contents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return how far *person* has come in each assignment, in the order of the book."""
    begun = await run_in_threadpool(service.store.begun, person.participant)
    receipts = await run_in_threadpool(service.store.receipts, person.participant)
    released = await service.feedback(person)
    listed = []
    for release in in_order(service.releases.all(), contents):
        name = release.name
        answers = begun.get((name, release.id), {})
        mine = [one for one in receipts if one.assignment == name]
        points, _, passed = released.get(name, (None, None, None))
        state = "feedback" if name in released else "handed-in" if mine else "begun" if any(
            one is not None for one in answers.values()
        ) else "untouched"  # fmt: skip
        closes = service.closes(name)
        listed.append(
            {
                "name": name,
                "title": release.content["title"],
                "introduction": release.content["introduction"],
                "items": len(release.items),
                "points": release.content["points"],
                "pass_points": release.content["pass_mark"]["points"],
                "compare": measures(release),
                "state": state,
                "whole": release.whole(answers),
                "closes": closes.isoformat() if closes else None,
                "closed": service.closed(name),
                "receipts": len(mine),
                "feedback": name in released,
                "points_earned": points,
                "passed": passed,
            }
        )
    return listed


def _modules(contents: Mapping[str, Any], base: str, language: str) -> dict[str, Any]:
    """Return the book's parts with addresses on the desk, for the script that shows what was read on this device."""
    place = f"{base}book/{'zh/' if language == 'zh' else ''}"
    parts = [
        {
            "caption": part["caption"],
            "pages": [one | {"href": place + one["href"]} for one in part["pages"]],
            "scenarios": part["scenarios"],
            "assignments": part["assignments"],
            "href": place + part["pages"][0]["href"],
        }
        for part in contents.get("parts", [])
        if part["scenarios"]
    ]
    starts = [
        {"href": place + one["href"], "title": one["title"]}
        for part in contents.get("parts", [])
        if part["assignments"] and not part["scenarios"]
        for one in part["pages"]
    ]
    return {
        "course": contents.get("course"), "version": contents.get("version"), "parts": parts, "starts": starts,
        "book": place,
    }  # fmt: skip
