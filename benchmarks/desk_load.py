"""Participants for the benchmark of the desk: they open the page, save each answer, hand in, and check what is kept."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import aiohttp

from singmuk.desk.secret import Secret

SESSION = "a" * 32


@dataclass
class Took:
    """Milliseconds that each request took, and how many came in how many seconds."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def at(self, share: float) -> float:
        """Return the time in milliseconds within which the *share* of requests was answered."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def row(self) -> dict[str, float]:
        """Return what is told of it."""
        return {
            "requests": len(self.times),
            "per_second": len(self.times) / self.seconds,
            "p50": self.at(0.5),
            "p99": self.at(0.99),
        }


class Crowd:
    """Many participants of one desk, who answer always the same way."""

    def __init__(self, address: str, release: dict[str, Any], responses: dict[str, list[Any]], secret: Secret) -> None:
        self.address, self.release, self.responses, self.secret = address, release, responses, secret
        self.name = release["assignment"]
        self.items = list(responses)
        self.refused = 0

    def session(self) -> aiohttp.ClientSession:
        """Return the connections of all."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        timeout = aiohttp.ClientTimeout(total=120)
        return aiohttp.ClientSession(
            self.address, connector=connector, timeout=timeout, cookies={"singmuk-session": SESSION}
        )

    def headers(self, person: str) -> dict[str, str]:
        """Return what the browser of *person* sends with a change."""
        return {"x-person": person, "x-xsrf-token": self.secret.xsrf(SESSION, person)}

    def response(self, person: str, item: str) -> Any:
        """Return what *person* chooses in *item*, the same each time it is asked."""
        choices = self.responses[item]
        digest = hashlib.sha256(f"{person}/{item}".encode()).digest()
        return choices[digest[0] % len(choices)]

    async def save(self, web: aiohttp.ClientSession, person: str, item: str) -> None:
        """Save one answer."""
        body = {
            "release": self.release["release"],
            "response": self.response(person, item),
            "confidence": 80,
            "day": date.today().isoformat(),
            "language": "en",
        }
        await self._sent(
            web.put(f"/api/assignments/{self.name}/responses/{item}", json=body, headers=self.headers(person))
        )

    async def hand_in(self, web: aiohttp.ClientSession, person: str) -> None:
        """Hand in."""
        token = hashlib.sha256(person.encode()).hexdigest()[:32]
        body = {"release": self.release["release"], "token": token, "language": "en"}
        await self._sent(web.post(f"/api/assignments/{self.name}/hand-in", json=body, headers=self.headers(person)))

    async def open(self, web: aiohttp.ClientSession, person: str) -> None:
        """Open the assignment's page."""
        await self._sent(web.get(f"/assignments/{self.name}", headers={"x-person": person}))

    async def _sent(self, request: Any) -> None:
        async with request as answer:
            await answer.read()
            if answer.status != 200:
                self.refused += 1

    async def at_once(self, people: int, seconds: float, act: Callable[..., Awaitable[None]], rate: float = 0) -> Took:
        """Let *people* act for *seconds*, each as soon as they were answered, or together *rate* times a second."""
        took = Took()
        ends = time.perf_counter() + seconds
        last = 0.0
        chance = random.Random(people)

        async def one(web: aiohttp.ClientSession, number: int) -> None:
            nonlocal last
            count = 0
            if rate:
                await asyncio.sleep(min(chance.expovariate(rate / people), seconds))
            while (began := time.perf_counter()) < ends:
                await act(web, f"p{number}", self.items[count % len(self.items)])
                last = time.perf_counter()
                took.times.append(1000 * (last - began))
                count += 1
                if rate:  # whoever thinks beyond the end is not waited for
                    await asyncio.sleep(min(chance.expovariate(rate / people), max(0.0, ends - last)))

        async with self.session() as web:
            began = time.perf_counter()
            await asyncio.gather(*(one(web, number) for number in range(people)))
            took.seconds = last - began
        return took

    async def campaign(self, people: int, together: int) -> Took:
        """Let *people* open the page, answer every item and hand in, *together* at a time."""
        took = Took()
        waiting = asyncio.Queue[str]()
        for number in range(people):
            waiting.put_nowait(f"c{number}")

        async def one(web: aiohttp.ClientSession) -> None:
            while not waiting.empty():
                person = waiting.get_nowait()
                await self.open(web, person)
                for item in self.items:
                    began = time.perf_counter()
                    await self.save(web, person, item)
                    took.times.append(1000 * (time.perf_counter() - began))
                await self.hand_in(web, person)

        async with self.session() as web:
            began = time.perf_counter()
            await asyncio.gather(*(one(web) for _ in range(together)))
            took.seconds = time.perf_counter() - began
        return took
