"""A page of feedback in a real browser: legible everywhere, in both languages, silent, and nothing in it runs."""

from __future__ import annotations

import pytest

from singmuk import load
from singmuk.feedback import run as feedback
from singmuk.gradebook import run
from tests import courses, submissions
from tests.hostile.in_texts import TEXTS
from tests.submissions import NAME, db_url

from .test_pages import violations

pytestmark = pytest.mark.browser
TASK = "notice-for-the-new-tool"
STATES = ["best", "nothing", "half", "refused"]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Give a course with feedback on somebody who got all, nothing, half, on a damaged file, and on hostile texts."""
    root = submissions.lay(tmp_path_factory.mktemp("feedback") / "course")
    found = load.course(root)
    places = found.assignments[NAME].scenarios
    best = {place.id: found.scenarios[place.id].best() for place in places}
    half = {name: part(response, found.scenarios[name]) for name, response in best.items()}
    for student, given in {"best": best, "nothing": {}, "half": half}.items():
        submissions.write(root, student, courses.responses_text(root, NAME, given))
    submissions.write(root, "refused", "{")
    for what, text in TEXTS.items():
        submissions.write(root, what, courses.responses_text(root, NAME, {TASK: text}, language="zh-Hant"))
    run.grade(root, NAME)
    where = f"where cell_id in (select id from base_cell where name = '{TASK}')"
    submissions.ask(db_url(root), f"update grade set manual_score = 3 {where}")
    submissions.ask(db_url(root), f"update comment set manual_comment = '{'Well put. 寫得好。' * 9}' {where}")
    assert feedback.feedback(root, NAME).skipped == []
    return root


def part(response, scenario):
    """Return a response that is partly right where the kind allows it."""
    match response:
        case dict():
            first, *_ = response
            other = next(one for one in response.values() if one != response[first])
            return response | {first: other}
        case list():
            return [*response[1:], response[0]] if scenario.kind == "order" else response[:-1]
        case str() if scenario.kind == "choose":
            return next(choice.id for choice in scenario.choices if choice.id != response)
        case _:
            return response


def address(course, student):
    return (course / "feedback" / student / NAME / f"{NAME}.html").as_uri()


def unfold(page):
    """Open everything that is folded, as a reader would, one after the other."""
    for fold in page.locator("main:visible summary").all():
        fold.click()


@pytest.mark.parametrize("student", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_no_fault_that_axe_or_the_console_knows_in_either_language(watched, course, student, scheme):
    view = watched(color_scheme=scheme)
    view.page.goto(address(course, student))
    for language in ("English", "繁體中文"):
        view.page.get_by_label(language, exact=True).first.check()
        unfold(view.page)
        # The checker comes in from outside the page, whose policy lets nothing of the page's own run.
        assert violations(view.page) == []
    assert view.faults == []
    assert all(url.startswith(("file:", "data:")) for url in view.requests)


@pytest.mark.parametrize("student", [*STATES, "one-long-line", "combining", "latex-bomb"])
def test_a_page_needs_no_sideways_scroll_at_320_pixels(watched, course, student):
    page = watched(viewport={"width": 320, "height": 700}).page
    page.goto(address(course, student))
    for language in ("English", "繁體中文"):
        page.get_by_label(language, exact=True).first.check()
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_other_language_is_one_key_away_without_javascript(watched, course):
    page = watched(java_script_enabled=False).page
    page.goto(address(course, "half"))
    assert page.locator(".sf-en h1").is_visible() and not page.locator(".sf-zh h1").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.locator(".sf-zh h1").is_visible() and not page.locator(".sf-en h1").is_visible()
    assert page.locator(".sf-zh").get_attribute("lang") == "zh-Hant-HK"


def test_a_wrong_choice_shows_both_reasons_and_folds_the_others(watched, course):
    page = watched().page
    page.goto(address(course, "half"))
    scenario = load.course(course).scenarios["translate-published-notice"]
    card = page.locator("#en-1")
    assert card.locator(".sm-line-wrong").count() == 1 and card.locator(".sm-line-best").count() == 1
    folded = card.locator(".sm-explained details .sm-line")
    assert folded.count() == len(scenario.choices) - 2
    assert not folded.first.is_visible()
    card.locator(".sm-explained summary").click()
    assert folded.first.is_visible()


@pytest.mark.parametrize("what", sorted(TEXTS))
def test_nothing_that_a_participant_wrote_runs_or_leaves_its_box(watched, course, what):
    view = watched()
    dialogs = []
    view.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    view.page.goto(address(course, what))
    view.page.wait_for_timeout(50)
    assert "回饋" in view.page.title() and dialogs == []
    assert all(url.startswith(("file:", "data:")) for url in view.requests)
    box = view.page.locator("main:visible .sf-text").first
    assert box.evaluate("(one) => getComputedStyle(one).contain") == "paint"
    assert view.page.locator("iframe, form, script, object, embed, .sf-text *").count() == 0


def test_on_paper_the_page_is_one_language_without_buttons(watched, course):
    page = watched(color_scheme="dark").page
    page.goto(address(course, "half"))
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator(".sf-en h1").is_visible() and not page.locator(".sf-zh h1").is_visible()
    assert not page.locator(".sf-switch").is_visible()
    assert page.locator("#en-1 .sm-line-wrong .sm-tempting").is_visible()
