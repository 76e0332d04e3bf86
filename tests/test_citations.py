"""Every source is used and every use has its source; what the law is on a day stands in the register alone."""

from __future__ import annotations

import re
from datetime import date

import pytest

from singmuk import law, load
from tests.conftest import ROOT

COURSE = load.course(ROOT)
STATEMENTS = law.register(ROOT)[0]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.glob("course/**/*.md")}
#: Words by which a statement of law is known: a section, a punishment, what is in force.
LEGAL = re.compile(r"\b[Ss]ections? \d+|imprisonment|\bin force\b|(?:maximum|fined?|penalty)[^.]{0,40} (?:of|is) HK\$")
#: Passages on a page that repeat a statement which the same page quotes from the register.
REPEATED = {
    "course/borders/let-it-leave.md": "section-thirty-three",
}


def uses():
    """Return where each source is used: pages, scenarios, the register, the words of figures."""
    found: dict[str, set[str]] = {}
    for page, text in PAGES.items():
        for keys in re.findall(r"\{cite(?::[a-z]+)?\}`([^`]*)`", text):
            for key in keys.split(","):
                found.setdefault(key.strip(), set()).add(page)
    for scenario in COURSE.scenarios.values():
        for _, note in scenario.notes():
            for key in note.cite:
                found.setdefault(key, set()).add(scenario.id)
    for statement in STATEMENTS.values():
        for key in statement.cite:
            found.setdefault(key, set()).add(f"law: {statement.id}")
    for path in ROOT.glob("course/figures/*.yml"):
        for key in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", path.read_text(encoding="utf-8")):
            if key in COURSE.sources:
                found.setdefault(key, set()).add(path.name)
    return found


def quoted():
    """Return which statements of the register each page quotes."""
    found = {}
    for page, text in PAGES.items():
        lists = re.findall(r"```\{law\}[ \t]+([^\n]+)", text) + re.findall(r"\{law\}`([^`]+)`", text)
        found[page] = {name for one in lists for name in one.split()}
    return found


def test_each_use_has_a_source_and_each_source_is_used():
    found = uses()
    assert sorted(set(found) - set(COURSE.sources)) == []
    assert sorted(set(COURSE.sources) - set(found)) == []


def test_each_statement_of_the_register_is_quoted_and_each_quotation_exists():
    named = set().union(*quoted().values())
    assert sorted(named - set(STATEMENTS)) == []
    assert sorted(set(STATEMENTS) - named) == []


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"course/law.md"}))
def test_what_the_law_is_comes_from_the_register(page):
    text = re.sub(r"```\{(?:law|scenario|figure-code)\}.*?```", "", PAGES[page], flags=re.DOTALL)
    found = [line for line in text.splitlines() if LEGAL.search(line)]
    if page in REPEATED:
        assert REPEATED[page] in quoted()[page]
        assert found
    else:
        assert found == []


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_of_law_says_its_day_and_where_to_compare_it(name):
    statement = STATEMENTS[name]
    assert statement.as_of <= date.today() < statement.review_by
    assert statement.check.en and statement.check.zh


@pytest.mark.parametrize("page", sorted(page for page in PAGES if page.count("/") == 2 and "trainers" not in page))
def test_a_page_of_a_module_has_sources_and_three_lines_to_remember(page):
    text = PAGES[page]
    if "{scenario}" not in text:
        return
    assert "{cite}" in text or "{law}" in text
    last = text.split("## What to remember")
    assert len(last) == 2, "one passage says what to remember"
    assert len(re.findall(r"^- ", last[1], flags=re.M)) == 3
    first = text.index("{scenario}") if "{scenario}" in text else len(text)
    assert len(text[:first].split()) < 140, "a decision stands in the first screen"
