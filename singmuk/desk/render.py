"""How the desk's pages are made: templates, words, and the language somebody reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from singmuk.desk.assets import asset
from singmuk.desk.identity import Person
from singmuk.desk.service import LANGUAGE, Service
from singmuk.desk.words import say, words
from singmuk.face import exercise, inline_json
from singmuk.lang import LANGUAGES

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the templates; what is filled in is escaped, and what is missing is a fault."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["inline_json"] = lambda value: Markup(inline_json(value))
    environment.filters["plain"] = exercise.plain
    return environment


def language_of(request: Request) -> str:
    """Return the language that somebody chose, or that their browser asks for."""
    chosen = request.cookies.get(LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    wanted = request.headers.get("accept-language", "").lower()
    first = re.match(r"\s*([a-z]{1,8})", wanted)
    return "zh" if first and first.group(1) in ("zh", "yue") else "en"


def page(
    service: Service, request: Request, template: str, person: Person | None, status: int = 200, **given_: Any
) -> Response:
    """Return the page from the *template*, with what every page knows."""
    language = language_of(request)
    settings = service.settings
    trainer = person is not None and person.role == "trainer"
    context: Mapping[str, Any] = {
        "language": language,
        "tag": LANGUAGES[language],
        "say": lambda place, **values: say(place, language, **values),
        "base": settings.base,
        "asset": partial(asset, settings.base),
        "path": quote(request.url.path, safe="/"),
        "role": person.role if person else None,
        "room": settings.room if trainer else None,
        "contact": getattr(settings.contact, language) if settings.contact else None,
        **given_,
    }
    text = templates().get_template(f"{template}.html").render(context)
    return service.keep_session(request, Response(text, status, media_type="text/html"))


def message(service: Service, request: Request, status: int, error: str, **more: Any) -> Response:
    """Return the page that says why something is not so, and where to go."""
    language = language_of(request)
    known = error if error in words()["errors"] else "other"
    base = service.settings.base
    actions = [{"href": f"{base}my", "text": say("errors.back", language)}]
    if login := more.get("login"):
        actions.insert(0, {"href": login, "text": say("errors.sign-in", language)})
    # The way back from signing in can be gone once only: who changes the language there begins again, and reads why.
    own = {f"{base}{route.path.removeprefix('/')}" for route in service.identity.routes()}
    here = {"path": f"{base}my"} if request.url.path in own else {}
    return page(
        service, request, "message", None, status,
        title=say(f"errors.{known}-title", language), heading=say(f"errors.{known}-title", language),
        text=say(f"errors.{known}", language), actions=actions, **here,
    )  # fmt: skip


def with_ways(feedback: str, base: str, name: str) -> str:
    """Return the page of *feedback* with the ways to *my course* and to the assignment *name*.

    The page shows one of its languages at a time, and of the ways those in that language. It looks as its own style
    sheet says: another one its policy does not let in.
    """
    ways = templates().get_template("ways.html").render(base=base, name=name, say=say, languages=LANGUAGES.items())
    return re.sub(r"<body[^>]*>", lambda found: found.group(0) + ways, feedback, count=1)


def inside(after: str, base: str) -> str:
    """Return *after* when it is an address of the desk, else its first page: nobody is led elsewhere."""
    plain = re.fullmatch(r"/[A-Za-z0-9._~%/-]*", after)
    read = unquote(after)  # as a browser reads it: %2e%2e is .. as well
    return after if plain and after.startswith(base) and "//" not in read and "/.." not in read else base
