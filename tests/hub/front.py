"""A small front as before any hub: one address, and behind it whoever answers a path."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

#: What is between two neighbours and goes no further.
HOPS = ("connection", "keep-alive", "transfer-encoding", "upgrade", "content-length")


class Front:
    """Sends each request on by the longest path that it begins with."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        self._routes = dict(sorted(routes.items(), key=lambda one: -len(one[0])))
        # A client would keep one browser's cookies and send them for another.
        self._transport = httpx.AsyncHTTPTransport()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        target = next((at for path, at in self._routes.items() if scope["path"].startswith(path)), None)
        if target is None:
            await Response("no such place", 404)(scope, receive, send)
            return
        query = scope["query_string"].decode("ascii")
        address = f"{target}{scope['raw_path'].decode('ascii')}{'?' if query else ''}{query}"
        kept = [(name, value) for name, value in request.headers.raw if name.decode() not in HOPS]
        kept += [(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-proto", b"http")]
        sent = httpx.Request(request.method, address, headers=kept, content=await request.body())
        try:
            answer = await self._transport.handle_async_request(sent)
            content = b"".join([piece async for piece in answer.aiter_raw()])
        except httpx.HTTPError:
            await Response("nobody is there", 503)(scope, receive, send)
            return
        response = Response(content, answer.status_code)
        told = [(name.lower(), value) for name, value in answer.headers.raw if name.lower().decode() not in HOPS]
        response.raw_headers = [*told, (b"content-length", str(len(content)).encode())]
        await response(scope, receive, send)


@contextlib.contextmanager
def running(port: int, routes: Mapping[str, str]) -> Iterator[None]:
    """Run a front at *port* of this machine before the *routes*, by path, while the block runs."""
    server = uvicorn.Server(
        uvicorn.Config(Front(routes), port=port, log_level="error", lifespan="off", server_header=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)
