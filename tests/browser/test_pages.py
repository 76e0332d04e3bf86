"""Every page of both editions: silent, accessible, in its language, fit for a narrow screen."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.browser
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def page_names():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [toc["root"]] + [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [f"{place}{name}.html" for place in ("", "zh/") for name in [*files, "search", "genindex"]]


def violations(page):
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("name", page_names())
def test_a_page_asks_nobody_and_has_no_fault_that_axe_or_the_console_knows(watched, site, name):
    view = watched()
    view.page.goto(f"{site}/{name}", wait_until="load")
    view.page.wait_for_timeout(150)
    assert view.foreign(site) == []
    assert view.faults == []
    assert violations(view.page) == []
    assert view.page.locator("html").get_attribute("lang") == ("zh-Hant-HK" if name.startswith("zh/") else "en-HK")


@pytest.mark.parametrize("name", page_names())
def test_a_page_needs_no_sideways_scroll_at_320_pixels_and_is_legible_in_the_dark(watched, site, name):
    view = watched(viewport={"width": 320, "height": 700}, color_scheme="dark")
    view.page.goto(f"{site}/{name}", wait_until="load")
    view.page.wait_for_timeout(150)
    assert view.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(view.page) == []


def test_the_search_finds_words_of_a_page_without_asking_anybody(watched, site):
    view = watched()
    view.page.goto(f"{site}/search.html?q=enforcement")
    view.page.locator("#search-results li").first.wait_for()
    assert view.foreign(site) == []


def test_a_page_leads_to_itself_in_the_other_language_and_back(watched, site):
    page = watched().page
    page.goto(f"{site}/course/pdpo/six-principles.html")
    page.locator("a.language-switch").click()
    page.wait_for_url("**/zh/course/pdpo/six-principles.html")
    assert page.locator("html").get_attribute("lang") == "zh-Hant-HK"
    page.locator("a.language-switch").click()
    page.wait_for_url(f"{site}/course/pdpo/six-principles.html")


def test_figures_keep_their_text_and_have_an_alternative_in_the_language_of_the_page(watched, site):
    page = watched().page
    for name, words in (("", "First tier"), ("zh/", "第一級")):
        page.goto(f"{site}/{name}course/pdpo/offences-and-penalties.html")
        figure = page.locator("svg.figure-code")
        assert words in figure.text_content()
        assert len(figure.get_attribute("aria-label")) > 40


def test_the_parts_of_the_book_are_named_in_the_language_of_the_page(watched, site):
    page = watched().page
    for place, caption in (("", "Look things up"), ("zh/", "隨時查閱")):
        page.goto(f"{site}/{place}course/index.html")
        assert caption in page.locator(".sidebar-primary-item .caption-text").all_text_contents()
