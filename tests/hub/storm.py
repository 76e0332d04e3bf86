"""Participants who ask for a seat: each signs in, presses the button, waits as the hub's page does, sees JupyterLab.

Who finds too many starting (429) gets a page that asks again by itself; they ask when it would.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from tests.hub.crowd import LOGIN_XSRF, Answer, Crowd, LostError, Participant

#: What the page asks again by, see singmuk/hub/templates/error.html.
SECONDS = re.compile(r'id="again"[^>]* data-seconds="(\d+)"')
EVENTS = re.compile(r'new EventSource\("([^"]+)"')


@dataclass(frozen=True)
class Started:
    """How somebody came to a seat: after how many seconds, told to come again how many times."""

    name: str
    seconds: float
    told_later: int


async def sign_in(person: Participant) -> None:
    """Sign *person* in at the hub; raise `LostError`."""
    page = await person.ask("GET", f"{person.crowd.address}/hub/login")
    held = LOGIN_XSRF.search(page.text)
    if not held:
        raise LostError("the login page has no _xsrf")
    form = {"username": person.name, "password": person.crowd.password, "_xsrf": html.unescape(held[1])}
    home = await person.ask("POST", page.address, data=form)
    if home.status != 200:
        raise LostError(f"{person.name}: signing in was answered {home.status} at {home.address.path}")


async def start(person: Participant, patience: float) -> Started:
    """Return once *person*, who is signed in, sees JupyterLab; raise `LostError` when refused or after *patience*."""
    began, told = time.monotonic(), 0
    lab = f"{person.crowd.address}/user/{person.name}/lab"
    while True:
        page = await person.ask("GET", f"{person.crowd.address}/hub/spawn")
        if page.status == 429:
            told, wait = told + 1, SECONDS.search(page.text)
            if not wait or time.monotonic() + int(wait[1]) - began > patience:
                raise LostError(f"{person.name}: told to come again {told} times within {patience:.0f} s: {said(page)}")
            await asyncio.sleep(int(wait[1]))
            continue
        if page.status >= 400:
            raise LostError(f"{person.name}: asking for a seat was answered {page.status}: {said(page)}")
        if "spawn-pending" in page.address.path:
            await asyncio.wait_for(_progress(person, page), patience)
        page = await person.ask("GET", lab)
        if page.status == 200 and "jupyter-config-data" in page.text:
            return Started(person.name, time.monotonic() - began, told)
        if page.status not in (200, 424, 503) or time.monotonic() - began > patience:
            raise LostError(f"{person.name}: the seat was answered {page.status} at {page.address.path}: {said(page)}")
        await asyncio.sleep(1)


async def _progress(person: Participant, page: Answer) -> None:
    """Follow the hub's events until the seat is ready; raise `LostError` when it failed."""
    found = EVENTS.search(page.text)
    if not found:  # ready by now
        return
    address = person.crowd.address + html.unescape(found[1])
    async with person.web.get(address, timeout=aiohttp.ClientTimeout(total=None)) as stream:
        async for line in stream.content:
            if line.startswith(b"data: "):
                event = json.loads(line[6:])
                if event.get("failed"):
                    raise LostError(f"{person.name}: {event.get('message')}")
                if event.get("ready"):
                    return


def said(page: Answer) -> str:
    """Return the words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page.text, flags=re.DOTALL))[:300]


async def storm(crowd: Crowd, names: Sequence[str], patience: float) -> list[Started]:
    """Let *names* sign in, then all ask for a seat at once; return how each came to it, the first one first."""

    async def one(name: str, ready: asyncio.Barrier) -> Started:
        async with crowd.browser(name) as person:
            await sign_in(person)
            await ready.wait()
            return await start(person, patience)

    barrier = asyncio.Barrier(len(names))
    return sorted(await asyncio.gather(*(one(name, barrier) for name in names)), key=lambda found: found.seconds)
