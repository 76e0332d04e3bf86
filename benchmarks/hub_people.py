"""People for the benchmark of the hub: they sign in through hub and proxy, answer on the desk, and are counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import psutil
from jupyterhub import orm
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.desk_load import Took
from tests.hub.crowd import Crowd, Participant
from tests.hub.site import Running

#: Who signs in: how many at once, and how many in all.
TOGETHER = {1: 20, 20: 100, 100: 200}
#: How often the hub is asked whose a token is.
CHECKS = 300
#: Seconds for which nothing is asked, to see what is used then.
REST = 3.0
ASSIGNMENT = "pdpo-basics"
#: Seconds for which people try again where hub or desk is too busy to answer; how often is counted.
PATIENCE = 300.0
MB = 1e6


def names() -> Iterator[tuple[int, list[str]]]:
    """Yield who signs in together with how many."""
    for together, people in TOGETHER.items():
        yield together, [f"crowd-{together}-{number}" for number in range(people)]


def config() -> str:
    """Return what lets them in: they are on the roster, and need no account of this machine."""
    everybody = [name for _, some in names() for name in some]
    return f"""
PEOPLE = {everybody!r}
c.JupyterHub.load_groups["singmuk-participants"]["users"] += PEOPLE
c.Authenticator.allowed_users |= set(PEOPLE)
"""


@dataclass
class Meter:
    """Counts the CPU seconds of the programs of a site, and of its database server where there is one."""

    site: Running
    database: int | None = None

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Return the processes of each program; the hub's culler is its own program and not counted."""
        found = {name: [psutil.Process(one.pid)] for name, one in self.site.processes.items()}
        if self.database:
            server = psutil.Process(self.database)
            found["database"] = [server, *server.children(recursive=True)]
        return found

    def spent(self) -> dict[str, float]:
        """Return the CPU seconds until now by program."""
        told = {}
        for name, some in self.processes().items():
            seconds = 0.0
            for one in some:
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = one.cpu_times()
                    seconds += times.user + times.system
                    # Connections of PostgreSQL that are closed count with their parent.
                    seconds += times.children_user + times.children_system if name == "database" else 0.0
            told[name] = seconds
        return told

    def memory(self) -> dict[str, float]:
        """Return the MB of hub and proxy, what they share with others counted in parts."""
        found = self.processes()
        return {f"{name}_mb": found[name][0].memory_full_info().pss / MB for name in ("hub", "proxy")}

    @contextlib.contextmanager
    def count(self, into: dict[str, Any], each: int, *programs: str) -> Iterator[None]:
        """Put the CPU seconds of the *programs* for one of *each* into *into*."""
        before = self.spent()
        yield
        after = self.spent()
        for name in programs:
            into[f"{name}_cpu"] = max(0.0, after.get(name, 0.0) - before.get(name, 0.0)) / each


def crowd(site: Running, responses: dict[str, list[Any]]) -> Crowd:
    """Return a crowd for *site*."""
    release = json.loads((site.course / "exercises" / ASSIGNMENT / "items.json").read_text(encoding="utf-8"))
    base = site.hosted.campaign.prefix("desk")
    return Crowd(site.address.rstrip("/"), base, release, responses, site.password, PATIENCE)


def size(url: str) -> int:
    """Return the bytes of the database at *url*."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(str(address.database))) as file:
            return int(file.execute("pragma page_count").fetchone()[0] * file.execute("pragma page_size").fetchone()[0])
    engine = create_engine(address)
    with engine.connect() as connection:
        found = int(connection.execute(text("select pg_database_size(current_database())")).scalar_one())
    engine.dispose()
    return found


@contextlib.asynccontextmanager
async def _together(some: list[Participant], act: Callable[[Participant], Any], most: int) -> AsyncIterator[Took]:
    """Let each of *some* act, *most* at a time, and yield when all have."""
    turn, took = asyncio.Semaphore(most), Took()

    async def one(person: Participant) -> None:
        async with turn:
            began = time.perf_counter()
            await act(person)
            took.times.append(1000 * (time.perf_counter() - began))

    began = time.perf_counter()
    await asyncio.gather(*(one(person) for person in some))
    took.seconds = time.perf_counter() - began
    yield took


def bare(url: str) -> int:
    """Return the bytes of a hub's database at *url*, made with all its tables and nobody in it."""
    logging.disable(logging.INFO)  # it would tell of its tables
    orm.new_session_factory(url)().close()
    logging.disable(logging.NOTSET)
    return size(url)


async def people(meter: Meter, found: Crowd, databases: dict[str, str], say: Callable[[str], None]) -> dict[str, Any]:
    """Return what sign-ins, answers and questions take on a site.

    Its *databases* are the hub's, the desk's, and a `bare` one for a hub without people.
    """
    rows: dict[str, Any] = {"sign_in": {}, "answer": {}, "check": {}}
    await asyncio.sleep(REST)
    rows["idle"] = meter.memory()
    before, nobody = size(databases["desk"]), bare(databases["bare"])
    count = 0
    async with contextlib.AsyncExitStack() as stack:
        some: list[Participant] = []
        for together, those in names():
            say(f"{together} at once: sign-ins …")
            some = [await stack.enter_async_context(found.browser(name)) for name in those]
            count += len(some)
            row: dict[str, Any] = {}
            loaded = found.bytes
            with meter.count(row, len(some), "hub", "proxy", "desk", "database"):
                async with _together(some, Participant.sign_in, together) as took:
                    row |= took.row() | {"seconds": took.seconds}
            row["bytes"] = (found.bytes - loaded) / len(some)
            rows["sign_in"][str(together)] = row
        rows["people"] = meter.memory()
        rows["people_count"] = count
        signed_in = {name: size(url) for name, url in databases.items()}
        say(f"{len(some)} answer and hand in …")
        row = rows["answer"]
        with meter.count(row, len(some) * len(found.responses), "hub", "proxy", "desk", "database"):
            async with _together(some, _answer, len(some)) as took:
                row["seconds"] = took.seconds
        row["people"] = len(some)
        found.saved.seconds = row["seconds"]
        row |= found.saved.row()
        answered = size(databases["desk"])
        rows["tried_again"] = sum(found.tries.values())
        rows["check"] = await _checks(meter, some[0].name, say)
    rows["hub_empty"] = nobody
    rows["hub_bytes"] = (signed_in["hub"] - nobody) / count  # seats' owners are there as well, too few to matter
    rows["desk_bytes"] = (signed_in["desk"] - before) / count + (answered - signed_in["desk"]) / len(some)
    return rows


async def _answer(person: Participant) -> None:
    for item in person.crowd.responses:
        await person.save(item)
    await person.hand_in()


async def _checks(meter: Meter, name: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Return what it takes the hub to say whose a token is, asked as the desk asks."""
    say("The hub says who somebody is …")
    site = meter.site
    made = await asyncio.to_thread(site.ask, "POST", f"users/{name}/tokens", json={"note": "benchmark"})
    headers = {"authorization": f"token {made.json()['token']}"}
    row: dict[str, Any] = {}
    async with aiohttp.ClientSession(headers=headers) as web:
        with meter.count(row, CHECKS, "hub", "database"):
            for _ in range(CHECKS):
                async with web.get(f"{site.site.api}/user") as answer:
                    if answer.status != 200 or (await answer.json())["name"] != name:
                        raise RuntimeError(f"the hub answered {answer.status} on a token")
    return row


def load() -> float:
    """Return how busy the machine is: the mean number of programs that wanted to run in the last minute."""
    return os.getloadavg()[0]
