"""The desk under a real JupyterHub: who signs in is known by the hub, under a number, with the power of their group."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from singmuk.desk.secret import Secret
from tests.desk_campus import BASE, ROOM, TOKEN, Browser, browser, campus
from tests.desk_processes import SECRET
from tests.desk_wire import NOTE, shown

__all__ = ["browser", "campus"]


def by_token(campus, name, path="api/assignments/pdpo-basics/responses", sort="token", **more):
    headers = {"authorization": f"{sort} {name}-token-0123456789abcdef", **more}
    return httpx.get(campus.at(BASE + path), headers=headers, timeout=30)


def test_signing_in_leads_through_the_hub_and_back(campus, browser):
    page = browser.sign_in("mei-ling", BASE + "assignments/pdpo-basics")
    assert page.status_code == 200 and browser.way[-1] == BASE + "assignments/pdpo-basics"
    assert [address.partition("?")[0] for address in browser.way[1:]] == [
        "/hub/api/oauth2/authorize", f"{BASE}oauth_callback", f"{BASE}assignments/pdpo-basics",
    ]  # fmt: skip
    held = {cookie.name: cookie for cookie in browser.cookies.jar}
    assert {"singmuk-hub", "singmuk-session"} <= set(held) and "singmuk-hub-state" not in held
    assert "mei" not in held["singmuk-hub"].value
    token = re.search(r'name="xsrf" value="([0-9a-f]{64})"', page.text).group(1)
    page = browser.go(BASE + "notice", xsrf=token, next=BASE + "assignments/pdpo-basics")
    data = shown(page.text)
    body = {"release": data["release"], "response": "by cookie", "confidence": None, "day": "2026-11-22"}
    place = campus.at(f"{BASE}api/assignments/pdpo-basics/responses/{NOTE}")
    assert browser.put(place, json=body).json() == {"error": "xsrf"}
    assert browser.put(place, json=body, headers={"x-xsrf-token": data["xsrf"]}).status_code == 200
    # The same participant, whichever way: a notebook comes with a token and needs no page.
    for sort in ("token", "Bearer"):
        assert by_token(campus, "mei-ling", sort=sort).json()["given"][NOTE]["response"] == "by cookie"
    headers = {"authorization": "token mei-ling-token-0123456789abcdef"}
    assert httpx.put(place, json=body | {"response": "by token"}, headers=headers).status_code == 200
    assert shown(browser.go(BASE + "assignments/pdpo-basics").text)["given"][NOTE]["response"] == "by token"


def test_the_database_and_the_log_know_a_number_that_only_the_secret_leads_to(campus):
    assert by_token(campus, "mei-ling").json()["given"]
    engine = create_engine(f"sqlite:///{campus.folder / 'course' / 'state' / 'desk.db'}")
    with engine.connect() as connection:
        people = set(connection.execute(text("select participant from responses")).scalars())
    engine.dispose()
    assert people == {Secret(SECRET).number("mei-ling")}
    files = [*(campus.folder / "course" / "state").iterdir(), campus.desk.log]
    assert len(files) >= 2
    for path in files:
        content = path.read_bytes()
        for name in (b"mei-ling", b"tara", b"token-0123", TOKEN.encode()):
            assert name not in content, (path.name, name)
    assert b"by token" not in campus.desk.log.read_bytes() and b"Traceback" not in campus.desk.log.read_bytes()


@pytest.mark.parametrize(("name", "sees"), [("mei-ling", False), ("ann", False), ("tara", True)])
def test_the_group_decides_who_sees_the_trainers_room(campus, browser, name, sees):
    page = browser.sign_in(name)
    assert page.status_code == 200 and (ROOM in page.text) is sees


def test_whoever_has_no_access_is_refused_in_words(campus, browser):
    page = browser.sign_in("olaf")
    assert page.status_code == 403 and "/hub/api/oauth2/authorize" in browser.way[-1]  # the hub itself says so
    for name, said in [("olaf", "does not let this account"), ("ben", "is not on the list of this course")]:
        assert by_token(campus, name).json()["error"] == "refused-person"
        answer = by_token(campus, name, "my")
        assert answer.status_code == 403 and said in answer.text
        assert by_token(campus, name).status_code == 403
    with Browser(campus) as other:
        page = other.sign_in("ben")
        assert page.status_code == 403 and "is not on the list" in page.text
        assert "singmuk-hub" not in {cookie.name for cookie in other.cookies.jar}


@pytest.mark.parametrize(
    ("name", "said"), [("olaf", "hub不容許這個帳戶使用本課程"), ("ben", "這個帳戶不在本課程的名單上")]
)
def test_a_refusal_is_in_the_readers_language(campus, name, said):
    for header in ({"accept-language": "zh-HK,zh;q=0.9"}, {"cookie": "singmuk-language=zh"}):
        page = by_token(campus, name, "my", **header)
        assert page.status_code == 403 and f"{said}。請向導師查詢。" in page.text and "你未獲准使用" in page.text
        assert '<html lang="zh-Hant-HK">' in page.text and "Ask your trainer" not in page.text


def test_who_is_refused_on_the_way_back_can_read_why_in_the_other_language(campus, browser):
    page = browser.sign_in("ben")
    assert page.status_code == 403 and f"{BASE}oauth_callback" in browser.way[-1]
    switch = html.unescape(re.search(r'class="sd-language" href="([^"]+)"', page.text).group(1))
    page = browser.go(switch)
    assert page.status_code == 403 and "不在本課程的名單上" in page.text


@pytest.mark.parametrize(
    "header", ["token x", "Bearer " + "x" * 600, "Basic bWVpOm9wZW4=", "token", f"token {TOKEN}", "tokén x"]
)
def test_a_token_that_the_hub_does_not_know_is_nobody(campus, header):
    answer = httpx.get(
        campus.at(BASE + "api/assignments/pdpo-basics/responses"),
        headers={"authorization": header.encode()},
        timeout=30,
    )
    expected = {401: "signed-out", 403: "refused-person"}  # the last is the desk's own, and that is no participant
    assert answer.json()["error"] == expected[403 if TOKEN in header else 401], answer.text


def test_a_cookie_that_was_altered_or_made_elsewhere_is_nobodys(campus, browser):
    browser.sign_in("mei-ling")
    good = browser.cookies["singmuk-hub"]
    place = campus.at(BASE + "api/assignments/pdpo-basics/responses")
    assert httpx.get(place, cookies={"singmuk-hub": good}).status_code == 200
    other = Fernet(Secret("f" * 64).fernet_key()).encrypt(b'{"token": "mei-ling-token-0123456789abcdef"}').decode()
    state = Fernet(Secret(SECRET).fernet_key()).encrypt(b'{"state": "x", "after": "/"}').decode()
    for bad in (
        good[:-2] + "A=",
        good[:40] + "x" + good[41:],
        other,
        state,
        "mei-ling",
        "",
        "a" * 4000,
        "é".encode().decode("latin-1"),
    ):
        answer = httpx.get(place, headers={"cookie": f"singmuk-hub={bad}".encode("latin-1")})
        assert answer.status_code == 401, bad
    # With the cookie of one and the page's token of another nothing can be changed.
    with Browser(campus) as tara:
        tara.sign_in("tara")
        session = tara.cookies["singmuk-session"]
        token = Secret(SECRET).xsrf(session, Secret(SECRET).number("tara"))
        cookies = {"singmuk-hub": good, "singmuk-session": session}
        answer = httpx.put(f"{place}/{NOTE}", json={}, headers={"x-xsrf-token": token}, cookies=cookies)
        assert answer.status_code in (403, 422)
        body = {
            "release": campus.desk.release["release"],
            "response": "stolen",
            "confidence": None,
            "day": "2026-11-22",
        }
        answer = httpx.put(f"{place}/{NOTE}", json=body, headers={"x-xsrf-token": token}, cookies=cookies)
        assert (answer.status_code, answer.json()) == (403, {"error": "xsrf"})


def test_the_way_back_takes_only_what_this_browser_began(campus, browser):
    browser.sign_in("kim")
    code = re.search(r"code=([^&]+)", next(way for way in browser.way if "code=" in way)).group(1)
    used = next(way for way in browser.way if "code=" in way)
    with Browser(campus) as other:
        for query in (
            {},
            {"code": code},
            {"code": code, "state": "x"},
            {"error": "access_denied"},
            {"code": "", "state": ""},
        ):
            answer = other.get(campus.at(f"{BASE}oauth_callback?{urlencode(query)}"))
            assert answer.status_code == 403 and "Open the course again" in answer.text
        answer = other.get(campus.at(f"{BASE}oauth_callback"), headers={"accept-language": "zh-HK"})
        assert answer.status_code == 403 and "登入需時過長，或在另一個視窗開始" in answer.text
        assert other.get(campus.at(used)).status_code == 403  # the address of another's way back
        begun = other.get(campus.at(f"{BASE}login?next={BASE}my"))
        state = re.search(r"state=([^&]+)", begun.headers["location"]).group(1)
        for bad in (state[:-1], "", "x", "é"):
            assert (
                other.get(campus.at(f"{BASE}oauth_callback?{urlencode({'code': code, 'state': bad})}")).status_code
                == 403
            )
        answer = other.get(campus.at(f"{BASE}oauth_callback?{urlencode({'code': code, 'state': state})}"))
        assert answer.status_code == 403 and "did not confirm" in answer.text  # the code was used
        state = re.search(r"state=([^&]+)", other.get(campus.at(f"{BASE}login")).headers["location"]).group(1)
        query = urlencode({"code": code, "state": state})
        answer = other.get(campus.at(f"{BASE}oauth_callback?{query}"), headers={"accept-language": "zh-HK"})
        assert answer.status_code == 403 and "hub未能確認登入" in answer.text
        assert "singmuk-hub" not in {cookie.name for cookie in other.cookies.jar}


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example", "/hub/logout", f"{BASE}../../hub/logout",
                                   f"{BASE}%2e%2e/%2e%2e/hub/logout", "javascript:alert(1)", ""])  # fmt: skip
def test_signing_in_leads_nowhere_else(campus, browser, after):
    browser.sign_in("mei-ling")
    browser.go(f"{BASE}login?{urlencode({'next': after})}")
    assert browser.way[-2:] == [BASE, f"{BASE}my"]


def test_signing_out_forgets_the_browser(campus, browser):
    browser.sign_in("mei-ling")
    answer = browser.get(campus.at(BASE + "logout"))
    assert answer.headers["location"] == "/hub/logout"
    assert "singmuk-hub" not in {cookie.name for cookie in browser.cookies.jar}
    page = browser.go(BASE + "my")
    assert page.status_code == 200 and BASE + "my" in browser.way  # the hub still knows them until it is told


def test_while_the_hub_is_away_the_desk_says_so_and_then_goes_on(campus, browser):
    known = by_token(campus, "mei-ling")
    assert known.status_code == 200
    campus.stop()
    try:
        assert by_token(campus, "mei-ling").status_code == 200  # believed for a minute
        answer = by_token(campus, "kim")
        assert (answer.status_code, answer.json()["error"]) == (503, "busy")
        page = by_token(campus, "kim", "my")
        assert page.status_code == 503 and "does not answer" in page.text and "127.0.0.1" not in page.text
        page = by_token(campus, "kim", "my", **{"accept-language": "zh-HK"})
        assert page.status_code == 503 and "負責確認身分的hub沒有回應" in page.text
        assert httpx.get(campus.at(BASE + "healthz")).status_code == 200
        assert httpx.get(campus.at(BASE + "book/course/page.html")).status_code == 200
    finally:
        campus.start()
    assert by_token(campus, "lou").status_code == 200
    assert browser.sign_in("lou").status_code == 200
    assert "Traceback" not in campus.desk.log.read_text(encoding="utf-8")
