"""Many participants in browsers of their own: each signs in through hub and proxy, answers on the desk and hands in.

Each has cookies and connections of its own and an empty cache, and follows every redirect. Where hub or desk is away
they do what a person or the desk's page does: they come again a little later.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import html
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yarl import URL

from benchmarks.desk_load import Took

#: What a page has a browser fetch besides.
ASSET = re.compile(r'<(?:link|script|img)\b[^>]*?\s(?:href|src)="([^"]+\.(?:css|js|svg|png|ico)(?:\?[^"]*)?)"')
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
LOGIN_XSRF = re.compile(r'name="_xsrf"\s+value="([^"]*)"')
PAGE_XSRF = re.compile(r'"xsrf":\s*"([0-9a-f]+)"')
#: Answers that mean: not now.
LATER = {429, 502, 503, 504}
#: Seconds between two tries where nobody said how many.
AGAIN = 1.0


class LostError(Exception):
    """What somebody was answered that they should not have been."""


@dataclass
class Answer:
    """What came, and where from after all redirects."""

    status: int
    address: URL
    text: str
    after: float


@dataclass
class Crowd:
    """All that participants of one site have in common, and what they met with."""

    address: str
    base: str
    release: dict[str, Any]
    responses: dict[str, list[Any]]
    password: str
    #: Seconds within which hub or desk must be back.
    patience: float = 0.0
    cold: bool = True
    signed_in: Took = field(default_factory=Took)
    saved: Took = field(default_factory=Took)
    handed_in: Took = field(default_factory=Took)
    tries: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    requests: int = 0

    @property
    def name(self) -> str:
        """Return the assignment's name."""
        return str(self.release["assignment"])

    @contextlib.asynccontextmanager
    async def browser(self, name: str) -> AsyncIterator[Participant]:
        """Open a browser for the participant *name* and close it."""
        connector = aiohttp.TCPConnector(limit=2, keepalive_timeout=30)
        jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)  # 127.0.0.1 may have cookies, as they were sent
        timeout = aiohttp.ClientTimeout(total=120)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=timeout) as web:
            yield Participant(self, name, web)


@dataclass
class Participant:
    """One person at one browser, and what the desk confirmed to them."""

    crowd: Crowd
    name: str
    web: aiohttp.ClientSession
    confirmed: dict[str, Any] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)
    cache: set[str] = field(default_factory=set)
    xsrf: str = ""

    @property
    def page(self) -> str:
        """Return the address of the assignment."""
        return f"{self.crowd.address}{self.crowd.base}assignments/{self.crowd.name}"

    async def ask(self, method: str, address: str | URL, **more: Any) -> Answer:
        """Return what is answered after all redirects."""
        async with self.web.request(method, address, max_redirects=12, **more) as answer:
            content = await answer.read()
            self.crowd.bytes += len(content)
            self.crowd.requests += 1 + len(answer.history)
            after = answer.headers.get("retry-after", "")
            wait = float(after) if after.isdecimal() else AGAIN
            return Answer(answer.status, answer.url, content.decode("utf-8", "replace"), wait)

    async def show(self, answer: Answer) -> Answer:
        """Fetch what the page of *answer* is made of, as an empty cache does, and return it."""
        wanted = [html.unescape(one) for one in ASSET.findall(answer.text)] if self.crowd.cold else []
        fresh = [one for one in dict.fromkeys(wanted) if one not in self.cache and "//" not in one]
        self.cache.update(fresh)
        for one in await asyncio.gather(*(self.ask("GET", answer.address.join(URL(one))) for one in fresh)):
            if one.status >= 400:
                raise LostError(f"{one.address.path} was answered {one.status}")
        return answer

    async def patiently(self, what: str, act: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return a good answer to *act*, again and again where hub or desk is away; raise `LostError`."""
        until = time.monotonic() + self.crowd.patience
        while True:
            said: Answer | None = None
            try:
                said = await act()
                why = f"was answered {said.status} at {said.address.path}"
            except (aiohttp.ClientError, TimeoutError, LostError) as fault:
                why = f"failed: {fault or type(fault).__name__}"
            if said is not None and said.status < 400:
                return said
            # In the middle of coming back from the hub the desk asks people to open the course again: so they do.
            again = said is None or said.status in LATER or said.address.path.endswith("/oauth_callback")
            if time.monotonic() > until or not again:
                text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", said.text))[:300] if said else ""
                raise LostError(f"{self.name}: {what} {why} {text}")
            self.crowd.tries[what] += 1
            await asyncio.sleep(said.after if said else AGAIN)

    async def sign_in(self) -> None:
        """Ask for the assignment, be led to the hub and back, read the notice, and see the assignment's page."""
        began = time.perf_counter()
        await self.patiently("sign-in", self._sign_in)
        self.crowd.signed_in.times.append(1000 * (time.perf_counter() - began))

    async def _sign_in(self) -> Answer:
        page = await self.ask("GET", self.page)
        if page.address.path.endswith("/hub/login"):
            await self.show(page)
            held = LOGIN_XSRF.search(page.text)
            if not held:
                raise LostError("the login page has no _xsrf")
            form = {"username": self.name, "password": self.crowd.password, "_xsrf": html.unescape(held[1])}
            page = await self.ask("POST", page.address, data=form)
        if page.status < 400 and 'action="' in page.text and page.address.path == URL(self.page).path:
            form = {name: html.unescape(value) for name, value in HIDDEN.findall(page.text)}
            if "xsrf" in form:
                await self.show(page)
                page = await self.ask("POST", f"{self.crowd.address}{self.crowd.base}notice", data=form)
        if page.status >= 400:
            return page
        held = PAGE_XSRF.search(page.text)
        if not held:
            raise LostError(f"{page.address.path} is no assignment's page")
        self.xsrf = held[1]
        return await self.show(page)

    def response(self, item: str) -> Any:
        """Return what this participant chooses in *item*, the same each time it is asked."""
        choices = self.crowd.responses[item]
        digest = hashlib.sha256(f"{self.name}/{item}".encode()).digest()
        return choices[digest[0] % len(choices)]

    async def save(self, item: str) -> None:
        """Answer one item, and remember what was confirmed."""
        began = time.perf_counter()
        body = {
            "release": self.crowd.release["release"],
            "response": self.response(item),
            "confidence": 80,
            "day": datetime.now(UTC).date().isoformat(),
            "language": "en",
        }
        address = f"{self.crowd.address}{self.crowd.base}api/assignments/{self.crowd.name}/responses/{item}"
        await self.patiently("save", lambda: self._change("PUT", address, body))
        self.confirmed[item] = self.response(item)
        self.crowd.saved.times.append(1000 * (time.perf_counter() - began))

    async def hand_in(self) -> None:
        """Hand in, and keep the receipt."""
        began = time.perf_counter()
        token = hashlib.sha256(self.name.encode()).hexdigest()[:32]
        body = {"release": self.crowd.release["release"], "token": token, "language": "en"}
        address = f"{self.crowd.address}{self.crowd.base}api/assignments/{self.crowd.name}/hand-in"
        answer = await self.patiently("hand-in", lambda: self._change("POST", address, body))
        found = re.search(r'"sha256":\s*"([0-9a-f]{64})"', answer.text)
        if not found:
            raise LostError(f"{self.name}: the hand-in has no receipt")
        self.receipts.append(found[1])
        self.crowd.handed_in.times.append(1000 * (time.perf_counter() - began))

    async def _change(self, method: str, address: str, body: dict[str, Any]) -> Answer:
        headers = {"x-xsrf-token": self.xsrf, "sec-fetch-site": "same-origin"}
        return await self.ask(method, address, json=body, headers=headers, allow_redirects=False)
