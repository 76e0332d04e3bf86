"""The trainer's room in a real browser: every button to its result, both languages, by keyboard, on a narrow screen."""

from __future__ import annotations

import shutil
import signal

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import rooms, submissions
from tests.submissions import NAME

pytestmark = pytest.mark.browser

AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
BELONGING = {
    "SINGMUK_ROOM_DESK": "http://127.0.0.1:8500/",
    "SINGMUK_ROOM_FORMGRADER": "http://127.0.0.1:8800/formgrader?token=t",
}


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """Give a course with eleven hand-ins at its desk, which nobody touches."""
    return rooms.busy_desk(submissions.lay(tmp_path_factory.mktemp("room") / "course"))


@pytest.fixture
def course(laid, tmp_path):
    return shutil.copytree(laid, tmp_path / "course")


@pytest.fixture
def room(course):
    with rooms.room(course, **BELONGING) as found:
        yield found


@pytest.fixture
def enter(watched, room):
    """Give a function that opens the room in a fresh browser."""

    def opened(**options):
        view = watched(**options)
        view.page.goto(room[0])
        view.page.get_by_role("heading", level=1).wait_for()
        return view

    return opened


def press(page, name):
    """Press the button of the step *name* and return what is told once the job is over."""
    box = page.locator(".sr-job")
    before = box.get_attribute("data-id") or ""
    page.locator(f"#{NAME}-{name}-button").click()
    page.wait_for_function(
        "(before) => { const box = document.querySelector('.sr-job');"
        " return box.dataset.over === 'yes' && box.dataset.id !== before && !box.following; }",
        arg=before,
        timeout=60_000,
    )
    return page.locator(".sr-told").inner_text()


def settled(page):
    """Wait until the numbers are those of now."""
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    page.wait_for_load_state("networkidle")


def numbers(page):
    """Return the numbers of the card, by name."""
    settled(page)
    found = page.locator(".sr-figure").evaluate_all(
        "(all) => all.map((one) => [one.dataset.figure, one.querySelector('[aria-hidden]').textContent])"
    )
    return dict(found)


def faults(page):
    """Return what axe finds on the *page*, rule by rule."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def test_from_hand_in_to_feedback_with_four_buttons(enter, room, course):
    view = enter()
    page = view.page
    assert page.locator("[data-next] h3").inner_text().replace("\n", " ").startswith("1 Collect")
    assert "New: 11" in press(page, "collect")
    page.locator(f"#{NAME}-grade[data-next]").wait_for()
    assert "Graded: 11" in press(page, "grade")
    link = page.locator(f"#{NAME}-read a")
    assert link.get_attribute("href") == f"http://127.0.0.1:8800/formgrader?token=t&to=gradebook/{NAME}/{NAME}"
    told = press(page, "release")
    assert "Released: 10" in told and "Left out because a text waits to be read: 1" in told
    wanted = {"begun": "0", "handed-in": "11", "collected": "11", "graded": "11", "waiting": "1", "released": "10"}
    assert numbers(page) == wanted
    assert "90 % of the 10" in page.locator(".sr-share").inner_text()
    page.get_by_label("Also to those whose text I have yet to read").check()
    assert "Released: 1" in press(page, "release")
    assert view.faults == [] and view.foreign(room[1]) == []
    assert "p-text" not in page.content()


def test_no_share_of_fewer_than_ten(watched, tmp_path):
    root = submissions.lay(tmp_path / "few")
    for number in range(3):
        rooms.at_desk(root, f"p-{number}", rooms.best(root, "One text."))
    with rooms.room(root) as (address, _):
        page = watched().page
        page.goto(address)
        press(page, "collect")
        press(page, "grade")
        settled(page)
        assert "%" not in page.locator("article").inner_text()
        assert "at least ten" in page.locator(".sr-share").inner_text()
        assert page.locator(f"#{NAME}-read a").count() == 0  # no formgrader was named


def test_a_job_outlives_a_reload_and_shows_in_another_tab(enter, room, course):
    submissions.hand_in(course, 300)
    view, other = enter(), enter()
    page = view.page
    page.locator(f"#{NAME}-grade-button").click()
    page.locator(".sr-job[data-over='no']").wait_for()
    page.reload()
    bar = page.get_by_role("progressbar")
    bar.wait_for()
    assert page.locator(f"#{NAME}-collect-button").get_attribute("aria-disabled") == "true"
    page.wait_for_function("() => Number(document.querySelector('progress').value) > 0", timeout=60_000)
    settled(other.page)
    other.page.get_by_role("progressbar").wait_for()
    for tab in (page, other.page):
        tab.locator(".sr-job[data-over='yes']").wait_for(timeout=60_000)
        assert "Graded: 300" in tab.locator(".sr-told").inner_text()
        assert numbers(tab)["graded"] == "300"
    assert view.faults == [] and other.faults == []
    page.reload()
    assert "Graded: 300" in page.locator(".sr-told").inner_text()


def test_a_job_that_fails_says_what_to_do_and_shows_no_traceback(enter, course):
    page = enter().page
    press(page, "collect")
    (course / "source" / NAME / f"{NAME}.ipynb").write_text("{", encoding="utf-8")
    told = press(page, "grade")
    assert "Not graded" in told and "run singmuk build" in told.replace("`", "") and "Traceback" not in told
    assert page.locator(".sr-fault").get_attribute("lang") == "en-HK"
    assert faults(page) == []


def test_regrading_asks_for_a_reason_shows_first_and_keeps_it(enter, course):
    page = enter().page
    press(page, "collect")
    press(page, "grade")
    file = course / "scenarios" / "sick-leave-summary.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("\nkey: ", "\nkey: full-gist # "), encoding="utf-8")
    submissions.rebuild(course)
    page.get_by_text("A key was wrong?").click()
    page.locator(f"#{NAME}-look-button").click()
    assert page.evaluate("() => document.activeElement.name") == "reason"  # the browser asks for it
    page.get_by_label("What was wrong").fill("the key was wrong")
    told = press(page, "look")
    assert "This would change" in told and "Fewer points: 10" in told and "More points: 1" in told
    assert "Fewer points: 10" in press(page, "regrade")
    rows = submissions.ask(submissions.db_url(course), "select distinct reason from singmuk_history")
    assert rows == [("the key was wrong",)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "words"), [("en", "Released: 10"), ("zh", "已發放：10人")])
def test_every_state_is_accessible_in_both_languages(enter, room, language, words, scheme):
    view = enter(color_scheme=scheme)
    page = view.page
    page.goto(f"{room[1]}/language?to={language}&next=/")
    assert page.locator("html").get_attribute("lang") == {"en": "en-HK", "zh": "zh-Hant-HK"}[language]
    assert faults(page) == []
    for name in ("collect", "grade", "release"):
        told = press(page, name)
    assert words in told
    settled(page)
    page.locator("summary").click()
    assert faults(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert faults(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") == 320
    assert view.faults == []


def test_by_keyboard_alone_and_the_place_is_kept(enter):
    page = enter().page
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == f"{NAME}-collect-button":
            break
    page.keyboard.press("Enter")
    page.locator(".sr-job[data-over='yes']").wait_for(timeout=60_000)
    settled(page)
    assert page.evaluate("() => document.activeElement.id") == f"{NAME}-collect-button"
    assert "New: 11" in page.get_by_role("status").inner_text()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == f"{NAME}-grade-button"
    box = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert box == "solid"


def test_a_step_that_cannot_be_done_yet_says_why_and_does_nothing(enter):
    view = enter()
    button = view.page.locator(f"#{NAME}-grade-button")
    assert button.get_attribute("aria-disabled") == "true"
    assert view.page.locator(f"#{button.get_attribute('aria-describedby')}").inner_text() == "Collect first."
    asked = len(view.requests)
    button.click(force=True)
    button.press("Enter")
    view.page.wait_for_timeout(200)
    assert not [url for url in view.requests[asked:] if "/assignments/" in url]


def test_a_room_that_is_gone_or_another_one_is_told(watched, course):
    with rooms.room(course) as (address, _):
        view = watched()
        view.page.goto(address)
    view.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    view.page.get_by_text("The room does not answer").wait_for()
    assert view.page.get_by_role("alert").count() == 1


def test_without_the_secret_the_page_says_where_it_stands(watched, room):
    page = watched().page
    answer = page.goto(room[1])
    assert answer.status == 403 and page.get_by_role("heading", level=1).inner_text() == "This room is locked"
    assert faults(page) == []


def test_without_scripts_it_works_too(watched, room):
    page = watched(java_script_enabled=False).page
    page.goto(room[0])
    page.locator(f"#{NAME}-collect-button").click()
    page.get_by_text("New: 11").wait_for(timeout=30_000)


def test_a_page_of_another_site_can_neither_frame_nor_press(watched, room, tmp_path):
    view = watched()
    page = view.page
    page.goto(room[0])
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<iframe src="{room[1]}/"></iframe><form method="post" action="{room[1]}/assignments/{NAME}/collect">'
        "<button>Win a prize</button></form>",
        encoding="utf-8",
    )
    page.goto(evil.as_uri())
    assert NAME not in page.frames[-1].content()
    page.get_by_text("Win a prize").click()
    page.wait_for_load_state()
    assert page.get_by_role("heading", level=1).inner_text() in ("This room is locked", "That did not work")
    page.goto(room[1])
    assert page.locator(".sr-job[data-id]").count() == 0


def test_stopping_the_room_stops_its_job(course, watched):
    submissions.hand_in(course, 300)
    with rooms.running(course, "room", "18510") as (process, (address, _)):
        page = watched().page
        page.goto(address)
        page.locator(f"#{NAME}-grade-button").click()
        page.locator(".sr-job[data-over='no']").wait_for()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert "graded" in submissions.singmuk(course, "grade")
