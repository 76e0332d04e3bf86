"""What the tests of the desk's pages share: a seat at the desk, an item's card, its keyboard, its status."""

from __future__ import annotations

import contextlib
import re

from playwright.sync_api import expect

from .. import desks, nine
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


def kept(desk, scenario, participant="me"):
    """Return what the desk's store holds of *scenario*."""
    found = desk.service.store.sitting(participant, NAME, desk.release(NAME)["release"]).entries.get(scenario.id)
    return found and found.response


def bar(page):
    return page.locator(".sd-save")


class Line:
    """The way to the desk while it is cut."""

    def __init__(self, answer):
        self.answer, self.waiting, self.held = answer, False, []

    def hold(self):
        """Have what is asked from now on wait for the end, lest the page be well again before it is looked at."""
        self.waiting = True

    def take(self, route):
        if self.waiting:
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
    page.unroute(pattern)
    for route in line.held:
        route.continue_()


def faults(view):
    """Return what the browser complained of; that the network was cut or a page is unknown is no fault."""
    return [one for one in view.faults if "Failed to load resource" not in one and "net::ERR" not in one]
