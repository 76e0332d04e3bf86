"""What people do on a hub, in a browser: sign in, answer on a page or in a seat, hand in, read feedback."""

from __future__ import annotations

import contextlib
import re

from playwright.sync_api import TimeoutError as TimedOut
from playwright.sync_api import expect

NAME, ITEM = "pdpo-basics", "translate-published-notice"


def sign_in(page, site, name, to=""):
    """Go to *to* (the hub's first page) and sign in as *name* where the hub asks."""
    page.goto(to or site.address)
    site.sign_in(page, name)


def answer_on_page(page, site, name, choice):
    """Go the way of everybody: sign in, my course, assignment, answer, hand in; return the receipt's page as text."""
    sign_in(page, site, name)
    expect(page).to_have_url(f"{site.desk}my")
    page.locator(f'a[href$="/assignments/{NAME}"]').first.click()
    begin = page.get_by_role("button", name=re.compile("begin|開始練習"))
    expect(begin.or_(page.locator("article.singmuk").first).first).to_be_visible()
    if page.locator("article.singmuk").count() == 0:
        begin.click()
    card = page.locator(f"#item-{ITEM} article.singmuk")
    card.locator(f'input[type=radio][value="{choice}"]').check()
    expect(card.locator(".sm-kept").first).to_have_text(re.compile("^Saved$"))
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.locator(".sx-message.sx-good")).to_contain_text("Handed in: 1 of 11 answered")
    page.get_by_role("link", name=re.compile("Open and print receipt")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Receipt"))
    return page.locator("main").inner_text()


def open_seat(page, site, name):
    """Sign in as *name* and wait until the seat's own page leads to the exercises."""
    sign_in(page, site, name, f"{site.address}hub/spawn")
    page.locator(".jp-RenderedMarkdown h1", has_text="Exercises").first.wait_for()


def answer_in_seat(page, choice):
    """From a seat's first page: open the exercise, run all, answer, hand in; wait for the receipt."""
    page.locator(f'.jp-RenderedMarkdown a[href*="{NAME}.ipynb"]').first.click()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.locator(".jp-Toolbar-kernelName", has_text="Python 3").first.wait_for()
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first.wait_for(state="attached")
    for _ in range(6):
        for menu in ("Run", "Run All Cells"):
            page.get_by_role("menuitem", name=menu, exact=True).first.click()
        with contextlib.suppress(TimedOut):  # Jupyter does nothing as long as the page has no kernel yet
            page.locator("[data-singmuk-item] article.singmuk").first.wait_for(timeout=15_000)
            break
    card = page.locator(f'[data-singmuk-item="{ITEM}"] article.singmuk')
    card.locator(f'input[type=radio][value="{choice}"]').check()
    expect(card.locator(".sm-kept").first).to_have_text(re.compile("Answer kept"))
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.locator(".sx-message.sx-good")).to_contain_text("Handed in: 1 of 11 answered")


def read_feedback(page, site):
    """Open my course and from there the feedback; return it as text."""
    page.goto(f"{site.desk}my")
    page.locator(f'a[href$="/assignments/{NAME}/feedback"]').first.click()
    return page.locator("main.sf-en").inner_text()


def do_in_room(page, *steps):
    """Press the button of each of *steps* in the trainer's room; return what was told of each once it was over."""
    told = []
    for step in steps:
        box = page.locator(f"#{NAME}-job")
        before = box.get_attribute("data-id") or ""
        page.locator(f"#{NAME}-{step}-button").click()
        page.wait_for_function(
            "([name, before]) => { const box = document.getElementById(`${name}-job`);"
            " return box.dataset.over === 'yes' && box.dataset.id !== before && !box.following; }",
            arg=[NAME, before],
        )
        told.append(box.locator(".sr-told").inner_text())
    return told
