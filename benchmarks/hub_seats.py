"""Seats for the benchmark of the hub: one after the other, at work, and many asked for at once."""

from __future__ import annotations

import asyncio
import json
import pwd
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import psutil

from benchmarks.hub_people import ASSIGNMENT, MB, Meter
from tests.hub.crowd import Crowd
from tests.hub.storm import sign_in, start, storm

#: Seats that are started one after the other; so many run when they are looked at.
ALONE = 5
#: How often a seat says that it is in use.
POSTS = 300
#: Seconds for which nobody types, and for a cell, and for a seat.
REST, CELL, PATIENCE = 10.0, 60.0, 400.0


class SeatError(Exception):
    """A seat is not what was meant to be measured."""


def own(name: str) -> list[psutil.Process]:
    """Return the processes of the account *name*, the server first."""
    uid = pwd.getpwnam(name).pw_uid
    found = [one for one in psutil.process_iter() if _uid(one) == uid]
    return sorted(found, key=lambda one: one.create_time())


def _uid(process: psutil.Process) -> int:
    try:
        return process.uids().real
    except psutil.NoSuchProcess:
        return -1


def spent(name: str) -> float:
    """Return the CPU seconds of all that *name* runs or ran."""
    times = [one.cpu_times() for one in own(name)]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


def memory(name: str, kind: str) -> float:
    """Return the MB of all that *name* runs: `pss` counts what is shared in parts, `rss` whole."""
    return sum(getattr(one.memory_full_info(), kind) for one in own(name)) / MB


def token(name: str) -> str:
    """Return the token that the hub gave the seat of *name*."""
    return next(held for one in own(name) if (held := one.environ().get("JUPYTERHUB_API_TOKEN")))


async def alone(meter: Meter, crowd: Crowd, names: list[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Return what a seat takes: *names* get theirs one after the other, open the assignment and run its cells."""
    seconds, cpu, row = [], [], {}
    hub = 0.0
    for number, name in enumerate(names, 1):
        say(f"Seat {number} of {len(names)} …")
        async with crowd.browser(name) as person:
            await sign_in(person)
            part: dict[str, float] = {}
            with meter.count(part, 1, "hub"):
                seconds.append((await start(person, PATIENCE)).seconds)
            hub += part["hub_cpu"]
            cpu.append(spent(name))
    server = {kind: statistics.mean(memory(name, kind) for name in names) for kind in ("pss", "rss")}
    say("Each opens the assignment and runs its cells …")
    for name in names:
        await run(meter, name)
    row |= {
        "seconds": quartiles(seconds),
        "cpu": statistics.median(cpu),
        "hub_cpu": hub / len(names),
        "server_pss_mb": server["pss"],
        "server_rss_mb": server["rss"],
        "pss_mb": statistics.mean(memory(name, "pss") for name in names),
        "rss_mb": statistics.mean(memory(name, "rss") for name in names),
        "work_cpu": statistics.mean(spent(name) for name in names) - statistics.mean(cpu),
    }
    row["home_bytes"] = statistics.mean(_size(meter.site.home(name)) for name in names)
    say(f"Nobody types for {REST:.0f} s …")
    before = sum(spent(name) for name in names)
    await asyncio.sleep(REST)
    row["idle_cpu"] = max(0.0, sum(spent(name) for name in names) - before) / REST / len(names)
    row["activity_cpu"] = await _posts(meter, names, say)
    return row


async def _posts(meter: Meter, names: list[str], say: Callable[[str], None]) -> float:
    """Return the hub's CPU seconds when a seat says that it is in use, as the seat's server says it."""
    say("Seats say that they are in use …")
    row: dict[str, float] = {}
    tokens = {name: token(name) for name in names}
    async with aiohttp.ClientSession() as web:
        with meter.count(row, POSTS, "hub"):
            for number in range(POSTS):
                name = names[number % len(names)]
                at = (datetime.now(UTC) + timedelta(seconds=number)).isoformat()  # each later than the one before
                body = {"servers": {"": {"last_activity": at}}, "last_activity": at}
                headers = {"authorization": f"token {tokens[name]}"}
                address = f"{meter.site.site.api}/users/{name}/activity"
                async with web.post(address, json=body, headers=headers) as answer:
                    if answer.status != 200:
                        raise SeatError(f"the hub answered {answer.status} to a report")
    return row["hub_cpu"]


async def run(meter: Meter, name: str) -> None:
    """Open the assignment's notebook in the seat of *name* and run all its cells; raise `SeatError`."""
    [path] = (meter.site.home(name) / "singmuk" / ASSIGNMENT).glob("*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    made = await asyncio.to_thread(
        meter.site.ask, "POST", f"users/{name}/tokens", json={"scopes": [f"access:servers!user={name}"]}
    )
    base = f"{meter.site.site.address}/user/{name}"
    headers = {"authorization": f"token {made.json()['token']}"}
    place = f"{ASSIGNMENT}/{path.name}"
    asked = {"path": place, "name": path.name, "type": "notebook", "kernel": {"name": "python3"}}
    async with aiohttp.ClientSession(headers=headers) as web:
        async with web.post(f"{base}/api/sessions", json=asked) as answer:
            if answer.status != 201:
                raise SeatError(f"{name}: a kernel was answered {answer.status}")
            kernel = (await answer.json())["kernel"]["id"]
        async with web.ws_connect(f"{base}/api/kernels/{kernel}/channels", max_msg_size=0) as line:
            for text in code:
                await asyncio.wait_for(_cell(line, text), CELL)


async def _cell(line: aiohttp.ClientWebSocketResponse, text: str) -> None:
    number = uuid4().hex
    header = {
        "msg_id": number, "msg_type": "execute_request", "session": "benchmark", "username": "", "version": "5.3",
        "date": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    content = {"code": text, "silent": False, "store_history": True, "allow_stdin": False}
    await line.send_json(
        {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    )
    async for message in line:
        if message.type != aiohttp.WSMsgType.TEXT:
            continue
        found = json.loads(message.data)
        if found["parent_header"].get("msg_id") != number:
            continue
        if found["msg_type"] == "error":
            raise SeatError(f"a cell failed: {found['content']['ename']}: {found['content']['evalue']}")
        if found["msg_type"] == "status" and found["content"]["execution_state"] == "idle":
            return
    raise SeatError("the kernel has gone")


async def at_once(crowd: Crowd, names: list[str], limit: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return when the first and the last of *names* had a seat, all of whom asked at once."""
    say(f"{len(names)} ask for a seat at once, {limit} may start …")
    began = time.monotonic()
    found = await storm(crowd, names, PATIENCE)
    return {
        "at_once": len(names),
        "limit": limit,
        "first": found[0].seconds,
        "median": statistics.median(one.seconds for one in found),
        "last": found[-1].seconds,
        "told_later": sum(one.told_later for one in found),
        "whole": time.monotonic() - began,
    }


async def end(meter: Meter, names: list[str]) -> None:
    """End the seats of *names*, all at once: one after the other, each would take seconds."""
    asked = (asyncio.to_thread(meter.site.ask, "DELETE", f"users/{name}/server") for name in names)
    await asyncio.gather(*asked, return_exceptions=True)  # one that takes long is ended with the site


def quartiles(values: list[float]) -> dict[str, float]:
    """Return the quartiles of *values*."""
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return {"lower": lower, "median": median, "upper": upper}


def _size(folder: Path) -> int:
    """Return the bytes that the files below *folder* take on the disk."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))
