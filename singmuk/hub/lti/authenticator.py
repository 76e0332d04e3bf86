"""The hub's sign-in from an LMS: ltiauthenticator's way, with what it leaves open closed."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote, urlencode

from jupyterhub.utils import url_path_join
from ltiauthenticator.lti13.auth import LTI13Authenticator
from ltiauthenticator.lti13.handlers import LTI13CallbackHandler, LTI13LoginInitHandler, get_nonce
from traitlets import Instance

from singmuk.hub.lti.launch import Launch, RefusedError, launch
from singmuk.hub.lti.page import STATUS, render
from singmuk.hub.lti.settings import Lti
from singmuk.hub.lti.tokens import LARGEST, Tokens

#: Characters of a parameter that the LMS sends along; Open edX's hint is a signed text.
LONGEST = 4000
#: Seconds from the link in the LMS to the LMS's confirmation.
PATIENCE = 900
#: What a browser says a page is loaded into when it is no window.
FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")


class _Door:
    """What the two handlers share: our settings, our cookies, our words."""

    @property
    def lti(self) -> Lti:
        """Return the settings."""
        return self.authenticator.lti  # type: ignore[attr-defined,no-any-return]

    def parameter(self, name: str, most: int = LONGEST) -> str:
        """Return the parameter *name*, or nothing; raise `RefusedError` for one that is too long or stands twice."""
        found: list[str] = self.get_arguments(name)  # type: ignore[attr-defined]
        if len(found) > 1 or sum(map(len, found)) > most:
            raise RefusedError("large", name)
        return found[0] if found else ""

    def say(self, why: str, framing: list[str] | None = None, link: str = "") -> None:
        """Answer with the page *why*; only pages of the origins *framing* may show it in a frame."""
        nonce = secrets.token_urlsafe(12)
        around = " ".join(framing or ["'none'"])
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'"
        self.set_status(STATUS[why])  # type: ignore[attr-defined]
        self.set_header("Content-Security-Policy", f"{policy}; frame-ancestors {around}")  # type: ignore[attr-defined]
        self.set_header("Cache-Control", "no-store")  # type: ignore[attr-defined]
        self.set_header("Content-Type", "text/html; charset=utf-8")  # type: ignore[attr-defined]
        self.finish(render(why, nonce, link))  # type: ignore[attr-defined]

    def refuse(self, fault: RefusedError) -> None:
        """Answer why, and note it for who runs the hub; the log gets no token and nobody's number."""
        self.log.warning("LTI: refused: %s", fault)  # type: ignore[attr-defined]
        self.say(fault.why)

    def _cookie(self, name: str) -> dict[str, Any]:
        # The LMS's form comes from another site, and a browser sends it a cookie only when that says None.
        over = {"secure": True, "samesite": "None"} if self.lti.trusted else {}
        return {"name": self._named(name), "path": "/", "httponly": True, **over}

    def _named(self, name: str) -> str:
        # Nobody on a neighbouring name or in plain http can put a `__Host-` cookie there.
        return f"__Host-{name}" if self.lti.origin.startswith("https://") else name


class Begin(_Door, LTI13LoginInitHandler):  # type: ignore[misc]
    """The LMS announces somebody: remember this browser, and send it to the LMS to be confirmed."""

    def post(self) -> None:
        """Send the browser to the LMS; in a frame, show a link to a window of its own."""
        try:
            asked = {name: self.parameter(name) for name in ("iss", "login_hint", "target_link_uri", "client_id")}
            hint = self.parameter("lti_message_hint")
            if not asked["iss"]:
                self.say("door")
                return
            if asked["iss"] != self.lti.issuer:
                raise RefusedError("issuer")
            if not asked["login_hint"] or not asked["target_link_uri"]:
                raise RefusedError("form", "login_hint or target_link_uri")
            client = asked["client_id"] or (self.lti.client_ids[0] if len(self.lti.client_ids) == 1 else "")
            if client not in self.lti.client_ids:
                raise RefusedError("client")
        except RefusedError as fault:
            self.refuse(fault)
            return
        if self.request.headers.get("Sec-Fetch-Dest", "") in FRAMES:
            again = asked | ({"lti_message_hint": hint} if hint else {})
            here = url_path_join(self.hub.server.base_url, "lti13", "oauth_login")
            self.say("window", self.lti.framing, f"{self.lti.origin}{here}?{urlencode(again)}")
            return
        state = secrets.token_urlsafe(32)
        self.set_state_cookie(state)
        self.set_header("Cache-Control", "no-store")
        self.authorize_redirect(
            redirect_uri=self.get_redirect_uri(), login_hint=asked["login_hint"], nonce=self.generate_nonce(),
            client_id=client, state=state, lti_message_hint=hint or None,
        )  # fmt: skip

    get = post

    def get_redirect_uri(self) -> str:
        """Return the address that is registered with the LMS; what the request says of host and scheme is not asked."""
        return f"{self.lti.origin}{self.authenticator.callback_url(self.hub.server.base_url)}"

    def _set_oauth_cookie(self, key: str, value: str) -> None:
        held = self._cookie(key)
        self._set_cookie(held.pop("name"), value, encrypted=True, expires_days=None, max_age=PATIENCE, **held)


class Return(_Door, LTI13CallbackHandler):  # type: ignore[misc]
    """The LMS confirms somebody: verify, put them in their one group, and lead them to the desk."""

    async def get(self) -> None:
        """Say where to begin: whoever reloads the page or keeps its address comes here."""
        self.say("door")

    async def post(self) -> None:
        """Sign in who the token names, and lead them on."""
        # Both cookies are for one answer; from here on they are gone.
        state, nonce = self._get_state_cookie(), self._get_nonce_state_cookie()
        try:
            given = self.parameter("state")
            token = self.parameter("id_token", LARGEST)
            if not state or not nonce or not secrets.compare_digest(given.encode(), state.encode()):
                raise RefusedError("state")
            if not token:
                raise RefusedError(
                    "denied", "".join(c for c in self.parameter("error")[:40] if c.isalnum() or c == "_")
                )
            claims = await self.authenticator.tokens.verified(token, get_nonce(nonce))
            found = launch(
                claims, self.lti, origins=self._origins(), root=self.base_url,
                doors=("", "/", *(self._below(path) for path in ("", "hub", "hub/", "hub/lti13/oauth_callback"))),
            )  # fmt: skip
            desk = self.services.get(found.campaign.service("desk"))
            if desk is None:
                raise RefusedError("campaign", found.campaign.service("desk"))
            user = await self.login_user({"username": found.account, "launch": found})
            if user is None:
                raise RefusedError("blocked")
        except RefusedError as fault:
            self.refuse(fault)
            return
        # Through the desk's own sign-in: what somebody else left in this browser ends there.
        base = self._below(found.campaign.prefix("desk"))
        self.redirect(f"{desk.host}{base}login?next={quote(base + found.page, safe='')}")

    def _below(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"

    def _origins(self) -> tuple[str, ...]:
        # With subdomains each service stands on a name of its own.
        return (self.lti.origin, *(service.host for service in self.services.values() if service.host))

    def _get_oauth_cookie(self, name: str) -> str:
        held = self._cookie(name)
        mine = held.pop("name")
        found: bytes = self.get_secure_cookie(mine, max_age_days=PATIENCE / 86400) or b""
        self.clear_cookie(mine, **held)
        return found.decode("utf-8", "replace")


class LtiAuthenticator(LTI13Authenticator):  # type: ignore[misc]
    """Knows people by the LMS's word for them, made into a name that only our secret leads to."""

    login_service = "LTI"
    login_handler = Begin
    callback_handler = Return
    lti = Instance(Lti, config=True, help="What singmuk.hub.lti.settings.read returns")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tokens = Tokens(self.lti)

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """Return the two addresses of a launch.

        The library's third, a registration for LMSs to read, is left out: it asks for everybody's e-mail address
        and for leave to write grades, and needs neither here.
        """
        return [handler for handler in super().get_handlers(app) if handler[1] is not self.config_handler]

    def check_allow_config(self) -> None:
        """Say nothing: that no list of accounts is there is right, because each launch is let in or refused."""

    async def authenticate(self, handler: Any, data: Any = None) -> dict[str, Any] | None:  # noqa: ARG002
        """Return the account and its one group; what else the LMS told is kept nowhere."""
        found = data.get("launch") if isinstance(data, dict) else None
        if not isinstance(found, Launch):
            return None
        return {"name": found.account, "groups": [found.group]}

    def check_allowed(self, username: str, authentication: dict[str, Any] | None = None) -> bool:
        """Return whether *username* comes from a launch that was let in."""
        return bool(authentication and authentication.get("groups")) or super().check_allowed(username, authentication)
