"""Room and formgrader as services of a real hub: who comes in and who does not, by cookie and by token."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from cryptography.fernet import Fernet
from jupyter_server.base.handlers import JupyterHandler
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from tornado.web import StaticFileHandler

from singmuk import trainer
from singmuk.desk.secret import Secret
from tests.desk_campus import Browser
from tests.hub.campus import CAMPAIGNS, SERVICE_TOKEN, running, token, visit
from tests.submissions import NAME

__all__ = ["visit"]
FIRST, SPRING = CAMPAIGNS
ROOM, GRADER = "/services/room/", "/services/grader/"
CHANGE = f"{ROOM}assignments/{NAME}/collect"
#: Everything that the formgrader answers, but for the files of its own package, which are anybody's.
ROUTES = [
    re.sub(r"\((?:\?P<\w+>)?(?:[^()]|\([^()]*\))*\)", "x", path).replace("/?", "")
    for path, handler, *_ in [*handlers.default_handlers, *apihandlers.default_handlers]
    if handler is not StaticFileHandler
]
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with running(tmp_path_factory.mktemp("town"), (FIRST, "room"), (FIRST, "grader"), (SPRING, "room")) as found:
        yield found


def xsrf(page):
    return re.search(r'name="xsrf" value="([0-9a-f]{64})"', page.text).group(1)


def press(browser, given, path=CHANGE, **headers):
    return browser.post(browser.campus.at(path), data={"xsrf": given}, headers=headers)


def begun(town):
    """Return how many jobs the room has run or begun, as its trainer sees it."""
    page = town.by_token("GET", ROOM, "tara").text
    return len(re.findall(r'data-id="', page))


# The room -----------------------------------------------------------------------------------------------------------


def test_a_trainer_signs_in_and_finds_everything_below_the_path(town, visit):
    browser = visit("tara", ROOM)
    page = browser.page
    assert page.status_code == 200 and browser.way[-1] == ROOM
    for address in re.findall(r'(?:href|src|action)="([^"]+)"', page.text):
        assert address.startswith(("#", "/services/room/", "/services/desk/", "/services/grader/")), address
    assert f'href="{GRADER}"' in page.text and 'href="/services/desk/"' in page.text
    for address in re.findall(r'(?:href|src)="(/services/room/static/[^"]+)"', page.text):
        assert browser.get(town.at(address)).status_code == 200
    assert browser.get(town.at("/services/room/")).headers["content-security-policy"].count("unsafe") == 0


def test_an_auditor_sees_numbers_and_no_button_and_changes_nothing(town, visit):
    browser = visit("ann", ROOM)
    assert browser.page.status_code == 200 and 'data-figure="handed-in"' in browser.page.text
    for shown in ("<button", "<form", "xsrf", GRADER, "sr-job"):
        assert shown not in browser.page.text
    theirs = xsrf(visit("tara", ROOM).page)
    for given in ("", theirs):
        answer = press(browser, given)
        assert answer.status_code == 403 and "Auditors see the numbers" in answer.text
    assert browser.get(town.at(f"{ROOM}jobs/x")).status_code == 403
    for action in ("collect", "grade", "regrade", "release"):
        path = f"{ROOM}assignments/{NAME}/{action}"
        assert town.by_token("POST", path, "ann", data={"reason": "x"}).status_code == 403
    assert begun(town) == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("mei", "for this course’s trainers and auditors"), ("sam", "not on the list"), ("abe", "not on the list"),
     ("sue", "not on the list"), ("ben", "not on the list")],
)  # fmt: skip
def test_nobody_else_enters_the_room(town, visit, name, said):
    browser = visit(name, ROOM)
    assert browser.page.status_code == 403 and said in browser.page.text and NAME not in browser.page.text
    assert not [cookie for cookie in browser.cookies.jar if cookie.name == "singmuk-hub-room"]
    headers = {"accept-language": "zh-HK", "authorization": f"token {token(name)}"}
    assert "帳戶" in httpx.get(town.at(ROOM), headers=headers).text
    for method, path in [("GET", ROOM), ("GET", f"{ROOM}jobs/x"), ("POST", CHANGE)]:
        assert town.by_token(method, path, name).status_code == 403, path
    assert begun(town) == 0


def test_the_cookie_of_one_service_or_another_person_opens_nothing(town, visit):
    mine = visit("tara", ROOM)
    held = mine.cookies["singmuk-hub-room"]
    theirs = visit("sam", "/services/room-spring/").cookies["singmuk-hub-room-spring"]
    forged = Fernet(Secret("f" * 64).fernet_key()).encrypt(f'{{"token": "{token("tara")}"}}'.encode()).decode()
    plain = token("tara")
    for name, value in [
        ("singmuk-hub-room", theirs), ("singmuk-hub-room", forged), ("singmuk-hub-room", plain),
        ("singmuk-hub-room", held[:-2] + "A="), ("singmuk-hub", held), ("singmuk-hub-room-spring", held),
    ]:  # fmt: skip
        answer = httpx.get(town.at(ROOM), cookies={name: value})
        assert answer.status_code == 302 and answer.headers["location"].startswith(f"{ROOM}login"), name
    # A trainer of spring is one there, and may not lead the first campaign.
    assert town.by_token("GET", "/services/room-spring/", "sam").status_code == 200
    assert town.by_token("GET", "/services/room-spring/", "tara").status_code == 403


def test_a_change_wants_this_sessions_mark_and_this_site(town, visit):
    browser, again = visit("tara", ROOM), visit("tara", ROOM)
    good, other = xsrf(browser.page), xsrf(again.page)
    assert good != other
    for given, headers in [
        ("", {}), ("x" * 64, {}), (other, {}), (good, {"sec-fetch-site": "cross-site"}),
        (good, {"sec-fetch-site": "same-site"}), (good, {"origin": "https://evil.example"}),
        (good, {"origin": f"http://127.0.0.1:{town.port}"}),
    ]:  # fmt: skip
        assert press(browser, given, **headers).status_code == 403, (given, headers)
    out = httpx.post(town.at(CHANGE), data={"xsrf": good})
    assert out.status_code == 401 and "signed out" in out.text
    told = httpx.post(town.at(CHANGE), data={"xsrf": good}, headers={"accept": "application/json"})
    assert told.status_code == 401 and "signed out" in told.json()["error"]
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert browser.request(method, town.at(CHANGE)).status_code == 405
    assert browser.post(town.at(ROOM)).status_code == 405
    assert begun(town) == 0


def test_no_secret_in_an_address_opens_the_room(town):
    for query in (f"token={token('tara')}", "token=x&next=desk"):
        answer = httpx.get(town.at(f"{ROOM}?{query}"))
        assert answer.status_code == 302 and answer.headers["location"].startswith(f"{ROOM}login")


def test_another_name_is_refused(town):
    for path in (ROOM, f"{GRADER}formgrader/gradebook"):
        headers = {"host": "evil.example", "authorization": f"token {token('tara')}"}
        assert httpx.get(town.at(path), headers=headers).status_code in (403, 421)


def test_the_way_back_takes_only_what_this_browser_began(town, visit):
    used = next(way for way in visit("tara", ROOM).way if "code=" in way)
    for service in (ROOM, GRADER):
        for query in ({}, {"code": "x"}, {"code": "x", "state": "y"}, {"error": "access_denied", "state": "é"}):
            answer = httpx.get(town.at(f"{service}oauth_callback?{urlencode(query)}"))
            assert answer.status_code == 403 and "Signing in took too long" in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "singmuk-hub" not in str(answer.headers.get_list("set-cookie"))
    assert httpx.get(town.at(used)).status_code == 403
    with Browser(town) as browser:
        page = browser.sign_in("tara", f"{ROOM}login?next=https://evil.example/")
        assert page.status_code == 200 and browser.way[-1] == ROOM


# The formgrader -----------------------------------------------------------------------------------------------------


def test_the_formgrader_takes_its_trainers_and_leads_below_its_path(town, visit):
    browser = visit("tara", f"{GRADER}?to=gradebook/{NAME}/{NAME}")
    assert browser.page.status_code == 200 and browser.way[-1] == f"{GRADER}formgrader/gradebook/{NAME}/{NAME}"
    rules = browser.page.headers["content-security-policy"]
    assert rules == trainer.POLICY and browser.page.headers["x-frame-options"] == "DENY"
    for address in re.findall(r'(?:href|src)="(/[^"]+)"', browser.page.text):
        assert address.startswith(GRADER), address
    names = {cookie.name: cookie for cookie in browser.cookies.jar}
    assert names["service-grader"].path == GRADER
    for path in ("api/kernels", "api/terminals", "api/contents", "nbconvert/html/x", "lab", "terminals/1"):
        assert browser.get(town.at(GRADER + path)).status_code in (403, 404), path
    for path in ("files/state/desk.db", "files/state/desk.secret", "view/scenarios/x", "tree/state", "edit/desk.yml"):
        answer = browser.get(town.at(GRADER + path))
        assert answer.status_code == 200 and answer.text.startswith(trainer.ELSEWHERE), path


@pytest.mark.parametrize("name", ["mei", "ann", "sam"])
def test_nobody_but_a_trainer_opens_any_route_of_the_formgrader(town, visit, name):
    assert len(ROUTES) > 30
    browser = visit(name, f"{GRADER}formgrader/gradebook")
    assert browser.page.status_code == 403 and "導師" in browser.page.text
    for route in [*ROUTES, "/", "/formgrader/anything", "/formgrader/static/css/formgrade.css"]:
        path = GRADER.rstrip("/") + route
        by_cookie = browser.get(town.at(path))
        assert by_cookie.status_code == 403, path
        assert town.by_token("GET", path, name).status_code == 403, path
    for route in [one for one in ROUTES if "/api/" in one]:
        path = GRADER.rstrip("/") + route
        for method in ("POST", "PUT"):
            assert browser.request(method, town.at(path), json={}).status_code == 403, path
            assert town.by_token(method, path, name, json={}).status_code == 403, path


def test_without_a_sign_in_the_formgrader_shows_and_changes_nothing(town):
    for route in ROUTES:
        path = town.at(GRADER.rstrip("/") + route)
        for method in METHODS:
            answer = httpx.request(method, path)
            there = answer.headers.get("location", "")
            assert answer.status_code in (403, 405) or "/oauth2/authorize" in there, (method, route)
        script = httpx.get(path, headers={"sec-fetch-mode": "cors"})
        assert script.status_code in (401, 403, 405), route


def test_a_mark_is_changed_with_the_xsrf_of_the_session_alone(town, visit):
    browser = visit("tara", f"{GRADER}formgrader/manage_students")
    place, body = town.at(f"{GRADER}formgrader/api/student/p-new"), {"first_name": "x", "last_name": "", "email": ""}
    good = next(cookie.value for cookie in browser.cookies.jar if (cookie.name, cookie.path) == ("_xsrf", GRADER))
    other = visit("tara", f"{GRADER}formgrader/manage_students")
    theirs = next(cookie.value for cookie in other.cookies.jar if (cookie.name, cookie.path) == ("_xsrf", GRADER))
    for given in ("", "x", theirs):
        assert browser.put(place, json=body, headers={"x-xsrftoken": given}).status_code == 403, given
    assert town.by_token("GET", f"{GRADER}formgrader/api/student/p-new", "tara").status_code == 404
    assert browser.put(place, json=body, headers={"x-xsrftoken": good}).status_code == 200
    assert town.by_token("GET", f"{GRADER}formgrader/api/student/p-new", "tara").status_code == 200


def test_every_handler_of_the_formgrader_asks_who_it_is():
    for path, handler, *_ in [*handlers.default_handlers, *apihandlers.default_handlers]:
        assert issubclass(handler, JupyterHandler) or handler is StaticFileHandler, path


# Both ---------------------------------------------------------------------------------------------------------------


def test_while_the_hub_is_away_both_say_so_and_then_go_on(town, visit):
    browser = visit("tara", ROOM)
    assert browser.go(f"{GRADER}formgrader/gradebook").status_code == 200
    assert town.by_token("GET", ROOM, "tara").status_code == 200
    town.stop()
    try:
        assert town.by_token("GET", ROOM, "tara").status_code in (200, 503)  # believed for a minute
        for path in (ROOM, f"{GRADER}formgrader/gradebook", f"{GRADER}formgrader/api/assignments"):
            answer = httpx.get(town.at(path), headers={"authorization": "token never-seen-before"}, timeout=30)
            assert answer.status_code == 503 and "does not answer" in answer.text
            headers = {"authorization": "token nor-this", "accept-language": "zh-HK"}
            assert "沒有回應" in httpx.get(town.at(path), headers=headers, timeout=30).text
            assert "127.0.0.1" not in answer.text and "Traceback" not in answer.text
        assert httpx.get(town.at(f"{ROOM}healthz")).status_code == 200
    finally:
        town.start()
    with Browser(town) as later:
        assert later.sign_in("ann", ROOM).status_code == 200
    assert town.by_token("GET", f"{GRADER}formgrader/api/assignments", "tara").status_code == 200


def test_nothing_that_grading_starts_and_no_page_holds_the_hubs_token(town, visit):
    browser = visit("tara", ROOM)
    given = xsrf(browser.page)
    answer = press(browser, given, accept="application/json")
    assert answer.status_code == 202
    seen = []
    until = time.monotonic() + 60
    while not browser.get(town.at(f"{ROOM}jobs/{answer.json()['id']}")).json()["over"]:
        assert time.monotonic() < until
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if b"singmuk.desk.room.worker" in (path / "cmdline").read_bytes():
                    seen.append((path / "environ").read_bytes())
            except OSError:
                continue
        time.sleep(0.01)
    assert seen and not [one for one in seen if b"JUPYTERHUB" in one or SERVICE_TOKEN.encode() in one]
    pages = [browser.get(town.at(path)).text for path in (ROOM, f"{GRADER}nowhere", f"{GRADER}formgrader/nowhere")]
    pages += [httpx.get(town.at(f"{GRADER}nowhere")).text, town.log("room"), town.log("grader")]
    assert not [page for page in pages if SERVICE_TOKEN in page or "Traceback" in page]
    assert os.environ.get("JUPYTERHUB_API_TOKEN") is None
