"""The desk under attack: other people's data, forged requests, other hosts, script in texts, what it tells."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from singmuk.desk.guard import Bucket
from tests import desks
from tests.desk_wire import (
    ADDRESSES,
    CHANGES,
    NOTE,
    SECRET_TEXT,
    Known,
    agree,
    asked,
    desk,
    file_text,
    lay,
    shown,
    wears,
    written,
)


def others(desk):
    """Return all that the desk keeps of alice."""
    store = desk.service.store
    release = desk.release()["release"]
    return store.sitting("alice", "pdpo-basics", release), store.receipts("alice"), store.released("alice")


__all__ = ["desk"]


def test_every_address_of_the_desk_is_tried_here(desk):
    routes = {route.path for route in desk.server.config.app.routes if hasattr(route, "path")}
    contexts = [
        route.effective_route_contexts() for route in desk.server.config.app.routes if not hasattr(route, "path")
    ]
    routes |= {one.path for context in contexts for one in context}
    assert routes == {*ADDRESSES, *CHANGES}


def test_nobody_reads_what_another_has_given(desk):
    with closing(desk.client("bob")) as bob:
        agree(desk, bob)
        for address in [
            *ADDRESSES.values(),
            "/assignments/pdpo-basics/receipts/0",
            "/assignments/pdpo-basics/receipts/-1",
        ]:
            for extra in ("", "?participant=alice&user=alice&id=1"):
                answer = bob.get(address + ("" if "?" in address else extra), headers={"x-participant": "alice"})
                assert SECRET_TEXT.strip() not in answer.text, address
        assert bob.get("/assignments/pdpo-basics/receipts/1").status_code == 404
        standing = bob.get(ADDRESSES["/api/assignments/{name}/responses"]).json()
        assert (standing["given"], standing["receipts"], standing["feedback"]) == ({}, [], False)
        assert bob.get("/assignments/pdpo-basics/receipts/1", headers={"x-person": "alice"}).status_code == 200


def test_nobody_changes_what_another_has_given(desk):
    before = others(desk)
    with closing(desk.client("bob")) as bob, closing(desk.client("alice")) as alice:
        for body in ({"participant": "alice"}, {"person": "alice"}, {"number": 1}):
            answer = desk.save(bob, NOTE, "mine", **body)
            assert (answer.status_code, answer.json()["error"]) == (422, "refused")
        assert desk.save(bob, NOTE, "mine").status_code == 200
        # alice's session and token in bob's hands: neither works for him, and neither changes what is hers.
        token, session = desk.xsrf(alice), alice.cookies[desk.service.session_cookie]
        for held, given in [
            (session, token),
            (bob.cookies[desk.service.session_cookie], token),
            (session, desk.xsrf(bob)),
        ]:
            answer = httpx.put(
                desk.address + CHANGES["/api/assignments/{name}/responses/{item}"][1],
                json=desk.change("x"), headers={"x-person": "bob", "x-xsrf-token": given},
                cookies={desk.service.session_cookie: held},
            )  # fmt: skip
            assert (answer.status_code, answer.json()) == (403, {"error": "xsrf"})
        assert desk.hand_in(bob, "a" * 32).json()["receipt"]["number"] == 1
        # The same mark of a press as alice's is another press.
        assert desk.hand_in(bob, "0" * 32).json()["receipt"]["number"] == 2
    assert others(desk) == before


@pytest.mark.parametrize("address", [*ADDRESSES, *CHANGES])
def test_nobody_gets_anywhere_without_signing_in_but_to_what_is_everybodys(desk, address):
    public = {
        "/",
        "/language",
        "/static/{name}",
        "/favicon.ico",
        "/book",
        "/book/{path:path}",
        "/healthz",
        "/livez",
        "/openapi.json",
    }
    method, place = CHANGES.get(address, ("GET", ADDRESSES.get(address)))
    answer = httpx.request(method, desk.address + place, json={} if "api" in place else None)
    if address == "/metrics":
        assert answer.status_code == 404
    elif address in public:
        assert answer.status_code in (200, 302, 303)
    elif place.startswith("/api/"):
        assert answer.status_code == 401
        assert answer.json() == {"error": "signed-out", "login": f"/login?next={place}"}
    else:
        assert answer.status_code == (302 if method == "GET" else 401)
        assert method == "POST" or answer.headers["location"] == f"/login?next={place}"
    assert SECRET_TEXT.strip() not in answer.text


FORGED = {
    "no token": {},
    "an empty one": {"x-xsrf-token": ""},
    "no text": {"x-xsrf-token": "\xff\xfe"},
    "another's": {"whose": "eve"},
    "of an older session": {"session": "a" * 32},
    "from another site": {"sec-fetch-site": "cross-site"},
    "from a neighbour": {"sec-fetch-site": "same-site"},
}


def forged(desk, client, changes):
    """Return the headers of a forged change: right but for the *changes*."""
    if not changes or "x-xsrf-token" in changes:
        return {name: value.encode("latin-1") for name, value in changes.items()}
    session = changes.get("session", client.cookies[desk.service.session_cookie])
    token = desk.service.secret.xsrf(session, changes.get("whose", "bob"))
    return {"x-xsrf-token": token, "sec-fetch-site": changes.get("sec-fetch-site", "same-origin")}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("change", ["responses/{item}", "hand-in"])
def test_a_forged_change_is_refused(desk, forge, change):
    method, place = CHANGES[f"/api/assignments/{{name}}/{change}"]
    body = desk.change(None) if "item" in change else {"release": desk.release()["release"], "token": "b" * 32}
    with closing(desk.client("bob")) as bob:
        answer = bob.request(method, place, json=body, headers=forged(desk, bob, forge))
        assert (answer.status_code, answer.json()) == (403, {"error": "xsrf"})
        bob.cookies.clear()
        assert bob.request(method, place, json=body, headers={"x-xsrf-token": "x"}).status_code == 403


def test_a_form_of_another_site_does_not_agree_for_anybody(desk):
    with closing(desk.client("fay")) as fay:
        for sent in ({}, {"xsrf": "x"}, {"xsrf": desk.service.secret.xsrf("a" * 32, "fay")}):
            answer = fay.post("/notice", data=sent)
            assert answer.status_code == 403
        answer = fay.post("/notice", data={"xsrf": desk.xsrf(fay)}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
        assert "singmuk-release" not in fay.get("/assignments/pdpo-basics").text
        assert fay.post("/notice", content="a=1&" * 50).status_code == 422
        assert fay.post("/notice", content=b"\xff=\xff&next=\x00").status_code == 403


def test_a_whole_file_is_taken_from_a_program_and_from_no_page(desk):
    text = file_text(desk, {NOTE: "from a notebook"})
    right = {"content-type": "application/json", "x-singmuk": "notebook", "x-person": "gil"}
    place = desk.address + CHANGES["/api/assignments/{name}/file"][1]
    for wrong in ({"origin": "https://evil.example"}, {"sec-fetch-site": "same-origin"}, {"origin": "null"}):
        assert httpx.post(place, content=text, headers=right | wrong).json() == {"error": "xsrf"}
    without = {name: value for name, value in right.items() if name != "x-singmuk"}
    assert httpx.post(place, content=text, headers=without).json() == {"error": "xsrf"}
    assert httpx.post(place, content=text, headers=right | {"content-type": "text/plain"}).status_code == 415
    assert desk.service.store.receipts("gil") == []
    for _ in range(2):  # the same file again is the same hand-in
        assert httpx.post(place, content=text, headers=right).json()["receipt"]["number"] == 1


ELSEWHERE = [
    *("https://evil.example/", "//evil.example/", "/\\evil.example/", "\\\\evil.example", "javascript:alert(1)"),
    *(
        "/my//evil.example",
        "/../evil",
        "/%2e%2e/hub/logout",
        "/x/%2E./y",
        "/%2f/evil.example",
        "/my?next=//evil",
        "/我",
    ),
    *("/my\r\nSet-Cookie: a=b", "", "http:evil", "/\tevil"),
]


@pytest.mark.parametrize("after", ELSEWHERE)
def test_nobody_is_led_elsewhere(desk, after):
    with closing(desk.client("bob")) as bob:
        answers = [bob.get("/language", params={"to": "zh", "next": after})]
        answers.append(bob.post("/notice", data={"xsrf": desk.xsrf(bob), "next": after}))
    for answer in answers:
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        assert "a" not in answer.cookies


TARGETS = [
    *("/book/../../secret.html", "/book/..%2f..%2fsecret.html", "/book/%2e%2e/secret.html", "/book/..\\secret.html"),
    *("/book/%2e%2e%2fsecret.html", "/book/..%5csecret.html", "/book/%252e%252e/secret.html", "/book//etc/passwd"),
    *("/book/%2fetc/passwd", "/book/.env", "/book/notes.py", "/book/link.html", "/book/course/../../secret.html"),
    *("/book/%00", "/book/index.html%00.css", "/book/" + "a" * 300, "/book/" + "a/" * 500, "/book/_static/"),
    *("/book/_static", "/book/../scenarios/key.html", "/book/%c0%ae%c0%ae/secret.html", "/%2e%2e/desk.db.txt"),
    *(
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/desk.js/",
        "/static/%2e%2e",
        "/static/words.yml",
        "/static/",
    ),
    *("/assignments/../../desk.db.txt", "/assignments/..%2f..%2fscenarios", "/assignments/%2e%2e", "//my", "/my/"),
    *("/assignments/pdpo-basics%00", "/assignments/pdpo-basics%2f..%2fnine-kinds", "/assignments/PDPO-basics"),
    *("/assignments/pdpo-basics/", "/assignments/pdpo-basics/receipts/1%0a", "/api/assignments/../../my", "/api/"),
    *("/scenarios/key.html", "/docs", "/redoc"),
]


@pytest.mark.parametrize("target", TARGETS)
def test_no_address_leads_out_of_what_is_served(desk, target):
    answer = asked(desk, target, "x-person: alice\r\n")
    assert answer.status_code == 404, target
    assert "NOT-TO-BE-SERVED" not in answer.text and "Traceback" not in answer.text
    wears(answer)


def test_changes_have_a_pace_for_each_participant(tmp_path):
    with desks.running(desks.settings(lay(tmp_path), saves_per_minute=5), Known()) as desk:
        nell, otto = desk.client("nell"), desk.client("otto")
        codes = [desk.save(nell, NOTE, str(number)).status_code for number in range(7)]
        assert codes == [200] * 5 + [429] * 2
        answer = desk.hand_in(nell)
        assert answer.json()["error"] == "fast" and 1 <= answer.json()["after"] <= 12
        assert answer.headers["retry-after"] == str(answer.json()["after"])
        assert desk.save(otto, NOTE, "x").status_code == 200
        assert nell.get("/my").status_code == 200
        assert 'singmuk_refusals_total{reason="fast"} 3.0' in nell.get("/metrics").text
        given = nell.get("/api/assignments/pdpo-basics/responses").json()["given"]
        assert given[NOTE]["response"] == "4"


def test_a_bucket_fills_up_and_forgets_the_oldest():
    bucket = Bucket(60, people=2)
    assert [bucket.take("a", 0.0) for _ in range(61)] == [0.0] * 60 + [1.0]
    assert bucket.take("a", 0.5) == pytest.approx(0.5)
    assert bucket.take("a", 1.6) == 0.0
    bucket.take("b", 2.0), bucket.take("c", 2.0)
    assert bucket.take("a", 2.0) == 0.0  # forgotten: as good as new, and memory stays small


def test_after_the_closing_date_nothing_is_taken_and_all_is_shown(tmp_path):
    settings = desks.settings(lay(tmp_path))
    with desks.running(settings, Known()) as desk, closing(desk.client("pia")) as pia:
        agree(desk, pia)
        assert desk.save(pia, NOTE, "in time").status_code == 200
        settings.closes["pdpo-basics"] = datetime.now(UTC) - timedelta(seconds=1)
        right = {"content-type": "application/json", "x-singmuk": "notebook"}
        late = [desk.save(pia, NOTE, "late"), desk.hand_in(pia)]
        late.append(
            pia.post(CHANGES["/api/assignments/{name}/file"][1], content=file_text(desk, {NOTE: "x"}), headers=right)
        )
        assert [(answer.status_code, answer.json()) for answer in late] == [(403, {"error": "closed"})] * 3
        data = shown(pia.get("/assignments/pdpo-basics").text)
        assert data["closed"] and data["given"][NOTE]["response"] == "in time"
        assert desk.save(pia, written(), "still open", "nine-kinds").status_code == 200


def test_a_release_that_cannot_be_read_takes_no_other_along(tmp_path):
    with desks.running(desks.settings(lay(tmp_path)), Known()) as desk, closing(desk.client("quin")) as quin:
        agree(desk, quin)
        for text in ("{", "[]", "null", '{"assignment": "broken"}'):
            (tmp_path / "exercises" / "broken").mkdir(exist_ok=True)
            (tmp_path / "exercises" / "broken" / "items.json").write_text(text, encoding="utf-8")
            assert quin.get("/my").status_code == 200
            assert quin.get("/assignments/broken").status_code == 404
        path = tmp_path / "exercises" / "pdpo-basics" / "items.json"
        path.write_text(path.read_text(encoding="utf-8")[:1000], encoding="utf-8")  # a build is at work
        assert quin.get("/assignments/pdpo-basics").status_code == 200
