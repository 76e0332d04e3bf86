"""What stands before every request: size, deadline, rate and host are checked, every answer wears its headers."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from singmuk import responses
from singmuk.desk import policy

#: The longest text of a written task, in the longest spelling that JSON has, fits.
LARGEST_BODY = 256 * 1024
#: A notebook hands in its whole file, which may be as large as one that comes by nbgrader's exchange.
FILE = re.compile(r"/api/assignments/[^/]+/file$")
#: Seconds for a body to arrive.
DEADLINE = 10.0
#: Characters of an address.
LONGEST_ADDRESS = 2_000
LOG = logging.getLogger("singmuk.desk")


class TooLargeError(Exception):
    """A body of more bytes than any that the page sends."""


class TooSlowError(Exception):
    """A body that does not arrive in time."""


class Bucket:
    """How many changes somebody may still make now; it fills up as time goes by."""

    def __init__(self, per_minute: int, people: int = 100_000) -> None:
        self._per_second = per_minute / 60
        self._most = float(per_minute)
        self._people = people
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str, now: float | None = None) -> float:
        """Return 0.0 when *who* may go on, else the seconds after which they may."""
        now = time.monotonic() if now is None else now
        left, at = self._left.pop(who, (self._most, now))
        left = min(self._most, left + (now - at) * self._per_second)
        wait = 0.0 if left >= 1 else (1 - left) / self._per_second
        self._left[who] = (left - 1 if wait == 0 else left, now)
        if len(self._left) > self._people:
            self._left.popitem(last=False)
        return wait


class Guard:
    """The desk's outermost layer."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str] | None,
        secure: bool,
        seen: Any,
        anywhere: Collection[str] = (),
        failed: Callable[[Request], Response] | None = None,
    ) -> None:
        """Guard *app*: it is asked by one of *hosts*, but for the addresses that count *anywhere*.

        Each answer is *seen*; *failed* makes the one to a fault of the program, which is raised where it is None.
        """
        self._app, self._hosts, self._anywhere, self._secure, self._seen = app, hosts, anywhere, secure, seen
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def wear(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in policy.HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", policy.text(policy.OWN))
                headers.setdefault("Cache-Control", "no-store")
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        refused = self._refused(scope)
        try:
            if refused:
                await _say(wear, *refused)
            else:
                await self._app(scope, _bounded(receive, largest(scope)), wear)
        except TooLargeError:
            if not status:
                await _say(wear, 413, "large")
        except TooSlowError:
            if not status:
                await _say(wear, 408, "slow")
        except Exception as fault:
            if self._failed is None:
                raise
            # Of its message nothing is kept: it may hold what somebody wrote.
            LOG.error(json.dumps({"fault": type(fault).__name__, "at": _place(fault)}))
            if not status:
                await _fail(self._failed, scope, receive, wear)
        finally:
            route = scope.get("route")
            # The template of the address, never the address: a log names nobody.
            place = getattr(route, "path", None) or "other"
            taken = time.perf_counter() - began
            self._seen(scope["method"], place, status or 499, taken)
            if LOG.isEnabledFor(logging.INFO):
                told = {"method": scope["method"], "route": place, "status": status, "ms": round(taken * 1e3, 1)}
                LOG.info(json.dumps(told))

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        known = self._hosts is None or scope["path"] in self._anywhere or headers.get("host", "") in self._hosts
        if not known:
            return 421, "host"  # a name that another site made point here
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            return 414, "address"
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > largest(scope):
            return 413, "large"
        return None


def largest(scope: Scope) -> int:
    """Return how many bytes the body of a request may have."""
    return responses.LARGEST if FILE.search(scope["path"]) else LARGEST_BODY


def _bounded(receive: Receive, most: int) -> Receive:
    """Return *receive* that gives up on a body that is too slow, or larger than *most*."""
    size = 0
    ends: float | None = None
    whole = False

    async def bounded() -> Message:
        nonlocal size, ends, whole
        if whole:  # what comes now is the end of the connection, and may take its time
            return await receive()
        loop = asyncio.get_running_loop()
        ends = ends or loop.time() + DEADLINE
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError as fault:
            raise TooSlowError from fault
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > most:
                raise TooLargeError
        return message

    return bounded


async def _fail(failed: Callable[[Request], Response], scope: Scope, receive: Receive, send: Send) -> None:
    try:
        response = failed(Request(scope))
    except Exception:  # the page that says so cannot be made either
        await _say(send, 500, "other")
    else:
        await response(scope, receive, send)


def _place(fault: Exception) -> str:
    """Return where *fault* arose."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{last.filename.rpartition('singmuk/')[2]}:{last.lineno}"


async def _say(send: Send, status: int, error: str) -> None:
    body = json.dumps({"error": error}).encode("ascii")
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
