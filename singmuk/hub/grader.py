"""nbgrader's formgrader as a hub's service: the campaign's trainers read and mark there, and nobody else comes in."""

from __future__ import annotations

import html
import logging
import os
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NoReturn

import yaml
from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler
from jupyterhub.singleuser.extension import JupyterHubIdentityProvider, JupyterHubUser
from tornado import web
from traitlets import Unicode, default
from traitlets.config import Config

from singmuk import trainer
from singmuk.desk.identity import IdentityError
from singmuk.desk.identity.oauth import CALLBACK, connect, role_of
from singmuk.desk.run import listen_at
from singmuk.gradebook import settings, tables
from singmuk.hub.service import Service, without_hub
from singmuk.lang import LANGUAGES

#: Where a supervisor asks whether the server is there; it tells nothing of anybody.
HEALTH = "healthz"


class Trainers(JupyterHubIdentityProvider):  # type: ignore[misc]  # the library has no types
    """Lets in whom the hub knows as a trainer of the campaign; whoever else comes is told why not."""

    service: Service
    #: Asks the hub; made before what the hub told is taken out of the environment.
    asks: HubOAuth
    #: The library would show the service's own token to pages and in a file. This server has none to show.
    token = Unicode("")

    @default("hub_auth")
    def _asks(self) -> HubOAuth:
        return self.asks

    def _patch_get_login_url(self, handler: Any) -> None:
        super()._patch_get_login_url(handler)
        if handler.request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            handler.get_login_url = partial(_refuse, handler, 401, "signed-out")  # a script gets no page of the hub's

    async def get_user(self, handler: Any) -> JupyterHubUser | None:
        """Return the trainer who sent the request of *handler*, None when nobody is signed in; refuse others."""
        if handler.request.path == f"{self.service.base}logout":
            return None  # everybody may go
        try:
            user = await super().get_user(handler)
        except web.HTTPError:
            _refuse(handler, 503, "away")
        known = getattr(handler, "_cached_hub_user", None)
        if known is None:
            return None
        try:
            role = role_of(self.hub_auth, known, self.service.settings.groups)
        except IdentityError:
            _refuse(handler, 403, "refused")
        if role != "trainer" or user is None:
            _refuse(handler, 403, "refused")
        return user


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """Return what the formgrader's door says, by reason and language."""
    read: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return read


def page(why: str, desk: str) -> str:
    """Return a page that says in each language *why* somebody does not come in, and leads to the *desk*."""
    parts = [
        f'<main lang="{tag}"><h1>{html.escape(words()["title"][code])}</h1><p>{html.escape(words()[why][code])}</p>'
        f'<p><a href="{html.escape(desk)}">{html.escape(words()["course"][code])}</a></p></main>'
        for code, tag in LANGUAGES.items()
    ]
    title = html.escape(words()["title"]["en"])
    return (
        f'<!doctype html><html lang="en-HK"><head><meta charset="utf-8"><title>{title}</title></head>{"".join(parts)}'
    )


def _refuse(handler: Any, status: int, why: str) -> NoReturn:
    """End the request of *handler* with a page that says *why*."""
    handler.set_status(status)
    handler.set_header("Content-Type", "text/html; charset=utf-8")
    raise web.Finish(page(why, handler.settings["singmuk_desk"]))


class Callback(HubOAuthCallbackHandler):  # type: ignore[misc]
    """Takes a browser back from the hub, with the headers of every other answer, and words for what went wrong."""

    def initialize(self) -> None:
        """Find what asks the hub."""
        self.hub_auth = self.settings["identity_provider"].hub_auth

    def set_default_headers(self) -> None:
        """Wear what every answer wears."""
        for name, value in trainer.HEADERS.items():
            self.set_header(name, value)

    def get_current_user(self) -> None:
        """Return None: whoever comes back is not yet known, and the next page asks."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say that signing in did not work: the hub is away, or another window began it."""
        away = status_code >= 500
        self.set_status(503 if away else 403)
        self.finish(page("away" if away else "late", self.settings["singmuk_desk"]))


class Health(web.RequestHandler):
    """Says that the server is there."""

    def get(self) -> None:
        """Answer."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("well\n")


class Grader(trainer.Room):
    """The formgrader below a service's path."""

    more = ((f"/{CALLBACK}", Callback), (f"/{HEALTH}", Health))


def configuration(service: Service) -> Config:
    """Return the server's settings for the *service*."""
    found, secure = service.settings, service.settings.secure
    config = trainer.configuration(found.root, service.port, "")
    del config["IdentityProvider"], config["PasswordIdentityProvider"]
    config.ServerApp.ip = service.host
    config.ServerApp.base_url = service.base
    config.ServerApp.identity_provider_class = Trainers
    # A front stands before it: its names are the ones that count, and this machine's for whoever watches.
    config.ServerApp.allow_remote_access = service.hosts is None
    config.ServerApp.local_hostnames = ["localhost", *(host.partition(":")[0] for host in service.hosts or ())]
    config.ServerApp.tornado_settings = {
        "headers": trainer.HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if secure else {}),
        "singmuk_desk": service.desk,
        "xsrf_cookie_kwargs": {"secure": secure, "samesite": "Strict"},
    }
    return config


def serve(service: Service, announce: Callable[[], object]) -> None:
    """Serve the formgrader as the *service* of a hub until it is told to stop; call *announce* once it answers.

    Raises `SettingsError` and `settings.GradebookError`.
    """
    listen_at(service.host, service.port)
    tables.connect(settings.read(service.settings.root)).dispose()
    cookies = {"samesite": "Lax"} | ({"secure": True} if service.settings.secure else {})
    Trainers.service = service
    Trainers.asks = connect(
        service.base, HubOAuth, cookie_host_prefix_enabled=service.settings.secure, cookie_options=cookies,
        allow_token_in_url=False, allow_websocket_cookie_auth=False,
    )  # fmt: skip
    _settle(Trainers.asks)
    kept = without_hub(os.environ)
    for name in set(os.environ) - set(kept):
        del os.environ[name]
    for name in ("jupyterhub", "tornado.application", "tornado.general"):
        logging.getLogger(name).setLevel(logging.ERROR)
    trainer.run(service.settings.root, Grader, configuration(service), announce)


def _settle(asks: HubOAuth) -> None:
    """Have *asks* read all that it takes from the environment, which is about to lose it."""
    for name in asks.trait_names():
        if not name.startswith("_"):
            getattr(asks, name)
