"""What the tests of the desk's pages share: a seat at the desk, an item's card, its keyboard, its status."""

from __future__ import annotations

import contextlib
import re
import time

from playwright.sync_api import expect

from singmuk import load
from singmuk.desk.store import FeedbackRow, open_office
from singmuk.feedback.page import Pages
from singmuk.feedback.results import Earned, Result

from .. import desks, nine
from ..conftest import ROOT
from .drive import Keyboard

NAME = nine.NAME
TEXT = "Dear contact, " + "we write to tell you plainly what happened to your data. " * 5
CHOOSE, BRANCH, WRITE, JUDGE = (nine.BY_KIND[kind] for kind in ("choose", "branch", "write", "judge"))
#: What of the desk stands in this browser.
PENDING = "Object.keys(localStorage).filter((key) => key.startsWith('singmuk-desk'))"


class DeskKeyboard(Keyboard):
    """Walks through one item of the desk's page by Tab."""

    def __init__(self, page, name):
        self.page = page
        self.card = page.locator(f"#item-{name} article.singmuk")
        self.card.wait_for()
        page.locator(f"#item-{name}").focus()


def lay(folder, pages):
    """Put releases and the built book into *folder* and return it."""
    made = desks.lay(folder)
    (made / "_build").mkdir()
    (made / "_build" / "html").symlink_to(pages)
    return made


def sit(watched, desk, path=f"assignments/{NAME}", **options):
    """Return a watched page of the *desk*, the notice read."""
    view = watched(**options)
    view.page.goto(f"{desk.address}/{path}")
    notice = view.page.locator("form button.sd-button")
    if notice.count():
        notice.click()
    if path == f"assignments/{NAME}":
        card(view.page, CHOOSE).wait_for()
    return view


def card(page, scenario):
    return page.locator(f"#item-{scenario.id} article.singmuk")


def status(page, scenario, words):
    """Wait until the item's own line says *words*."""
    expect(card(page, scenario).locator(".sm-kept").first).to_have_text(re.compile(words))


def choose(page, number=0):
    """Take the choice at the place *number*, and return its id."""
    radio = card(page, CHOOSE).locator("input[type=radio]").nth(number)
    radio.check()
    return radio.input_value()


def read(page):
    """Go to the end of a page of the book, and wait until it counts as read."""
    page.locator("#singmuk-page").wait_for(state="attached")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    until = time.monotonic() + 20
    while not page.evaluate("Object.keys(localStorage).some((key) => key.startsWith('singmuk-read:'))"):
        assert time.monotonic() < until
        page.wait_for_timeout(50)


def kept(desk, scenario, participant="me"):
    """Return what the desk's store holds of *scenario*."""
    found = desk.service.store.sitting(participant, NAME, desk.release(NAME)["release"]).entries.get(scenario.id)
    return found and found.response


def bar(page):
    return page.locator(".sd-save")


def feedback_page(points):
    """Return a page of feedback on pdpo-basics as `singmuk feedback` makes it, for *points* in its first item."""
    course = load.course(ROOT)
    assignment = course.assignments["pdpo-basics"]
    items = {place.id: Earned(place.points, 0.0) for place in assignment.scenarios}
    items[assignment.scenarios[0].id] = Earned(26, points)
    maker = Pages(assignment, course.scenarios, course.sources, ROOT / "scenarios" / "pictures")
    return maker.page(Result("me", items), None, "Nothing was handed in.")


def release_feedback(desk, points, passed=True):
    """Release feedback on pdpo-basics to the participant of the *desk*."""
    office = open_office(desk.service.settings.url)
    office.put_feedback("pdpo-basics", [FeedbackRow("me", feedback_page(points), points, 26, passed)])
    office.close()


class Line:
    """The way to the desk while it is cut."""

    def __init__(self, answer):
        self.answer, self.waiting, self.whole, self.held = answer, False, False, []

    def hold(self):
        """Have what is asked from now on wait for the end, lest the page be well again before it is looked at."""
        self.waiting = True

    def mend(self):
        """Let through what waits, and whatever is asked from now on."""
        self.whole = True
        for route in self.held:
            route.continue_()

    def take(self, route):
        if self.whole:
            route.continue_()
        elif self.waiting:
            self.held.append(route)
        elif self.answer:
            route.fulfill(**self.answer)
        else:
            route.abort()


@contextlib.contextmanager
def cut(page, pattern="**/responses/**", **answer):
    """Have the desk not answer what *pattern* names, or with *answer*; yield the line, to be held before the end."""
    line = Line(answer)
    page.route(pattern, line.take)
    yield line
    line.mend()
    page.unroute(pattern)


def faults(view):
    """Return what the browser complained of; that the network was cut or a page is unknown is no fault."""
    return [one for one in view.faults if "Failed to load resource" not in one and "net::ERR" not in one]
