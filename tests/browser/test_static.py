"""Without JavaScript, from a folder, on paper, in forced colours: the scenario is still there."""

from __future__ import annotations

import pytest

from .drive import Keyboard
from .test_practice import PRACTICE, place_of

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", sorted(PRACTICE))
def test_without_javascript_the_scenario_is_plain_with_its_answer_folded(watched, site, name):
    page = watched(java_script_enabled=False).page
    page.goto(f"{site}/{place_of(name)}")
    plain = page.locator(f'div.singmuk-scenario[data-id="{name}"] .singmuk-static')
    text = plain.text_content()
    assert PRACTICE[name].title.en in text
    assert plain.locator("details:not([open])").count() == 1
    folded = plain.locator("details").text_content()
    assert all(note.rationale.en.split("*")[0][:40] in folded for _, note in PRACTICE[name].notes())


def test_a_page_works_from_a_folder(watched, pages):
    view = watched()
    view.page.goto((pages / place_of("paste-the-complaint")).as_uri())
    scenario = PRACTICE["paste-the-complaint"]
    keyboard = Keyboard(view.page, scenario.id)
    keyboard.answer(scenario, scenario.key)
    keyboard.check()
    keyboard.card.locator(".sm-verdict").wait_for()
    view.page.reload()
    assert view.page.locator(".sm-verdict").first.is_visible()
    assert [url for url in view.requests if not url.startswith(("file:", "data:"))] == []


def test_print_shows_the_model_answer_on_the_next_page_without_a_check(watched, site):
    page = watched().page
    page.goto(f"{site}/{place_of('paste-the-complaint')}")
    answer = page.locator('div.singmuk-scenario[data-id="paste-the-complaint"] .sm-print')
    assert not answer.is_visible()
    page.emulate_media(media="print")
    assert answer.is_visible()
    assert answer.evaluate("(one) => getComputedStyle(one).breakBefore") in ("page", "always")
    scenario = PRACTICE["paste-the-complaint"]
    for choice in scenario.choices:
        assert choice.rationale.en.split(".")[0] in answer.inner_text()


def test_in_forced_colours_what_is_chosen_and_focused_is_still_seen(watched, site):
    page = watched(forced_colors="active").page
    page.goto(f"{site}/{place_of('paste-the-complaint')}")
    keyboard = Keyboard(page, "paste-the-complaint")
    keyboard.answer(PRACTICE["paste-the-complaint"], PRACTICE["paste-the-complaint"].key)
    seen = page.evaluate(
        """() => {
          const style = getComputedStyle(document.activeElement);
          const label = getComputedStyle(document.activeElement.closest('label'));
          return [style.outlineStyle, label.outlineStyle, label.borderStyle];
        }"""
    )
    assert any(part not in ("none", "") for part in seen)
