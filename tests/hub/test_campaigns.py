"""Two campaigns' desks on one hub: what somebody is in one they are not in the other, and nothing of either mixes."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import create_engine, text

from tests.desk_campus import Browser
from tests.desk_wire import NOTE, shown
from tests.hub.campus import CAMPAIGNS, running, token, visit
from tests.submissions import NAME

__all__ = ["visit"]
FIRST, SPRING = CAMPAIGNS
DESKS = {"first": "/services/desk/", "spring": "/services/desk-spring/"}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with running(tmp_path_factory.mktemp("town"), (FIRST, "desk"), (SPRING, "desk")) as found:
        yield found


def answer(browser, base, said):
    """Answer one task on the page at *base*, as its script does; return what the desk says."""
    place = f"{base}assignments/{NAME}"
    page = browser.go(place)
    if 'id="singmuk-release"' not in page.text:
        mark = re.search(r'name="xsrf" value="([0-9a-f]{64})"', page.text).group(1)
        page = browser.go(f"{base}notice", xsrf=mark, next=place)
    data = shown(page.text)
    body = {"release": data["release"], "response": said, "confidence": None, "day": "2026-11-22"}
    address = browser.campus.at(f"{base}api/assignments/{NAME}/responses/{NOTE}")
    return browser.put(address, json=body, headers={"x-xsrf-token": data["xsrf"]})


@pytest.mark.parametrize(
    ("name", "mine", "other"),
    [(name, "first", "spring") for name in ("mei", "tara", "ann")]
    + [(one, "spring", "first") for one in ("sue", "sam")],
)
def test_who_is_on_one_list_is_refused_in_words_by_the_other(town, visit, name, mine, other):
    browser = visit(name, f"{DESKS[mine]}my")
    assert browser.page.status_code == 200
    page = browser.go(f"{DESKS[other]}my")
    assert page.status_code == 403 and "not on the list of this course" in page.text
    place = f"{DESKS[other]}api/assignments/{NAME}/responses"
    assert town.by_token("GET", place, name).json()["error"] == "refused-person"
    assert town.by_token("PUT", f"{place}/{NOTE}", name, json={}).status_code == 403


def test_neither_cookies_nor_answers_nor_numbers_mix(town, visit):
    people = {}
    for campaign, name in (("first", "mei"), ("spring", "sue")):
        browser = visit(name, f"{DESKS[campaign]}my")
        assert answer(browser, DESKS[campaign], f"of {campaign}").status_code == 200
        engine = create_engine(f"sqlite:///{town.folder / campaign / 'state' / 'desk.db'}")
        with engine.connect() as connection:
            rows = connection.execute(text("select participant, response from responses")).all()
        engine.dispose()
        assert [str(row[1]) for row in rows if "of " in str(row[1])] == [f'"of {campaign}"'], rows
        people[campaign] = {row[0] for row in rows}
    assert not people["first"] & people["spring"]
    assert len({(town.folder / one / "state" / "desk.secret").read_text() for one in DESKS}) == 2
    # One browser, signed in at both by two people in turn: each desk has cookies of its own.
    with Browser(town) as browser:
        browser.sign_in("mei", f"{DESKS['first']}my")
        browser.get(town.at("/hub/logout"))
        browser.sign_in("sue", f"{DESKS['spring']}my")
        names = {cookie.name for cookie in browser.cookies.jar}
        assert {"singmuk-hub", "singmuk-session", "singmuk-hub-desk-spring", "singmuk-session-desk-spring"} <= names
        taken = {"singmuk-hub": browser.cookies["singmuk-hub-desk-spring"]}
    place = town.at(f"{DESKS['first']}api/assignments/{NAME}/responses")
    assert httpx.get(place, cookies=taken).status_code == 401
    assert httpx.get(place, headers={"authorization": f"token {token('sue')}"}).status_code == 403


def test_the_mark_of_one_desk_changes_nothing_at_the_other(town, visit):
    browser = visit("mei", f"{DESKS['first']}my")
    assert answer(browser, DESKS["first"], "mine").status_code == 200
    data = shown(browser.go(f"{DESKS['first']}assignments/{NAME}").text)
    body = {"release": data["release"], "response": "theirs", "confidence": None, "day": "2026-11-22"}
    other = visit("sue", f"{DESKS['spring']}my")
    address = town.at(f"{DESKS['spring']}api/assignments/{NAME}/responses/{NOTE}")
    refused = other.put(address, json=body, headers={"x-xsrf-token": data["xsrf"]})
    assert (refused.status_code, refused.json()) == (403, {"error": "xsrf"})
