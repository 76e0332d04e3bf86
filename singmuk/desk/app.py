"""The desk as an application: its parts put together, and every refusal in words."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from singmuk import __version__
from singmuk.desk import api, pages, render, secret
from singmuk.desk.book import Book
from singmuk.desk.guard import Guard
from singmuk.desk.identity import Identity, IdentityError, provider
from singmuk.desk.identity.local import FORWARDED
from singmuk.desk.metrics import Metrics
from singmuk.desk.releases import Releases
from singmuk.desk.service import Refused, Service
from singmuk.desk.settings import Settings
from singmuk.desk.store import StoreError, open_store

#: What an HTTP fault of the framework is called.
NAMES = {404: "unknown", 405: "method"}


def create(settings: Settings, identity: Identity | None = None) -> FastAPI:
    """Return the desk, with the provider *identity* or the one of the *settings*.

    Raises `SettingsError` or `StoreError` when it cannot be.
    """
    key = secret.find(settings)
    releases = Releases(settings.root / settings.releases)
    service = Service(
        settings=settings,
        secret=key,
        identity=identity or provider(settings, key),
        store=open_store(settings.url),
        releases=releases,
        book=Book(settings.root / settings.book, settings.base),
        metrics=Metrics(),
    )

    @contextlib.asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(service.store.close)

    prefix = settings.base.rstrip("/")
    app = FastAPI(
        title="Singmuk desk", version=__version__, lifespan=life, docs_url=None, redoc_url=None,
        openapi_url=f"{prefix}/openapi.json", redirect_slashes=False,
    )  # fmt: skip
    app.state.service = service
    app.include_router(api.router, prefix=prefix)
    app.include_router(pages.router, prefix=prefix)
    for route in service.identity.routes():
        app.add_route(f"{prefix}{route.path}", route.endpoint, methods=["GET"], include_in_schema=False)
    if prefix:
        app.add_route(prefix, lambda _request: RedirectResponse(settings.base, 302), include_in_schema=False)
    _operations(app, service, prefix)
    app.add_middleware(
        Guard,
        hosts=hosts(settings),
        # Who watches the desk asks by its number, and learns nothing of anybody.
        anywhere={f"{prefix}/healthz", f"{prefix}/livez", *([f"{prefix}/metrics"] if settings.metrics_token else [])},
        secure=settings.secure,
        seen=service.metrics.seen,
        failed=_refusals(app, service),
    )
    return app


def hosts(settings: Settings) -> set[str] | None:
    """Return the names by which the desk may be asked; None: those that the front lets through.

    A desk for one person knows who they are by where they ask from. Another site can give its own name this
    machine's address, so the name is looked at.
    """
    if settings.origin:
        return {one.partition("://")[2] for one in (settings.origin, settings.seats) if one}
    if settings.identity != "local":
        return None
    return {f"{name}:{settings.port}" for name in ("127.0.0.1", "localhost", "[::1]")}


def _operations(app: FastAPI, service: Service, prefix: str) -> None:
    @app.get(f"{prefix}/healthz", include_in_schema=False)
    async def healthz() -> Response:
        """Say whether the desk can keep what it is given."""
        try:
            await run_in_threadpool(service.store.alive)
        except StoreError:
            return PlainTextResponse("the database does not answer\n", 503)
        return PlainTextResponse("well\n")

    @app.get(f"{prefix}/livez", include_in_schema=False)
    async def livez() -> Response:
        """Say that the process answers: to start it anew would bring back no database."""
        return PlainTextResponse("well\n")

    @app.get(f"{prefix}/metrics", include_in_schema=False)
    async def figures(request: Request) -> Response:
        """Give the figures to whoever holds the token, and on this machine where there is none."""
        wanted = service.settings.metrics_token
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode("utf-8", "replace")
        host = request.client.host if request.client else ""
        here = host in ("127.0.0.1", "::1") and not any(name in request.headers for name in FORWARDED)
        if not (hmac.compare_digest(given, wanted.encode("utf-8")) if wanted else here):
            raise Refused(404, "unknown")
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")


def _refusals(app: FastAPI, service: Service) -> Callable[[Request], Response]:
    """Have *app* refuse in words, and return what answers to a fault of the program."""
    base = service.settings.base

    def answer(request: Request, status: int, error: str, *, words: str = "", **more: Any) -> Response:
        service.metrics.refusals.labels(error).inc()
        if request.url.path.startswith(f"{base}api/"):
            content = {"error": error, **{name: value for name, value in more.items() if value is not None}}
            headers = {"Retry-After": str(more["after"])} if "after" in more else None
            return JSONResponse(content, status, headers=headers)
        if error == "signed-out" and more.get("login") and request.method == "GET":
            return RedirectResponse(str(more["login"]), 302)
        return render.message(service, request, status, words or error, **more)

    @app.exception_handler(Refused)
    async def refused(request: Request, fault: Refused) -> Response:
        return answer(request, fault.status, fault.error, **fault.more)

    @app.exception_handler(IdentityError)
    async def stranger(request: Request, fault: IdentityError) -> Response:
        error = "refused-person" if fault.status == 403 else "busy"
        return answer(request, fault.status, error, words=fault.why, text=str(fault))

    @app.exception_handler(StoreError)
    async def unkept(request: Request, fault: StoreError) -> Response:
        return answer(request, 503, fault.code)

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, fault: RequestValidationError) -> Response:
        reasons = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in fault.errors()[:20]]
        return answer(request, 422, "refused", reasons=reasons)

    @app.exception_handler(HTTPException)
    async def other(request: Request, fault: HTTPException) -> Response:
        response = answer(request, fault.status_code, NAMES.get(fault.status_code, "other"))
        response.headers.update(fault.headers or {})  # which methods an address takes
        return response

    return lambda request: answer(request, 500, "other")
