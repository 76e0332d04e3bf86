"""The desk in a real browser: saved at once, nothing lost offline, in two tabs, on two devices, in both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .. import desks, nine
from .seats import BRANCH, CHOOSE, NAME, TEXT, DeskKeyboard, card, choose, kept, lay, release_feedback, status

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def root(tmp_path_factory, pages):
    return lay(tmp_path_factory.mktemp("desk") / "course", pages)


@pytest.fixture
def desk(root, tmp_path):
    with desks.running(desks.settings(root, database=f"sqlite:///{tmp_path / 'desk.db'}")) as running:
        yield running


@pytest.fixture
def seat(desk, watched):
    """Give a function that opens a page of the desk; the notice is read once."""
    views = []

    def open_page(path=f"assignments/{NAME}", **options):
        view = watched(**options)
        views.append(view)
        view.page.goto(f"{desk.address}/{path}")
        begin = view.page.get_by_role("button", name=re.compile("begin|開始練習"))
        if begin.count() and view.page.locator("form").count():
            begin.click()
            view.page.locator("article.singmuk").first.wait_for()
        return view

    yield open_page
    for view in views:
        assert view.foreign(desk.address) == []


def test_all_kinds_by_keyboard_saved_handed_in_with_a_receipt(desk, seat):
    view = seat()
    page = view.page
    for scenario in nine.SCENARIOS.values():
        given = TEXT if scenario.kind == "write" else scenario.best()
        DeskKeyboard(page, scenario.id).answer(scenario, given)
        status(page, scenario, "^Saved$")
        if scenario.automatic:
            assert scenario.share(kept(desk, scenario)) == 1.0
    expect(page.locator("#finish")).to_contain_text("9 of 9 answered")
    button = page.get_by_role("button", name="Hand in", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sx-message.sx-good")).to_contain_text("Handed in: 9 of 9 answered")
    page.get_by_role("link", name="Open and print receipt 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipt 1")
    made = desk.service.store.receipts("me", NAME)[0]
    expect(page.locator("main")).to_contain_text(made.sha256)
    page.get_by_role("link", name="Back to the assignment").click()
    for scenario in nine.SCENARIOS.values():
        expect(card(page, scenario)).to_be_visible()
    expect(page.locator("#finish")).to_contain_text("9 of 9 answered")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('singmuk-desk')).length") == 0
    assert view.faults == []


def test_the_notice_stands_before_the_first_item_and_is_shown_once(desk, watched):
    page = watched().page
    page.goto(f"{desk.address}/assignments/{NAME}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Before you begin")
    assert page.locator("article.singmuk").count() == 0
    page.get_by_role("button").click()
    expect(page.locator("article.singmuk").first).to_be_visible()
    page.goto(f"{desk.address}/assignments/pdpo-basics")
    expect(page.locator("article.singmuk").first).to_be_visible()


def test_offline_in_the_middle_an_answer_is_kept_said_and_saved_later(desk, seat):
    page = seat().page
    page.context.set_offline(True)
    choose(page)
    status(page, CHOOSE, "Not saved yet: no connection")
    assert kept(desk, CHOOSE) is None
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.locator(".sx-message.sx-bad")).to_contain_text("not saved yet")
    choose(page, 1)
    page.context.set_offline(False)
    status(page, CHOOSE, "^Saved$")
    wanted = card(page, CHOOSE).locator("input[type=radio]").nth(1).input_value()
    assert kept(desk, CHOOSE) == wanted


def test_an_answer_on_its_way_survives_a_reload_and_a_closed_tab(desk, seat):
    page = seat().page
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/responses/**", lambda route: route.abort())
    choose(page)
    status(page, CHOOSE, "Not saved yet")
    page.reload()
    expect(card(page, CHOOSE).locator("input[type=radio]").first).to_be_checked()
    other = page.context.new_page()
    page.close()
    other.goto(f"{desk.address}/assignments/{NAME}")
    status(other, CHOOSE, "^Saved$")
    assert kept(desk, CHOOSE) == card(other, CHOOSE).locator("input[type=radio]").first.input_value()


def test_a_desk_that_stops_in_the_middle_gets_the_answer_when_it_is_back(root, tmp_path, seat, desk):
    page = seat().page
    desk.server.should_exit = True
    page.wait_for_timeout(1500)
    choose(page)
    status(page, CHOOSE, "Not saved yet: no connection")
    again = desks.settings(root, database=f"sqlite:///{tmp_path / 'desk.db'}", port=desk.service.settings.port)
    with desks.running(again) as running:
        status(page, CHOOSE, "^Saved$")
        assert kept(running, CHOOSE)


def test_two_tabs_and_two_devices_show_the_newest(desk, seat):
    first, second = seat().page, seat().page
    choose(first)
    status(first, CHOOSE, "^Saved$")
    choose(second, 2)
    status(second, CHOOSE, "^Saved$")
    first.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(card(first, CHOOSE).locator("input[type=radio]").nth(2)).to_be_checked()
    status(first, CHOOSE, "Changed on another page or device")


def test_a_story_left_in_the_middle_goes_on_after_a_reload_and_counts_at_its_end(desk, seat):
    page = seat().page
    way = BRANCH.best()
    assert len(way) > 1
    card(page, BRANCH).locator(
        "button.sm-choice, .sm-choices button, input[type=radio]"
    ).first.scroll_into_view_if_needed()
    DeskKeyboard(page, BRANCH.id).answer(BRANCH, way[:1])
    status(page, BRANCH, "counts once you reach an ending")
    assert kept(desk, BRANCH) is None
    page.reload()
    DeskKeyboard(page, BRANCH.id).answer(BRANCH, way[1:])
    status(page, BRANCH, "^Saved$")
    assert kept(desk, BRANCH) == way


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param((401, '{"error": "signed-out", "login": "/login"}'), "you are signed out", id="signed out"),
        pytest.param((422, '{"error": "refused"}'), "no answer that the item takes", id="refused"),
        pytest.param((409, '{"error": "release"}'), "the assignment was changed meanwhile", id="changed"),
        pytest.param((503, '{"error": "full"}'), "disk is full", id="full"),
        pytest.param((502, "<html>Bad gateway</html>"), "no connection", id="a front's own words"),
    ],
)
def test_what_the_desk_refuses_is_said_and_kept(desk, seat, answer, words):
    page = seat().page
    page.route("**/responses/**", lambda route: route.fulfill(status=answer[0], body=answer[1]))
    choose(page)
    status(page, CHOOSE, words)


def test_a_hand_in_whose_answer_is_lost_is_not_made_twice(desk, seat):
    page = seat().page
    choose(page)
    status(page, CHOOSE, "^Saved$")
    lost = []

    def once(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    page.route("**/hand-in", once)
    button = page.get_by_role("button", name="Hand in", exact=True)
    button.click()
    expect(page.locator(".sx-message.sx-bad")).to_contain_text("Not handed in: no connection")
    button.click()
    expect(page.locator(".sx-message.sx-good")).to_contain_text("Handed in")
    assert len(desk.service.store.receipts("me", NAME)) == 1
    button.click()
    expect(page.locator(".sx-receipts li")).to_have_count(2)


def test_nothing_answered_is_not_handed_in(desk, seat):
    page = seat().page
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.locator(".sx-message.sx-bad")).to_contain_text("Nothing is answered yet")
    assert desk.service.store.receipts("me", NAME) == []


def test_after_the_closing_date_answers_are_shown_and_nothing_is_taken(root, tmp_path, watched):
    database = f"sqlite:///{tmp_path / 'desk.db'}"
    with desks.running(desks.settings(root, database=database)) as running:
        client = running.client()
        value = CHOOSE.best()
        assert running.save(client, CHOOSE.id, value, NAME).status_code == 200
        client.post("/notice", data={"xsrf": running.xsrf(client), "next": "/my"})
    past = {NAME: datetime.now(UTC) - timedelta(hours=1)}
    with desks.running(desks.settings(root, database=database, closes=past)) as running:
        page = watched().page
        page.goto(f"{running.address}/assignments/{NAME}")
        expect(page.locator("main")).to_contain_text("Closed since")
        expect(card(page, CHOOSE).locator(f'input[value="{value}"]')).to_be_checked()
        assert page.get_by_role("button", name="Hand in", exact=True).count() == 0
        page.goto(f"{running.address}/my")
        expect(page.locator("main")).to_contain_text("Closed")


def test_the_way_from_the_book_to_the_feedback(desk, seat, tmp_path):
    page = seat("book/").page
    page.get_by_role("link", name="My course").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My course")
    page.locator("section", has_text="The PDPO").get_by_role("link", name="Start reading").click()
    assert "/book/course/pdpo/" in page.url
    page.goto(f"{desk.address}/book/course/pdpo/when-it-goes-wrong.html")
    page.get_by_role("link", name="Do the assignment").click()
    if page.get_by_role("button", name=re.compile("begin")).count():
        page.get_by_role("button", name=re.compile("begin")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Personal data and generative AI")
    page.goto(f"{desk.address}/assignments/pdpo-basics/feedback")
    expect(page.get_by_role("heading", level=1)).to_have_text("No feedback yet")
    release_feedback(desk, 20)
    page.goto(f"{desk.address}/my")
    expect(page.locator("main")).to_contain_text("Passed")
    page.get_by_role("link", name="Read your feedback").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Personal data and generative AI")
    page.get_by_role("link", name="Back to my course").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My course")
    page.go_back()
    page.locator("#in-zh").check()
    page.get_by_role("link", name="返回練習").click()
    page.wait_for_url("**/assignments/pdpo-basics")


def test_without_a_script_the_page_offers_the_static_face(desk, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.address}/assignments/{NAME}")
    page.get_by_role("button").click()
    page.get_by_role("link", name="Read the assignment without JavaScript").click()
    for scenario in nine.SCENARIOS.values():
        expect(page.locator("main")).to_contain_text(re.sub(r"\s+", " ", scenario.title.en))
    context.close()


BOOK = "book/course/index.html"
PLACES = ["my", f"assignments/{NAME}", f"assignments/{NAME}/plain", f"assignments/{NAME}/feedback", "nowhere", BOOK]


@pytest.mark.parametrize("look", ["wide", "narrow and dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_accessible_narrow_wide_light_dark_and_in_both_languages(desk, seat, language, look):
    options = {"locale": {"en": "en-HK", "zh": "zh-HK"}[language]}
    if look != "wide":
        options |= {"viewport": {"width": 320, "height": 720}, "color_scheme": "dark"}
    client = desk.client()
    desk.save(client, CHOOSE.id, CHOOSE.best(), NAME)
    desk.hand_in(client, name=NAME)
    view = seat(**options)
    for place in [*PLACES, f"assignments/{NAME}/receipts/1"]:
        view.page.goto(f"{desk.address}/{place}")
        view.page.wait_for_load_state()
        if place.endswith(NAME):
            view.page.locator("article.singmuk").nth(8).wait_for()
        if place != BOOK:  # the book's own tests look at its pages; here it is what the desk adds
            found = Axe().run(view.page).response["violations"]
            assert [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found] == [], place
        assert view.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), place
    refused = [fault for fault in view.faults if "404" not in fault]
    assert refused == []
