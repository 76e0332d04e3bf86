"""From the LMS's page to the desk in Chromium, over https with a name for each service: in a window and in a frame."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.hub import lms as platform
from tests.hub.lti_campus import LTI_SECRET
from tests.hub.site import hosted

pytestmark = pytest.mark.browser
CONFIG = """
import yaml
from singmuk.hub.lti import configure_lti

here = Path(os.environ[stored.VARIABLE]).parent
told = {told!r} | {{"origin": stored.read(Path(os.environ[stored.VARIABLE])).address}}
(here / "lti.yml").write_text(yaml.safe_dump(told))
configure_lti(c, here / "lti.yml", {{"SINGMUK_LTI_SECRET": {secret!r}}})
"""
MY = re.compile(r"/services/desk/my$")


@pytest.fixture(scope="module")
def lms():
    """Run the LMS; the hub's address is told to it later, as in life."""
    with platform.running(platform.Lms("")) as found:
        yield found


@pytest.fixture(scope="module")
def site(lms):
    told = lms.settings | {"campaigns": [{"deployment": platform.DEPLOYMENT}]}
    room = "https://room.hub.test/"
    with hosted(tls=True, config=CONFIG.format(told=told, secret=LTI_SECRET), SINGMUK_DESK_ROOM=room) as running:
        lms.tool = running.site.address
        yield running


@pytest.fixture(scope="module")
def opened(chromium, site):
    """Run a browser that finds the hub's names on this machine."""
    with chromium(site) as open_page:
        yield open_page


@pytest.fixture
def context(opened, site, lms):
    """Give a fresh browser, and look afterwards at where it asked."""
    lms.target = f"{site.desk}my"
    found = opened().page.context
    asked: list[str] = []
    found.on("request", lambda request: asked.append(request.url))
    yield found
    found.close()
    places = {re.sub(r"^(https?://[^/]+).*", r"\1", url) for url in asked if not url.startswith(("data:", "blob:"))}
    elsewhere = lms.address.replace("localhost", "127.0.0.1")
    assert places <= {lms.address, elsewhere, site.site.address, site.desk.removesuffix("/services/desk/")}


def course(context, lms, person, **how):
    page = context.new_page()
    query = "&".join(f"{name}={value}" for name, value in how.items())
    page.goto(f"{lms.address}/course/{person}?{query}")
    return page


def test_a_learner_clicks_the_link_and_is_at_my_course(context, lms):
    page = course(context, lms, "4")
    page.locator("#here").click()
    expect(page).to_have_url(MY)
    expect(page.get_by_role("heading", name="My course")).to_be_visible()
    expect(page.get_by_role("link", name="Trainer's room")).to_have_count(0)
    held = {cookie["name"]: cookie for cookie in context.cookies()}
    assert not [name for name in held if "lti13" in name]  # both marks are used up
    # The hub's own `_xsrf` says nothing of who somebody is.
    assert {name for name, cookie in held.items() if not cookie["secure"]} <= {"lms", "_xsrf"}
    assert held["__Host-singmuk-hub"]["httpOnly"]


def test_an_instructor_in_a_window_of_its_own_finds_the_room(context, lms):
    page = course(context, lms, "8")
    with context.expect_page() as opened:
        page.locator("#window").click()
    expect(opened.value).to_have_url(MY)
    expect(opened.value.get_by_role("link", name="Trainer's room")).to_be_visible()


def test_a_link_names_an_assignment(context, lms, site):
    lms.target = f"{site.desk}assignments/pdpo-basics"
    page = course(context, lms, "5")
    page.locator("#here").click()
    expect(page).to_have_url(re.compile(r"/services/desk/assignments/pdpo-basics$"))
    expect(page.get_by_role("button", name=re.compile("begin", re.IGNORECASE))).to_be_visible()


def test_in_a_frame_of_the_lms_a_link_opens_a_window(context, lms):
    page = course(context, lms, "4", how="frame")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="The course opens in a window of its own")).to_be_visible()
    expect(frame.get_by_role("heading", name="課程會在新視窗開啟")).to_be_visible()
    with context.expect_page() as opened:
        frame.get_by_role("link", name="Open the course").click()
    expect(opened.value).to_have_url(MY)
    expect(opened.value.get_by_role("heading", name="My course")).to_be_visible()


def test_a_page_that_is_not_the_lms_cannot_frame_it(context, lms):
    page = context.new_page()
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        page.goto(f"{lms.address.replace('localhost', '127.0.0.1')}/course/4?how=frame")
    assert not [frame for frame in page.frames if frame.get_by_role("link", name="Open the course").count()]


def test_nobody_signed_in_at_the_lms_is_refused_in_words(context, lms):
    page = context.new_page()
    page.goto(f"{lms.address}/start/4")
    expect(page.get_by_role("heading", name="The learning platform did not confirm the sign-in")).to_be_visible()
    page.goto(f"{lms.tool}/hub/")
    expect(page.get_by_role("heading", name="Open the course from your learning platform")).to_be_visible()


def test_a_role_that_is_not_let_in_reads_why_and_the_page_is_accessible(context, lms):
    page = course(context, lms, "9")
    page.locator("#here").click()
    expect(page.get_by_role("heading", name="Your role does not open this course")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_people_at_one_computer_are_two_people(context, lms):
    for person, rooms in (("8", 1), ("4", 0), ("8", 1)):
        page = course(context, lms, person)
        page.locator("#here").click()
        expect(page).to_have_url(MY)
        expect(page.get_by_role("link", name="Trainer's room")).to_have_count(rooms)
