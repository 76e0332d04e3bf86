"""A trainer in Chromium: through the hub into the room, the four buttons, and from there the formgrader."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import browser, chromium_path, watched
from tests.browser.test_room import press
from tests.hub.campus import CAMPAIGNS, running
from tests.rooms import TASK
from tests.submissions import NAME

__all__ = ["browser", "chromium_path", "watched"]
pytestmark = pytest.mark.browser
FIRST, _ = CAMPAIGNS
ROOM, GRADER = "/services/room/", "/services/grader/"
#: nbconvert's template names a script of somebody else's; the policy keeps the browser from asking for it.
ABROAD = "cdnjs.cloudflare.com"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with running(tmp_path_factory.mktemp("town"), (FIRST, "room"), (FIRST, "grader")) as found:
        yield found


def sign_in(page, town, name, place):
    page.goto(town.site + place)
    page.locator("#username_input").fill(name)
    page.locator("#password_input").fill("open")
    page.locator("#login_submit").click()


def test_from_the_hubs_sign_in_to_feedback_and_a_text_read(town, watched):
    view = watched()
    page = view.page
    page.set_default_timeout(60_000)
    sign_in(page, town, "tara", ROOM)
    expect(page.get_by_role("heading", level=1)).to_have_text("Trainer’s room")
    assert page.url == town.site + ROOM
    assert "New: 11" in press(page, "collect")
    assert "Graded: 11" in press(page, "grade")
    assert "Released: 10" in press(page, "release")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("導師室")
    page.locator(f"#{NAME}-read a").click()
    page.wait_for_url(f"{town.site}{GRADER}formgrader/gradebook/{NAME}/{NAME}")
    rows = page.locator("#main-table tr")
    rows.nth(10).wait_for()
    assert view.faults == [] and view.foreign(town.site) == []
    with page.expect_response("**/api/grades*"), page.expect_response("**/api/comments*"):
        rows.first.locator("a").first.click()
    page.wait_for_load_state("networkidle")
    score = page.locator(f"input.score#{TASK}")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT") as saved:
        score.fill("3")
        score.blur()
    assert saved.value.status == 200 and saved.value.url.startswith(f"{town.site}{GRADER}")
    # Of what the policy keeps away, that script is all; the page says so, and that it is not there.
    assert [fault for fault in view.faults if ABROAD not in fault and fault != "MathJax is not defined"] == []
    assert [url for url in view.foreign(town.site) if ABROAD not in url] == []
    page.goto(town.site + ROOM)
    page.get_by_role("link", name="登出").click()
    page.goto(town.site + ROOM)
    expect(page.locator("#username_input")).to_be_visible()


def test_an_auditor_and_a_participant_see_what_is_theirs(town, watched):
    for name, said in (("ann", "As an auditor you see them and change nothing"), ("mei", "your account is neither")):
        view = watched()
        sign_in(view.page, town, name, ROOM)
        expect(view.page.locator("main")).to_contain_text(said)
        assert view.page.locator("button").count() == 0
        assert [fault for fault in view.faults if "403" not in fault] == []
