"""How the desk's pages look: each state accessible, in both languages, narrow, dark, by keyboard, on paper."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from singmuk.lang import Text

from .. import desks, nine
from .seats import (
    CHOOSE,
    JUDGE,
    NAME,
    TEXT,
    WRITE,
    DeskKeyboard,
    bar,
    card,
    choose,
    cut,
    faults,
    lay,
    release_feedback,
    sit,
    status,
)

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS = [
    pytest.param({"locale": "en-GB"}, id="English"),
    pytest.param({"locale": "zh-HK", "color_scheme": "dark"}, id="Chinese, dark"),
    pytest.param({"locale": "en-GB", "viewport": {"width": 320, "height": 640}}, id="320 pixels"),
    pytest.param({"locale": "zh-HK", "forced_colors": "active"}, id="forced colours"),
]
CONTACT = Text(en="the training team, training@example.hk", zh="培訓組 training@example.hk")


@pytest.fixture(scope="module")
def root(tmp_path_factory, pages):
    return lay(tmp_path_factory.mktemp("looks") / "course", pages)


@pytest.fixture
def settings(root, tmp_path):
    soon = {NAME: datetime.now(UTC) + timedelta(days=3)}
    database = f"sqlite:///{tmp_path / 'desk.db'}"
    return desks.settings(root, database=database, contact=CONTACT, room="http://127.0.0.1:1/", closes=soon)


@pytest.fixture
def desk(settings):
    with desks.running(settings) as running:
        yield running


def look(page, what):
    """Find nothing wrong with what is shown, and nothing that sticks out."""
    found = Axe().run(page, options=RULES)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == [], what
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], what


@pytest.mark.parametrize("options", LOOKS)
def test_every_state_of_the_assignment_is_accessible(settings, desk, watched, options):
    view = watched(**options)
    page = view.page
    page.goto(f"{desk.address}/assignments/{NAME}")
    look(page, "notice")
    page.locator("form button").click()
    card(page, CHOOSE).wait_for()
    look(page, "fresh")
    card(page, WRITE).locator("textarea").fill(TEXT)
    choose(page)
    status(page, CHOOSE, "^(Saved|已儲存)$")
    look(page, "saved")
    answers = {
        "signed out": {"status": 401, "body": '{"error": "signed-out", "login": "/login"}'},
        "changed": {"status": 409, "body": '{"error": "release"}'},
        "offline": {},
    }
    for number, (name, answer) in enumerate(answers.items()):
        with cut(page, **answer) as line:
            choose(page, number + 1)
            expect(bar(page)).to_have_class(re.compile("sd-trouble"))
            page.locator('[data-focus="hand-in"]').click()
            expect(page.locator(".sx-message.sx-bad")).not_to_be_empty()
            look(page, name)
            if name == "offline":
                line.hold()
                bar(page).locator("button").click()
    expect(bar(page)).not_to_have_class(re.compile("sd-trouble"))
    look(page, "back")
    page.locator('[data-focus="hand-in"]').click()
    expect(page.locator(".sx-receipts li")).to_have_count(1)
    look(page, "handed in")
    assert faults(view) == [] and view.foreign(desk.address) == []


@pytest.mark.parametrize("options", LOOKS)
def test_every_other_page_is_accessible(settings, desk, watched, options):
    client = desk.client()
    assert desk.save(client, CHOOSE.id, CHOOSE.best(), NAME).status_code == 200
    view = watched(**options)
    for state in ("begun", "handed in", "feedback"):
        if state == "handed in":
            desk.hand_in(client, name=NAME)
            desk.hand_in(client, name=NAME, token="1" * 32)
        for passed in (None, False, True) if state == "feedback" else ():
            release_feedback(desk, 20, passed)
            view.page.goto(f"{desk.address}/my")
            look(view.page, f"my course, passed {passed}")
        view.page.goto(f"{desk.address}/my")
        view.page.locator("summary").first.click()
        look(view.page, f"my course, {state}")
    view.page.goto(f"{desk.address}/assignments/pdpo-basics/feedback")
    expect(view.page.locator(".sf-way:visible a")).to_have_count(2)
    look(view.page, "feedback")
    view.page.emulate_media(media="print")
    expect(view.page.locator(".sf-way:visible")).to_have_count(0)
    view.page.emulate_media(media="screen")
    for place in ("receipts/1", "receipts/2", "feedback", "plain"):
        view.page.goto(f"{desk.address}/assignments/{NAME}/{place}")
        look(view.page, place)
    view.page.goto(f"{desk.address}/nowhere")
    look(view.page, "nowhere")
    assert faults(view) == [] and view.foreign(desk.address) == []


@pytest.mark.parametrize("options", LOOKS)
def test_a_closed_assignment_is_accessible(settings, desk, watched, options):
    client = desk.client()
    assert desk.save(client, CHOOSE.id, CHOOSE.best(), NAME).status_code == 200
    assert desk.save(client, WRITE.id, TEXT * 5, NAME).status_code == 200
    past = settings.model_copy(update={"closes": {NAME: datetime.now(UTC)}, "port": desks.free_port(8900)})
    with desks.running(past) as closed:
        page = sit(watched, closed, **options).page
        assert card(page, CHOOSE).locator("input").first.is_disabled()
        look(page, "closed")
        page.goto(f"{closed.address}/my")
        look(page, "my course")


def test_from_my_course_to_the_receipt_by_keyboard_alone(desk, watched):
    page = watched().page
    page.goto(f"{desk.address}/my")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the content
    assert page.evaluate("document.activeElement.id") == "content"

    def to(selector):
        for _ in range(200):
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return page.keyboard.press("Enter")
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {selector}")

    to(f"a[href$='assignments/{NAME}']")
    page.locator("form").wait_for()
    to("form button")
    card(page, CHOOSE).wait_for()
    DeskKeyboard(page, CHOOSE.id).answer(CHOOSE, CHOOSE.best())
    status(page, CHOOSE, "^Saved$")
    to("[data-focus='hand-in']")
    expect(page.locator(".sx-message.sx-good")).to_be_visible()
    assert page.evaluate("document.activeElement.dataset.focus") == "hand-in"
    to("a[href$='receipts/1']")
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipt 1")


def test_nothing_that_has_the_focus_is_under_the_bar(desk, watched):
    page = sit(watched, desk, viewport={"width": 320, "height": 640}, reduced_motion="reduce").page
    with cut(page):
        choose(page)
        expect(bar(page)).to_have_class(re.compile("sd-trouble"))
        for _ in range(40):
            page.keyboard.press("Tab")
            page.wait_for_timeout(60)
            hidden = page.evaluate("""() => {
              const active = document.activeElement, bar = document.querySelector(".sd-save");
              if (bar.contains(active) || getComputedStyle(bar).position !== "sticky") return false;
              const [a, b] = [active.getBoundingClientRect(), bar.getBoundingClientRect()];
              return a.height < 300 && a.top >= b.top && a.top < b.bottom ? active.outerHTML : false;
            }""")
            assert not hidden
        page.context.set_offline(True)


@pytest.mark.parametrize(
    ("mode", "system", "dark"),
    [("dark", "light", True), ("light", "dark", False), ("auto", "dark", True), ("", "light", False)],
)
def test_light_and_dark_are_as_chosen_in_the_book(desk, watched, mode, system, dark):
    page = watched(color_scheme=system).page
    page.goto(f"{desk.address}/my")
    page.evaluate("(mode) => mode && localStorage.setItem('mode', mode)", mode)
    for place in ("my", f"assignments/{NAME}"):
        page.goto(f"{desk.address}/{place}")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(17, 23, 26)" if dark else "rgb(238, 243, 241)")
        paper = page.evaluate("getComputedStyle(document.querySelector('.sd-card, .sd-part-card')).backgroundColor")
        assert paper == ("rgb(26, 33, 36)" if dark else "rgb(255, 255, 255)")


def test_a_receipt_is_one_sheet_of_paper_without_what_belongs_to_the_screen(desk, watched):
    client = desk.client()
    desk.save(client, CHOOSE.id, CHOOSE.best(), NAME)
    desk.hand_in(client, name=NAME)
    page = watched(color_scheme="dark").page
    page.goto(f"{desk.address}/assignments/{NAME}/receipts/1")
    expect(page.locator("[data-print]")).to_be_visible()
    page.emulate_media(media="print")
    for gone in (".sd-header", ".sd-footer", "[data-print]"):
        expect(page.locator(gone)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(28, 42, 49)"
    assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) == 1


def test_the_language_changes_at_an_item_and_in_the_header_and_keeps_the_place(desk, watched):
    page = sit(watched, desk).page
    card(page, JUDGE).get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-HK")
    expect(page.locator(".sd-nav")).to_contain_text("我的課程")
    expect(card(page, JUDGE)).to_be_in_viewport()
    wanted = choose(page)
    status(page, CHOOSE, "^已儲存$")
    page.locator(".sd-language").click()
    expect(page.locator(".sd-nav")).to_contain_text("My course")
    expect(card(page, CHOOSE).locator(f"input[value='{wanted}']")).to_be_checked()
    # Without a connection the page itself changes all the same.
    page.context.set_offline(True)
    card(page, CHOOSE).get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(nine.ASSIGNMENT.title.zh)
    page.context.set_offline(False)
