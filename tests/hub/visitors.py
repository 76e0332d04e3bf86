"""Somebody at a hub over the wire, as their browser: signed in, with every cookie, going where they are led."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.desk_wire import shown
from tests.hub.site import Running

NAME = "pdpo-basics"
ITEM = "translate-published-notice"


@contextlib.contextmanager
def found_here(host: str) -> Iterator[None]:
    """Let this process find every name below *host* on this machine while the block runs."""
    real = socket.getaddrinfo

    def here(name: Any, *arguments: Any, **options: Any) -> Any:
        told = name.decode() if isinstance(name, bytes) else name
        local = isinstance(told, str) and (told == host or told.endswith(f".{host}"))
        return real("127.0.0.1" if local else name, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", here)
        yield


def trusting(site: Running) -> ssl.SSLContext | bool:
    """Return what believes the certificate of the *site*."""
    return ssl.create_default_context(cafile=str(site.certificate.file)) if site.certificate else True


def choices(data: dict[str, Any]) -> list[str]:
    """Return the ids of what may be chosen in the item that tests answer."""
    item = next(place["item"] for place in data["items"] if place["item"]["id"] == ITEM)
    return [one["id"] for one in item["choices"]]


class Visitor(httpx.Client):
    """A browser of *name*, signed in at the hub and at the desk."""

    def __init__(self, site: Running, name: str) -> None:
        super().__init__(timeout=60, follow_redirects=True, verify=trusting(site))
        self.site, self.name = site, name

    def sign_in(self, password: str | None = None) -> httpx.Response:
        """Return the page that the hub shows who signs in for the desk's first page."""
        page = self.get(f"{self.site.desk}my")
        assert page.url.path == "/hub/login", page.url
        mark = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        assert mark, page.text[:2000]
        form = {"username": self.name, "password": password or self.site.password, "_xsrf": mark.group(1)}
        target = re.search(r'<form[^>]* action="([^"]+)"', page.text)
        assert target
        return self.post(page.url.join(target.group(1).replace("&amp;", "&")), data=form)

    @property
    def api(self) -> str:
        """Return the hub's API as a browser finds it."""
        return f"{self.site.address}hub/api/"

    def mark(self) -> dict[str, str]:
        """Return the header that the hub's own pages send along with a change."""
        page = self.get(f"{self.site.address}hub/home")
        found = re.search(r'xsrf_token: "([^"]+)"', page.text)
        return {"x-xsrftoken": found.group(1) if found else self.cookies.get("_xsrf", path="/hub/") or ""}

    def exercise(self) -> dict[str, Any]:
        """Return what the desk's page of the assignment holds, its notice read."""
        address = f"{self.site.desk}assignments/{NAME}"
        page = self.get(address)
        if token := re.search(r'name="xsrf" value="([0-9a-f]{64})"', page.text):
            path = urlsplit(address).path
            page = self.post(f"{self.site.desk}notice", data={"xsrf": token.group(1), "next": path})
        return shown(page.text)

    def save(self, response: str, data: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Return the desk's answer to a response of this browser; *headers* go over those of the page."""
        data = data or self.exercise()
        body = {"release": data["release"], "response": response, "confidence": None, "day": "2026-11-23"}
        address = f"{self.site.desk}api/assignments/{NAME}/responses/{ITEM}"
        return self.put(address, json=body, headers={"x-xsrf-token": data["xsrf"]} | headers)

    def given(self) -> Any:
        """Return what the desk keeps of this browser's person."""
        return json.loads(self.get(f"{self.site.desk}api/assignments/{NAME}/responses").text)
