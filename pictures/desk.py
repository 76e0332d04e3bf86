"""Take the desk's pictures from the running program: my course, an assignment, and the two of them for the README.

It serves this course with an empty database of its own; nothing in this folder changes but the pictures.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from singmuk import publish  # noqa: E402  (this folder is looked in first)
from tests import desks  # noqa: E402

GUIDE = ROOT / "course" / "trainers" / "pictures"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
NAME = "pdpo-basics"
READ = ("course/pdpo/what-personal-data-is", "course/pdpo/six-principles", "course/landscape/what-it-is-good-for")


def page(browser: Browser, width: int, height: int, **more: str) -> Page:
    """Return a fresh page of the *browser*, as large as it is shown."""
    options = {"viewport": {"width": width, "height": height}, "device_scale_factor": 1, **more}
    return browser.new_context(**options).new_page()  # type: ignore[arg-type]


def practise(view: Page, address: str) -> None:
    """Read some pages and practise a little, so that my course has something to show."""
    for name in READ:
        view.goto(f"{address}/book/{name}.html")
        view.locator("article.singmuk").first.wait_for()
        radios = view.locator("article.singmuk input[type=radio]")
        if radios.count():
            radios.first.check()
            view.locator("article.singmuk button.sm-button", has_text="Check").first.click()
        view.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        view.wait_for_timeout(400)


def main() -> None:
    """Take the pictures."""
    publish.build(ROOT)
    with tempfile.TemporaryDirectory(prefix="singmuk-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        found = desks.settings(ROOT, database=f"sqlite:///{folder}/desk.db", secret="0" * 32)
        with desks.running(found) as desk:
            view = page(browser, 1180, 900)
            view.goto(f"{desk.address}/assignments/{NAME}")
            view.get_by_role("button").first.click()
            view.locator("article.singmuk").first.wait_for()
            view.locator("article.singmuk input[type=radio]").nth(1).check()
            view.locator(".sm-kept", has_text="Saved").first.wait_for()
            view.locator(".sx-contents").scroll_into_view_if_needed()
            view.evaluate("document.querySelector('.sx-item').scrollIntoView()")
            view.screenshot(path=GUIDE / "assignment.png")
            practise(view, desk.address)
            view.goto(f"{desk.address}/my")
            view.wait_for_timeout(300)
            view.screenshot(path=GUIDE / "my-course.png")
        browser.close()


if __name__ == "__main__":
    main()
