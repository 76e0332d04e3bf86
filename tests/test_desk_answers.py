"""What the desk sends: texts that stay texts, headers on every answer, a log without names, no key."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from contextlib import closing

import httpx
import pytest

from singmuk.desk import policy
from singmuk.lang import Text
from tests import desks
from tests.conftest import ROOT
from tests.desk_wire import (
    ADDRESSES,
    ITEM,
    NOTE,
    ROOM,
    SECRET_TEXT,
    Elements,
    Known,
    agree,
    asked,
    desk,
    lay,
    raw,
    shown,
    wears,
)
from tests.hostile.in_texts import TEXTS
from tests.test_leaks import found_in


def test_a_text_comes_back_inert_wherever_it_is_shown(desk, tmp_path):
    longest = {name: text for name, text in TEXTS.items() if len(text) <= 20_000}
    with closing(desk.client("hal")) as hal:
        agree(desk, hal)
        assert desk.save(hal, NOTE, "plain").status_code == 200
        wanted = {place: Elements(hal.get(place).text).found for place in ("/my", "/assignments/pdpo-basics")}
        for name, text in longest.items():
            answer = desk.save(hal, NOTE, text)
            assert answer.status_code == 200, name
            assert answer.headers["content-type"] == "application/json"
            for place, elements in wanted.items():
                page = hal.get(place)
                assert Elements(page.text).found == elements, (name, place)
            assert shown(page.text)["given"][NOTE]["response"] == text
        made = desk.hand_in(hal).json()["receipt"]
        receipt = hal.get(f"/assignments/pdpo-basics/receipts/{made['number']}")
        assert "owned" not in receipt.text
        for hostile in ("/<script>alert(1)</script>", '/"><img src=x onerror=alert(1)>', "/%3Cscript%3E"):
            page = hal.get(hostile)
            assert page.status_code == 404 and "<script>alert" not in page.text and "<img src=x" not in page.text


__all__ = ["desk"]


def test_the_notice_and_the_contact_are_text(tmp_path):
    bad = f"<script>{TEXTS['script']}</script> [x](javascript:alert(1)) ![y](http://127.0.0.1:9/p.png)"
    both = Text(en=bad, zh=bad)
    with (
        desks.running(desks.settings(lay(tmp_path), notice=both, contact=both), Known()) as desk,
        closing(desk.client("ida")) as ida,
    ):
        page = ida.get("/assignments/pdpo-basics").text
        assert "<script>d" not in page and 'href="javascript' not in page and 'src="http://127.0.0.1:9' not in page
        assert "&lt;script&gt;" in page


def test_feedback_runs_what_its_author_put_in_and_nothing_else(desk):
    with closing(desk.client("alice")) as alice:
        answer = alice.get("/assignments/pdpo-basics/feedback")
        wears(answer)
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        page = alice.get("/book/course/page.html")
        wears(page)
        for content in ('document.documentElement.dataset.mode = "light"', "p { color: red }", "color: blue"):
            assert policy.sha(content) in page.headers["content-security-policy"]
        assert policy.sha("color: red") not in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("role", "sees"), [("participant", False), ("auditor", False), ("trainer", True), ("owner", False)]
)
def test_the_trainers_room_is_shown_to_trainers_alone(desk, role, sees):
    with closing(desk.client("jan")) as jan:
        jan.headers["x-role"] = role
        agree(desk, jan)
        texts = [jan.get(place).text for place in ADDRESSES.values()]
    assert any(ROOM in text for text in texts) is sees


def test_figures_are_for_whoever_holds_the_token(desk):
    for header in ({}, {"authorization": "Bearer"}, {"authorization": "Bearer " + "n" * 20}, {"x-person": "alice"},
                   {"authorization": b"Bearer \xff"}):  # fmt: skip
        assert httpx.get(f"{desk.address}/metrics", headers=header).status_code == 404
    text = httpx.get(f"{desk.address}/metrics", headers={"authorization": "Bearer " + "m" * 20}).text
    assert "singmuk_saves_total" in text and "alice" not in text and ITEM not in text


def test_a_desk_for_one_person_is_asked_by_its_own_name_from_its_own_machine(tmp_path):
    settings = desks.settings(lay(tmp_path))
    with desks.running(settings) as desk:
        for host in (
            "evil.example",
            f"evil.example:{settings.port}",
            "127.0.0.1",
            "localhost:1",
            "",
            "[::1",
            "a" * 1000,
        ):
            answer = httpx.get(f"{desk.address}/my", headers={"host": host})
            assert (answer.status_code, answer.json()) == (421, {"error": "host"})
            wears(answer)
        assert httpx.get(f"{desk.address}/healthz", headers={"host": "10.0.0.7:8500"}).status_code == 200
        assert httpx.get(f"{desk.address}/metrics", headers={"host": "evil.example"}).status_code == 421
        assert httpx.get(f"{desk.address}/my", headers={"host": f"localhost:{settings.port}"}).status_code == 200
        assert "singmuk_saves" in httpx.get(f"{desk.address}/metrics").text
        for name in ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"):
            refused = httpx.get(f"{desk.address}/my", headers={name: "127.0.0.1"})
            assert refused.status_code == 403 and "for one person on this machine" in refused.text
            refused = httpx.get(f"{desk.address}/my", headers={name: "127.0.0.1", "accept-language": "zh-HK"})
            assert refused.status_code == 403 and "只供這部電腦上的一人使用" in refused.text
            assert httpx.get(f"{desk.address}/metrics", headers={name: "127.0.0.1"}).status_code == 404


def test_behind_a_name_with_https_cookies_are_for_this_host_alone(tmp_path):
    settings = desks.settings(lay(tmp_path), base="/services/desk/", origin="https://course.example", identity="hub")
    with desks.running(settings, Known()) as desk:
        named = {"host": "course.example", "x-person": "kit"}
        page = httpx.get(f"{desk.address}/services/desk/my", headers=named)
        assert page.headers["set-cookie"].startswith("__Host-singmuk-session=")
        chosen = httpx.get(f"{desk.address}/services/desk/language?to=zh", headers=named)
        for answer in (page, chosen, httpx.get(f"{desk.address}/x", headers=named), httpx.get(f"{desk.address}/my")):
            wears(answer, secure=True)
        assert httpx.get(f"{desk.address}/services/desk/my").status_code == 421
        assert httpx.get(f"{desk.address}/services/desk/healthz").status_code == 200
        assert httpx.get(f"{desk.address}/services/desk", headers=named).headers["location"] == "/services/desk/"
        for after in ("/hub/logout", "/services/desk/../hub", "/services/desk/%2e%2e/%2e%2e/hub/logout"):
            answer = httpx.get(
                f"{desk.address}/services/desk/language", params={"to": "zh", "next": after}, headers=named
            )
            assert answer.headers["location"] == "/services/desk/"


def test_every_answer_wears_its_headers_faults_of_the_program_too(desk, monkeypatch, caplog):
    with closing(desk.client("lea")) as lea:
        for address in [
            *ADDRESSES.values(),
            "/none",
            "/api/none",
            "/book/none.html",
            "/" + "a" * 3000,
            "/my?" + "a" * 3000,
        ]:
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
                if method == "CONNECT":
                    continue
                answer = lea.request(method, address)
                assert answer.status_code < 500, (method, address)
                read = method == "GET" or (method, address) == ("HEAD", "/openapi.json")
                assert read or answer.status_code in (401, 404, 405, 414, 415), (method, address)
                assert answer.status_code != 405 or answer.headers["allow"]
                wears(answer)
        assert asked(desk, "/my", "Bad Header: x\r\n").status_code == 400
        wears(asked(desk, "/my", "Bad Header: x\r\n"))
        wears(asked(desk, "/my", "x: " + "a" * 70_000 + "\r\n"))

        def broken(*_):
            raise RuntimeError(SECRET_TEXT)

        with monkeypatch.context() as patch, caplog.at_level(logging.DEBUG):
            patch.setattr(desk.service.store, "receipts", broken)
            for place in ("/my", "/api/assignments/pdpo-basics/responses"):
                answer = lea.get(place)
                assert answer.status_code == 500 and SECRET_TEXT.strip() not in answer.text
                wears(answer)
            patch.setattr("singmuk.desk.render.templates", broken)
            assert lea.get("/my").json() == {"error": "other"}
        assert '"fault": "RuntimeError"' in caplog.text and SECRET_TEXT.strip() not in caplog.text
        assert lea.get("/my").status_code == 200


def test_the_log_names_nobody_and_holds_no_response(desk, caplog):
    caplog.set_level(logging.DEBUG)
    with closing(desk.client("mona-lisa")) as mona:
        agree(desk, mona)
        desk.save(mona, NOTE, "MONA-WROTE-THIS")
        desk.hand_in(mona)
        for address in ADDRESSES.values():
            mona.get(address)
        mona.get("/mona-lisa?name=mona-lisa")
    said = "\n".join(one.getMessage() for one in caplog.records if one.name in ("singmuk.desk", "uvicorn.error"))
    assert '"route": "/api/assignments/{name}/hand-in"' in said
    assert "mona" not in said.lower() and NOTE not in said and "pdpo-basics" not in said and "127.0.0.1" not in said


def test_nothing_that_the_desk_sends_holds_a_key(desk, course):
    with closing(desk.client("rosa")) as rosa:
        agree(desk, rosa)
        for address in [*ADDRESSES.values(), "/static/my.js", "/static/desk.css", "/assignments/pdpo-basics?x=1"]:
            assert found_in(rosa.get(address).text, course) == [], address
        page = rosa.get("/assignments/pdpo-basics")
        names = set(re.findall(r'"([a-z_-]+)":', json.dumps(shown(page.text))))
        assert (
            not {"key", "keys", "answer", "rationale", "tempting", "verdict", "remove", "value", "bin", "model"} & names
        )
        assert "expected" not in names and "method" not in names


def test_the_process_opens_nothing_where_the_keys_are(tmp_path):
    lay(tmp_path)
    for name in ("scenarios", "source", "solutions", "assignments", "submitted", "state/submitted"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "key.yml").write_text("key: x", encoding="utf-8")
    command = [sys.executable, "-m", "tests.desk_watched", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["opened"] > 50 and told["releases"] and told["answers"] == [200]
    assert told["keys"] == []


@pytest.mark.parametrize("host", ["[", "a b", "x/y?z#", "évil", "", "a" * 5000, "127.0.0.1:99999999"])
def test_behind_a_hub_a_host_that_is_none_breaks_nothing(tmp_path, host):
    with desks.running(desks.settings(lay(tmp_path), identity="hub"), Known()) as desk:
        for place in ("/my", "/none", "/api/none", "/api/assignments/pdpo-basics/responses"):
            sent = f"GET {place} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nx-person: tom\r\n\r\n"
            code = int(raw(desk, sent.encode("latin-1")).split(b" ", 2)[1])
            assert code in ((200,) if place in ("/my", ADDRESSES["/api/assignments/{name}/responses"]) else (404,))
