"""The assignment's page on the desk: what is on its way, what keeps it, what helps; nothing is lost and all is said."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from .. import desks, nine
from . import seats
from .seats import BRANCH, CHOOSE, JUDGE, NAME, PENDING, TEXT, WRITE, bar, card, choose, cut, kept, sit, status

pytestmark = pytest.mark.browser


@pytest.fixture
def root(tmp_path, pages):
    return seats.lay(tmp_path / "course", pages)


@pytest.fixture
def desk(root):
    with desks.running(desks.settings(root)) as running:
        yield running


@pytest.fixture
def view(desk, watched):
    """Give a seat at the desk, and find it silent and without a fault at the end."""
    made = sit(watched, desk)
    yield made
    assert made.foreign(desk.address) == [] and seats.faults(made) == []


def hand_in(page):
    page.locator('[data-focus="hand-in"]').click()


def test_while_all_is_well_nothing_stands_in_the_browser_and_no_bar_is_shown(desk, view):
    page = view.page
    choose(page)
    status(page, CHOOSE, "^Saved$")
    assert page.evaluate(PENDING) == []
    expect(bar(page)).to_be_hidden()
    expect(page.locator(".sx-contents")).to_contain_text("1 of 9 answered")


def test_no_connection_is_said_with_what_helps_and_taken_back(desk, view):
    page = view.page
    page.context.set_offline(True)
    wanted = choose(page)
    expect(bar(page)).to_contain_text("Answers not saved yet: 1. There is no connection.")
    case, verdict = next(iter(JUDGE.best().items()))
    card(page, JUDGE).locator(f"input[data-focus='{case}:{verdict}']").check()
    expect(bar(page)).to_contain_text("Answers not saved yet: 2.")
    status(page, JUDGE, "Not saved yet: no connection")
    page.context.set_offline(False)
    expect(bar(page)).to_have_text("The connection is back, and all your answers are saved.")
    status(page, JUDGE, "^Saved$")
    assert (kept(desk, CHOOSE), kept(desk, JUDGE)) == (wanted, {case: verdict})
    assert page.evaluate(PENDING) == []
    choose(page, 1)
    expect(bar(page)).to_be_hidden()


def test_try_now_asks_at_once_and_the_focus_stays_where_it_was(desk, view):
    page = view.page
    # The page's own clock stands still, so that it asks again for the press and for nothing else.
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    with cut(page):
        choose(page)
        expect(bar(page)).to_contain_text("There is no connection")
    button = bar(page).get_by_role("button", name="Try now")
    button.focus()
    page.keyboard.press("Enter")
    status(page, CHOOSE, "^Saved$")
    assert page.evaluate("document.activeElement.classList.contains('sd-save')")


def test_leaving_is_warned_of_only_while_something_waits(desk, view):
    page = view.page
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    choose(page)
    status(page, CHOOSE, "^Saved$")
    page.reload()
    card(page, CHOOSE).wait_for()
    assert asked == []
    with cut(page):
        choose(page, 1)
        status(page, CHOOSE, "Not saved yet")
        page.reload()
    assert asked == ["beforeunload"]


def test_an_older_answer_never_overtakes_a_newer_one(desk, view):
    page = view.page
    held, free = [], []
    page.route("**/responses/**", lambda route: route.continue_() if free else held.append(route))
    choose(page, 0)
    page.wait_for_timeout(200)
    choose(page, 1)
    wanted = choose(page, 2)
    assert len(held) == 1
    free.append(True)
    held[0].continue_()
    status(page, CHOOSE, "^Saved$")
    page.wait_for_timeout(300)
    assert (kept(desk, CHOOSE), page.evaluate(PENDING)) == (wanted, [])


def test_two_tabs_show_the_same_at_once_and_one_sends_at_a_time(desk, view):
    page = view.page
    other = page.context.new_page()
    other.goto(page.url)
    card(other, CHOOSE).wait_for()
    page.context.set_offline(True)
    wanted = choose(page, 1)
    expect(card(other, CHOOSE).locator("input[type=radio]").nth(1)).to_be_checked()
    case, verdict = next(iter(JUDGE.best().items()))
    card(other, JUDGE).locator(f"input[data-focus='{case}:{verdict}']").check()
    page.context.set_offline(False)
    for tab in (page, other):
        expect(bar(tab)).not_to_contain_text("not saved yet")
        expect(card(tab, JUDGE).locator(f"input[data-focus='{case}:{verdict}']")).to_be_checked()
    page.wait_for_function(f"{PENDING}.length === 0")
    assert (kept(desk, CHOOSE), kept(desk, JUDGE)) == (wanted, {case: verdict})


def test_signed_out_leads_to_signing_in_and_back_with_the_answer(root, watched):
    with desks.running(desks.settings(root), desks.Named()) as desk:
        view = watched(extra_http_headers={"x-person": "ada"})
        page = view.page
        page.goto(f"{desk.address}/assignments/{NAME}")
        page.locator("form button").click()
        page.context.set_extra_http_headers({})
        wanted = choose(page)
        status(page, CHOOSE, "you are signed out")
        hand_in(page)
        expect(page.locator(".sx-message.sx-bad")).to_contain_text("Not handed in")
        bar(page).get_by_role("link", name="Sign in again").click()
        page.wait_for_url("**/login?next=/assignments/*")
        page.context.set_extra_http_headers({"x-person": "ada"})
        page.goto(f"{desk.address}/assignments/{NAME}")
        status(page, CHOOSE, "^Saved$")
        assert kept(desk, CHOOSE, "ada") == wanted
        # Somebody else at the same browser sees nothing of it.
        page.context.set_extra_http_headers({"x-person": "bo"})
        page.goto(f"{desk.address}/assignments/{NAME}")
        page.locator("form button").click()
        card(page, CHOOSE).wait_for()
        assert card(page, CHOOSE).locator("input:checked").count() == 0


def test_a_changed_assignment_takes_the_waiting_answer_along(root, desk, view):
    page = view.page
    page.context.set_offline(True)
    wanted = choose(page)
    status(page, CHOOSE, "Not saved yet")
    path = root / "exercises" / NAME / "items.json"
    content = json.loads(path.read_text(encoding="utf-8")) | {"release": "0123456789abcdef"}
    path.write_text(json.dumps(content), encoding="utf-8")
    page.context.set_offline(False)
    expect(bar(page)).to_contain_text("The assignment was changed meanwhile")
    bar(page).get_by_role("button", name="Reload the page").click()
    status(page, CHOOSE, "^Saved$")
    assert desk.release(NAME)["release"] == "0123456789abcdef"
    assert kept(desk, CHOOSE) == wanted
    assert page.evaluate(PENDING) == []


def test_a_page_of_another_session_says_so_and_takes_the_answer_along(desk, view):
    page = view.page
    page.context.clear_cookies()
    wanted = choose(page)
    status(page, CHOOSE, "open for too long")
    bar(page).get_by_role("button", name="Reload the page").click()
    status(page, CHOOSE, "^Saved$")
    assert kept(desk, CHOOSE) == wanted


def test_too_often_waits_as_long_as_the_desk_says(view):
    page = view.page
    asked = []
    page.on("request", lambda one: asked.append(time.monotonic()) if "/responses/" in one.url else None)
    body = json.dumps({"error": "fast", "after": 3})
    with cut(page, status=429, body=body, content_type="application/json"):
        choose(page)
        status(page, CHOOSE, "too much to do")
    status(page, CHOOSE, "^Saved$")
    assert asked[1] - asked[0] > 2.9


def test_what_is_refused_is_said_and_not_sent_again(desk, view):
    page = view.page
    body = json.dumps({"error": "refused", "reasons": ["no"]})
    with cut(page, status=422, body=body, content_type="application/json"):
        choose(page)
        status(page, CHOOSE, "Not saved: this is no answer that the item takes")
    assert page.evaluate(PENDING) == []
    expect(bar(page)).to_be_hidden()
    choose(page, 1)
    status(page, CHOOSE, "^Saved$")


def test_an_assignment_that_closes_meanwhile_shows_what_was_saved(root, watched):
    later = {NAME: datetime.now(UTC) + timedelta(hours=1)}
    with desks.running(desks.settings(root, closes=later)) as desk:
        page = sit(watched, desk).page
        expect(page.locator(".sx-facts")).to_contain_text("Open until")
        card(page, WRITE).locator("textarea").fill(TEXT * 6)
        status(page, WRITE, "^Saved$")
        before = choose(page)
        status(page, CHOOSE, "^Saved$")
        desk.service.settings.closes[NAME] = datetime.now(UTC)
        # Not check(): the refusal may bring the old choice back before it has looked.
        card(page, CHOOSE).locator("input[type=radio]").nth(1).click()
        status(page, CHOOSE, "Not saved: the assignment is closed")
        expect(card(page, CHOOSE).locator(f"input[value='{before}']")).to_be_checked()
        expect(card(page, CHOOSE).locator("input").first).to_be_disabled()
        expect(page.locator(".sx-hero")).to_contain_text("This assignment is closed")
        assert page.locator('[data-focus="hand-in"]').count() == 0
        assert kept(desk, CHOOSE) == before
        # The whole text is to be read, though its field cannot be entered.
        assert card(page, WRITE).locator("textarea").evaluate("(area) => area.scrollHeight <= area.clientHeight + 2")


def test_a_browser_that_keeps_nothing_says_so_and_still_saves(desk, watched):
    view = watched()
    view.page.add_init_script("Storage.prototype.setItem = () => { throw new Error('refused') }")
    view.page.goto(f"{desk.address}/assignments/{NAME}")
    view.page.locator("form button").click()
    page = view.page
    choose(page)
    status(page, CHOOSE, "^Saved$")
    page.context.set_offline(True)
    wanted = choose(page, 1)
    expect(bar(page)).to_contain_text("this browser keeps nothing")
    page.context.set_offline(False)
    status(page, CHOOSE, "^Saved$")
    assert kept(desk, CHOOSE) == wanted


@pytest.mark.parametrize("stands", ["{", "[]", '"x"', "3", '{"%s": 5}', '{"gone": {"response": "x", "mark": "1"}}'])
def test_what_stands_in_the_browser_by_accident_hurts_nothing(desk, view, stands):
    page = view.page
    seed = json.loads(page.locator("#singmuk-release").inner_text())["seed"]
    key = f"singmuk-desk:{seed}:{NAME}:{nine.RELEASE['release']}"
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, stands.replace("%s", CHOOSE.id)])
    page.reload()
    wanted = choose(page)
    status(page, CHOOSE, "^Saved$")
    assert kept(desk, CHOOSE) == wanted


def test_a_text_just_typed_is_in_what_is_handed_in(desk, view):
    page = view.page
    area = card(page, WRITE).locator("textarea")
    area.fill(TEXT)
    page.locator('[data-focus="hand-in"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sx-message.sx-good")).to_contain_text("Handed in: 1 of 9 answered")
    assert kept(desk, WRITE).strip() == TEXT.strip()


def test_after_a_lost_answer_other_answers_are_another_hand_in(desk, view):
    page = view.page
    choose(page)
    status(page, CHOOSE, "^Saved$")

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/hand-in", lose)
    hand_in(page)
    expect(page.locator(".sx-message.sx-bad")).to_contain_text("Not handed in: no connection")
    page.unroute("**/hand-in")
    choose(page, 1)
    status(page, CHOOSE, "^Saved$")
    hand_in(page)
    expect(page.locator(".sx-receipts li")).to_have_count(2)


def test_a_story_begun_here_gives_way_to_one_finished_elsewhere(desk, view, watched):
    page = view.page
    seats.DeskKeyboard(page, BRANCH.id).answer(BRANCH, BRANCH.best()[:1])
    status(page, BRANCH, "once you reach an ending")
    other = sit(watched, desk).page
    seats.DeskKeyboard(other, BRANCH.id).answer(BRANCH, BRANCH.best())
    status(other, BRANCH, "^Saved$")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    status(page, BRANCH, "Changed on another page or device")
    assert kept(desk, BRANCH) == BRANCH.best()
    page.wait_for_function(f"{PENDING}.length === 0")
