"""What tests ask a desk: every address it has, and bytes that no client would send."""

from __future__ import annotations

import json
import re
import socket
from contextlib import closing
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from singmuk.desk import policy
from singmuk.desk.identity import Person
from singmuk.desk.store import FeedbackRow, open_office
from tests import desks, nine

ITEM, NOTE = "translate-published-notice", "notice-for-the-new-tool"
ROOM = "http://127.0.0.1:9999/trainers-room"
SECRET_TEXT = "ALICE-WROTE-THIS-ALONE " * 3
#: Every address of the desk, by the route that it must be answered by.
ADDRESSES = {
    "/": "/",
    "/my": "/my",
    "/assignments/{name}": "/assignments/pdpo-basics",
    "/assignments/{name}/receipts/{number}": "/assignments/pdpo-basics/receipts/1",
    "/assignments/{name}/feedback": "/assignments/pdpo-basics/feedback",
    "/assignments/{name}/plain": "/assignments/pdpo-basics/plain",
    "/language": "/language?to=zh&next=/my",
    "/favicon.ico": "/favicon.ico",
    "/static/{name}": "/static/desk.js",
    "/book": "/book",
    "/book/{path:path}": "/book/course/page.html",
    "/api/assignments/{name}/responses": "/api/assignments/pdpo-basics/responses",
    "/healthz": "/healthz",
    "/livez": "/livez",
    "/metrics": "/metrics",
    "/openapi.json": "/openapi.json",
}
#: What changes something: method and address.
CHANGES = {
    "/notice": ("POST", "/notice"),
    "/api/assignments/{name}/responses/{item}": ("PUT", f"/api/assignments/pdpo-basics/responses/{ITEM}"),
    "/api/assignments/{name}/hand-in": ("POST", "/api/assignments/pdpo-basics/hand-in"),
    "/api/assignments/{name}/file": ("POST", "/api/assignments/pdpo-basics/file"),
}
PAGE = """<!doctype html><html><head><title>P</title><style>p { color: red }</style>
<script>document.documentElement.dataset.mode = "light"</script></head>
<body><p style="color: blue">A page of the book</p></body></html>"""


def lay(root):
    """Put releases and a small book into *root*, with files beside and in it that are nobody's."""
    desks.lay(root)
    for name in ("_build/html/index.html", "_build/html/zh/index.html", "_build/html/course/page.html"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE, encoding="utf-8")
    (root / "_build" / "html" / "_static").mkdir()
    (root / "_build" / "html" / "_static" / "a.css").write_text("p {}", encoding="utf-8")
    for name in ("_build/html/.env", "_build/html/notes.py", "_build/secret.html", "desk.db.txt", "scenarios/key.html"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("NOT-TO-BE-SERVED", encoding="utf-8")
    (root / "_build" / "html" / "link.html").symlink_to(root / "_build" / "secret.html")
    return root


def named(desk: desks.Running, sent: bytes) -> bytes:
    """Return *sent* with the desk's own name for the host x."""
    return sent.replace(b"Host: x\r\n", f"Host: 127.0.0.1:{desk.service.settings.port}\r\n".encode())


def raw(desk: desks.Running, sent: bytes, seconds: float = 10) -> bytes:
    """Return all that the desk answers to the bytes *sent* until it closes the connection."""
    with socket.create_connection((desk.service.settings.host, desk.service.settings.port), timeout=seconds) as line:
        line.sendall(named(desk, sent))
        got = b""
        try:
            while piece := line.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
        return got


def asked(desk: desks.Running, target: str, headers: str = "") -> httpx.Response:
    """Return the answer to a request whose address *target* nobody has mended on the way."""
    host = f"127.0.0.1:{desk.service.settings.port}"
    sent = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
    head, _, body = raw(desk, sent.encode("latin-1")).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [tuple(line.split(": ", 1)) for line in lines]
    kept = [pair for pair in pairs if pair[0].lower() != "transfer-encoding"]
    return httpx.Response(int(first.split()[1]), headers=kept, content=body)


def file_text(desk: desks.Running, given: dict[str, Any], name: str = "pdpo-basics") -> str:
    """Return a responses.json that gives *given*."""
    items = {item: {"response": response, "day": desks.TODAY} for item, response in given.items()}
    whole = {"format": 1, "assignment": name, "release": desk.release(name)["release"], "language": "en"}
    return json.dumps(whole | {"responses": items})


def agree(desk: desks.Running, client: httpx.Client) -> None:
    """Read the notice, as everybody does once."""
    sent = {"xsrf": desk.xsrf(client), "next": "/my"}
    assert client.post("/notice", data=sent).status_code == 303


def shown(page: str) -> dict[str, Any]:
    """Return the data that the assignment's page carries for its script."""
    found = re.search(r'<script type="application/json" id="singmuk-release">(.*?)</script>', page, re.DOTALL)
    assert found, page[:500]
    return dict(json.loads(found.group(1)))


class Elements(HTMLParser):
    """The elements of a page with their attributes' names, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(name for name, _ in attrs)))


def wears(answer: httpx.Response, *, secure: bool = False) -> None:
    """Raise when *answer* lacks a header that every answer of the desk has."""
    for name, value in policy.HEADERS.items():
        assert answer.headers.get_list(name) == [value], (answer.status_code, name)
    [rules] = answer.headers.get_list("content-security-policy")
    assert "default-src 'none'" in rules and "frame-ancestors 'none'" in rules
    assert "unsafe-inline" not in rules and "unsafe-eval" not in rules and "http:" not in rules and "*" not in rules
    assert answer.headers.get("cache-control"), answer.status_code
    assert ("strict-transport-security" in answer.headers) is secure
    assert "server" not in answer.headers
    for cookie in answer.headers.get_list("set-cookie"):
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "path=/", "samesite=lax"} <= parts and ("secure" in parts) is secure, cookie
        assert not any(part.startswith("domain") for part in parts), cookie


def written(kind: str = "write") -> str:
    """Return the id of the item of a *kind* in the assignment of nine kinds."""
    return nine.BY_KIND[kind].id


class Known(desks.Named):
    """Says who somebody is by a header, and lets somebody come with a token."""

    async def who(self, request):
        found = await super().who(request)
        return Person(found.participant, found.role, by_token="x-token" in request.headers) if found else None


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    settings = desks.settings(lay(tmp_path_factory.mktemp("desk")), room=ROOM, metrics_token="m" * 20)
    with desks.running(settings, Known()) as running:
        office = open_office(settings.url)
        with closing(running.client("alice")) as alice:
            agree(running, alice)
            assert running.save(alice, ITEM, "translate-it").status_code in (200, 422)
            assert running.save(alice, NOTE, SECRET_TEXT).status_code == 200
            assert running.hand_in(alice).status_code == 200
        office.put_feedback("pdpo-basics", [FeedbackRow("alice", f"<p>{SECRET_TEXT}</p>", 3, 26, passed=False)])
        office.close()
        yield running
