"""*My course*: what was read and practised in this browser, what comes next, and in which order all of it stands."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import expect

from .. import desks
from ..conftest import ROOT
from .seats import NAME, lay, read, sit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def root(tmp_path_factory, pages):
    return lay(tmp_path_factory.mktemp("my") / "course", pages)


@pytest.fixture
def desk(root, tmp_path):
    with desks.running(desks.settings(root, database=f"sqlite:///{tmp_path / 'desk.db'}")) as running:
        yield running


def test_pages_read_in_this_browser_are_counted(desk, watched):
    page = sit(watched, desk, "book/course/pdpo/six-principles.html").page
    read(page)
    page.goto(f"{desk.address}/my")
    expect(page.locator("main")).to_contain_text("1 of 5 pages read")


def test_a_page_without_a_scenario_counts_as_read_too(desk, watched):
    view = sit(watched, desk, "book/course/policy/our-policy.html")
    page = view.page
    assert page.locator("div.singmuk-scenario").count() == 0
    assert view.faults == [] and view.foreign(desk.address) == []
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('singmuk')).length") == 0
    read(page)
    page.goto(f"{desk.address}/my")
    expect(page.locator("main")).to_contain_text("1 of 5 pages read")
    page.goto(f"{desk.address}/book/zh/course/policy/our-policy.html")
    page.goto(f"{desk.address}/my")
    expect(page.locator("main")).to_contain_text("1 of 5 pages read")  # in either language it is the same page


def test_the_test_before_the_course_stands_first_and_the_one_after_it_last(tmp_path, pages, watched):
    root = lay(tmp_path / "course", pages)
    for name in ("before", "after", "policy-basics"):
        shutil.copytree(ROOT / "exercises" / name, root / "exercises" / name)
    with desks.running(desks.settings(root)) as running:
        page = watched().page
        page.goto(f"{running.address}/my")
        names = page.locator(".sd-assignment h3").evaluate_all("(all) => all.map((one) => one.id)")
        assert names == [f"title-{name}" for name in ("before", "pdpo-basics", "policy-basics", NAME, "after")]
        test, reading = page.locator("[data-first] .sd-button"), page.locator("[data-next]:not(.sd-quiet)")
        expect(test).not_to_have_class(re.compile("sd-quiet"))
        assert reading.count() == 0  # one thing comes first
        page.locator("[data-next]").first.click()
        page.wait_for_url("**/book/**")
        read(page)
        page.goto(f"{running.address}/my")
        expect(reading).to_have_count(1)
        expect(test).to_have_class(re.compile("sd-quiet"))


def test_my_course_knows_what_was_read_and_practised_and_what_comes_next(desk, watched):
    page = watched().page
    page.goto(f"{desk.address}/my")
    part = page.locator("[data-module]").filter(has=page.get_by_role("heading", name="The PDPO", exact=True))
    way = part.locator("[data-next]")
    expect(way).to_have_text("Start reading")
    assert part.locator(".sd-do .sd-quiet").count() == 1  # first read, then the assignment
    assert page.locator("[data-next]:not(.sd-quiet)").count() == 1  # of all parts, one comes next
    way.click()
    page.wait_for_url("**/what-personal-data-is.html")
    read(page)
    page.go_back()
    expect(part).to_contain_text("1 of 5 pages read")
    expect(way).to_have_text("Read on")
    part.locator("summary").click()
    expect(part.locator("li.sd-done")).to_contain_text("(read)")
    way.click()
    page.wait_for_url("**/six-principles.html")
    page.goto(f"{desk.address}/my")
    page.evaluate("""() => {
      const given = JSON.parse(document.getElementById("singmuk-modules").textContent);
      const { pages, scenarios } = given.parts.find((one) => one.caption === "The PDPO");
      const all = (names, value) => JSON.stringify(Object.fromEntries(names.map((name) => [name, value])));
      const edition = `${given.course}:${given.version}`;
      localStorage.setItem(`singmuk-read:${edition}`, all(pages.map((one) => one.doc), "2026-11-22"));
      localStorage.setItem(`singmuk:${edition}`, all(scenarios.slice(1), { checked: true }));
    }""")
    page.reload()
    expect(part).to_contain_text("5 of 5 pages read")
    expect(part).to_contain_text(re.compile(r"(\d+) of \d+ practised"))
    expect(way).to_have_text("Read again")
    assert part.locator(".sd-do .sd-quiet").count() == 0
