"""Practice in the pages: every scenario by keyboard alone, announced, kept in this browser, cleared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from singmuk import load

from .drive import Keyboard

ROOT = Path(__file__).resolve().parents[2]
COURSE = load.course(ROOT)
PRACTICE = {name: scenario for name, scenario in COURSE.scenarios.items() if not scenario.graded}
pytestmark = pytest.mark.browser


def place_of(name):
    """Return the page on which the scenario *name* stands."""
    for path in sorted((ROOT / "course").rglob("*.md")):
        if re.search(rf"\{{scenario\}} {name}$", path.read_text(encoding="utf-8"), re.M):
            return path.relative_to(ROOT).with_suffix(".html").as_posix()
    raise AssertionError(f"{name} stands on no page")


def test_every_practice_scenario_stands_on_a_page_and_all_kinds_are_there():
    assert {place_of(name) for name in PRACTICE}
    assert len({scenario.kind for scenario in PRACTICE.values()}) == 9


@pytest.mark.parametrize("edition", ["", "zh/"])
@pytest.mark.parametrize("name", sorted(PRACTICE))
def test_a_scenario_is_answered_by_keyboard_announced_and_kept(watched, site, name, edition):
    scenario = PRACTICE[name]
    view = watched()
    view.page.goto(f"{site}/{edition}{place_of(name)}")
    keyboard = Keyboard(view.page, name)
    keyboard.answer(scenario, scenario.best())
    keyboard.check()
    verdict = keyboard.card.locator(".sm-verdict")
    verdict.wait_for()
    assert verdict.evaluate("(one) => one === document.activeElement")
    assert keyboard.card.locator('[role="status"]').first.inner_text().strip() == verdict.inner_text().strip()
    # Each choice has its feedback with a source.
    lines = keyboard.card.locator(".sm-explained .sm-line")
    assert lines.count() >= len([note for _, note in scenario.notes()]) > 0
    assert keyboard.card.locator(".sm-explained .sm-cites a").count() >= lines.count()
    view.page.reload()
    card = view.page.locator(f'div.singmuk-scenario[data-id="{name}"] article.singmuk')
    card.locator(".sm-verdict").wait_for()
    assert card.locator(".sm-verdict").inner_text() == verdict.inner_text()
    if scenario.automatic:
        kept = view.page.evaluate(
            "JSON.parse(localStorage[Object.keys(localStorage).find((key) => key.startsWith('singmuk:'))])"
        )
        assert kept[name]["share"] == 1
    assert view.foreign(site) == [] and view.faults == []


def test_an_open_scenario_says_what_is_missing_instead_of_scoring(watched, site):
    page = watched().page
    page.goto(f"{site}/{place_of('paste-the-complaint')}")
    keyboard = Keyboard(page, "paste-the-complaint")
    keyboard.check()
    assert keyboard.card.locator(".sm-problem").first.is_visible()
    assert keyboard.card.locator(".sm-verdict").count() == 0


def test_a_wrong_choice_hears_what_it_gets_right(watched, site):
    scenario = PRACTICE["paste-the-complaint"]
    wrong = next(choice for choice in scenario.choices if choice.id != scenario.key)
    page = watched().page
    page.goto(f"{site}/{place_of(scenario.id)}")
    keyboard = Keyboard(page, scenario.id)
    keyboard.answer(scenario, wrong.id)
    keyboard.check()
    text = keyboard.card.inner_text()
    assert wrong.tempting.en.split(".")[0] in text and wrong.rationale.en.split(".")[0] in text


def test_one_scenario_switches_its_language_and_keeps_the_answer(watched, site):
    scenario = PRACTICE["paste-the-complaint"]
    page = watched().page
    page.goto(f"{site}/{place_of(scenario.id)}")
    keyboard = Keyboard(page, scenario.id)
    keyboard.answer(scenario, scenario.key)
    for _ in range(10):
        if keyboard.focused('[data-focus="language:zh"]'):
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert keyboard.card.get_attribute("lang") == "zh-Hant-HK"
    assert scenario.title.zh in keyboard.card.inner_text()
    assert keyboard.card.locator(f'input[value="{scenario.key}"]').is_checked()
    assert keyboard.focused('[data-focus="language:zh"]')


@pytest.mark.parametrize("edition", ["", "zh/"])
def test_progress_is_shown_on_one_page_and_cleared_after_asking(watched, site, edition):
    scenario = PRACTICE["paste-the-complaint"]
    page = watched().page
    page.goto(f"{site}/{edition}{place_of(scenario.id)}")
    keyboard = Keyboard(page, scenario.id)
    keyboard.answer(scenario, scenario.key)
    keyboard.check()
    page.evaluate("localStorage.setItem('somebody-else', 'stays')")
    page.goto(f"{site}/{edition}course/my-progress.html")
    rows = page.locator(".singmuk-progress li")
    rows.first.wait_for()
    assert rows.count() == len(PRACTICE)
    assert page.locator(".sm-state-share").count() == 1
    assert page.locator(".singmuk-progress progress").get_attribute("value") not in (None, "0")
    page.locator(".singmuk-progress .sm-progress > .sm-buttons button").click()
    page.locator("dialog[open] button.sm-danger").click()
    page.wait_for_function("() => document.querySelectorAll('.sm-state-share').length === 0")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('singmuk:')).length") == 0
    assert page.evaluate("localStorage.getItem('somebody-else')") == "stays"


def test_damaged_progress_in_the_browser_does_not_break_a_page(watched, site):
    view = watched()
    view.page.goto(f"{site}/{place_of('paste-the-complaint')}")
    for damage in ("{", "[]", "null", '{"paste-the-complaint": 7}', '{"paste-the-complaint": {"response": {"a": []}}}'):
        view.page.evaluate("(text) => localStorage.setItem('singmuk:singmuk:2026.11', text)", damage)
        view.page.reload()
        view.page.locator("article.singmuk input").first.wait_for()
    assert view.faults == []
