"""Take the pictures of the whole journey from the running programs: read, do, hand in, grade, release, read why.

It runs `singmuk start` on a copy of this course with a few hundred made-up participants; nothing in this folder
changes but the pictures.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "pictures")]
from campaign import course  # noqa: E402  (of this folder)
from trainer import COMMENT, NAME, PICTURES, POINTS, TASK, TEXT, take  # noqa: E402  (of this folder)

from singmuk import load, publish  # noqa: E402
from tests.browser.drive import Keyboard  # noqa: E402
from tests.browser.seats import DeskKeyboard  # noqa: E402

BIN = Path(sys.executable).parent
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
READ = ("pdpo/what-personal-data-is", "pdpo/six-principles", "landscape/what-it-is-good-for", "policy/our-policy")
DECIDED = "paste-the-complaint"
DARK_CHINESE = {"locale": "zh-HK", "color_scheme": "dark"}
FRAME = """<style>body { margin: 0; display: grid; grid-template-columns: 1fr 1fr; gap: 24px; padding: 24px;
background: linear-gradient(120deg, #dfeeee, #f7efd8) } img { width: 564px; height: 410px; object-fit: cover;
object-position: top; border-radius: 12px }</style><img src="{0}"><img src="{1}">"""


@contextmanager
def started(root: Path, *command: str) -> Iterator[dict[str, str]]:
    """Run `singmuk start`, or the *command*, on the course *root* while the block runs; yield the addresses by name."""
    process = subprocess.Popen(
        command or [BIN / "singmuk", "start", "--no-open"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}, process_group=0,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        found = dict(re.findall(r"^  (\w[\w' ]+?) {2,}(http://\S+)$", said, re.MULTILINE))
        if len(found) != 3:
            sys.exit(said + process.stdout.read())
        yield found
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


@dataclass
class Journey:
    """A participant and a trainer at one machine, and a picture of each place they come to."""

    browser: Browser
    where: dict[str, str]

    def page(self, width: int, height: int, state: Page | None = None, **more: str) -> Page:
        """Return a page of that size; it knows what the browser of *state* knows."""
        kept = state.context.storage_state() if state else None
        return self.browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", storage_state=kept, **more
        ).new_page()  # type: ignore[arg-type]

    def at(self, place: str) -> str:
        """Return the address of a *place* of the desk."""
        return f"{self.where['Course']}{place}"

    def read(self) -> Page:
        """Read some pages, and practise on each; return the reader's page."""
        view = self.page(1180, 860)
        scenarios = load.sound_course(ROOT).scenarios
        for name in READ:
            view.goto(self.at(f"book/course/{name}.html"))
            cards = view.locator("div.singmuk-scenario")
            if name == READ[0]:
                self._decide(view, scenarios[DECIDED])
            elif cards.count():
                found = scenarios[cards.first.get_attribute("data-id") or ""]
                keyboard = Keyboard(view, found.id)
                keyboard.answer(found, found.best())
                keyboard.check()
                cards.first.locator(".sm-verdict").wait_for()
            view.evaluate("window.scrollTo(0, document.body.scrollHeight)")
            view.wait_for_timeout(500)
        return view

    def _decide(self, view: Page, scenario: Any) -> None:
        """Decide in the page and take it."""
        card = view.locator(f'div.singmuk-scenario[data-id="{scenario.id}"] article')
        card.locator(f'input[value="{scenario.best()}"]').check()
        card.locator('[data-focus="check"]').click()
        card.locator(".sm-verdict").wait_for()
        view.set_viewport_size({"width": 1100, "height": 640})
        # Downwards to the place: on the way up the theme shows a button over the text.
        for above in (800, 330):
            card.locator(".sm-verdict").evaluate(
                "(one, above) => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - above)", above
            )
            view.wait_for_timeout(700)
        take(view, "book")
        view.set_viewport_size({"width": 1180, "height": 860})

    def my_course(self, view: Page, name: str) -> None:
        """Take *my course*."""
        view.goto(self.at("my"))
        view.wait_for_timeout(300)
        take(view, name)

    def do(self, view: Page) -> None:
        """Do the assignment by keyboard, look at it on a narrow screen too, hand in, and look at the receipt."""
        scenarios = load.sound_course(ROOT).scenarios
        names = [place.id for place in load.sound_course(ROOT).assignments[NAME].scenarios]
        view.goto(self.at(f"assignments/{NAME}"))
        view.get_by_role("button").first.click()
        view.locator("article.singmuk").first.wait_for()
        wrong = next(name for name in names if scenarios[name].kind == "choose")
        for name in names:
            given = TEXT if name == TASK else scenarios[name].best()
            if name == wrong:
                given = next(one for one in scenarios[name].answer()["notes"] if one != given)
            DeskKeyboard(view, name).answer(scenarios[name], given)
            view.locator(f"#item-{name} .sm-kept", has_text="Saved").first.wait_for()
            if name == names[2]:
                view.locator(f"#item-{names[2]}").evaluate("(one) => one.scrollIntoView()")
                take(view, "assignment")
                narrow = self.page(390, 800, view, **DARK_CHINESE)
                narrow.goto(self.at(f"language?to=zh&next=/assignments/{NAME}"))
                narrow.locator("article.singmuk").first.wait_for()
                narrow.locator(f"#item-{wrong}").evaluate("(one) => one.scrollIntoView()")
                narrow.wait_for_timeout(300)
                take(narrow, "assignment-narrow")
        view.get_by_role("button", name="Hand in", exact=True).click()
        view.get_by_role("link", name=re.compile("receipt 1")).first.click()
        view.locator(".sd-receipt").wait_for()
        view.set_viewport_size({"width": 900, "height": 820})
        take(view, "receipt")

    def grade(self) -> None:
        """Collect and grade in the trainer's room, mark the written text in the formgrader, and release."""
        room = self.page(1100, 800)
        room.goto(self.where["Trainer's room"])
        card = room.locator(f"#{NAME}")
        card.wait_for()
        self._show(room)
        take(room, "room-before")
        self._press(room, "collect")
        self._press(room, "grade", "room-grading")
        self._mark(room)
        self._press(room, "release")
        room.reload()
        self._show(room)
        take(room, "room")

    def _show(self, room: Page) -> None:
        room.locator(f"#{NAME}").evaluate("(one) => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 24)")
        room.wait_for_timeout(300)

    def _press(self, room: Page, step: str, name: str = "") -> None:
        """Press the button of the *step*, take the picture *name* while it works, and wait until it is over."""
        box = room.locator(f"#{NAME}-job")
        before = box.get_attribute("data-id") or ""
        room.locator(f"#{NAME}-{step}-button").click()
        if name:
            bar = f"document.querySelector('#{NAME}-job progress')"
            room.wait_for_function(f"() => !{bar}.hidden && {bar}.value > 0.1 * {bar}.max", polling=20, timeout=120_000)
            take(room, name)
        room.wait_for_function(
            f"(before) => {{ const box = document.querySelector('#{NAME}-job');"
            " return box.dataset.over === 'yes' && box.dataset.id !== before; }",
            arg=before,
            timeout=180_000,
        )
        room.wait_for_timeout(800)

    def _mark(self, room: Page) -> None:
        """Give points and a comment to the text that was just handed in."""
        with room.expect_navigation():
            room.locator(f"#{NAME}-read a").click()
        room.locator("#main-table tr").nth(4).wait_for()
        site = re.match(r"http://[^/]+", room.url)
        assert site
        listed = room.request.get(f"{site[0]}/formgrader/api/submitted_notebooks/{NAME}/{NAME}").json()
        mine = next(one for one in listed if one["student"] == "me")
        room.goto(f"{site[0]}/formgrader/submissions/{mine['id']}")
        room.locator(f"#{TASK}").wait_for()
        score = room.locator(f"input.score#{TASK}")
        comment = room.locator(f"textarea#{TASK}-comment")
        for field, value, api in ((score, POINTS, "grade"), (comment, COMMENT, "comment")):
            with room.expect_response(lambda answer, api=api: f"/api/{api}/" in answer.url):
                field.fill(value)
                field.blur()
        room.wait_for_timeout(1500)  # the formgrader scrolls as well
        room.goto(self.where["Trainer's room"])
        self._show(room)

    def told(self, view: Page) -> None:
        """Read the feedback, and see *my course* after it."""
        view.set_viewport_size({"width": 900, "height": 1000})
        view.goto(self.at("my"))
        view.get_by_role("link", name="Read your feedback").click()
        view.locator(".sf-page:visible").wait_for()
        take(view, "feedback")
        view.get_by_role("link", name="Back to my course").click()
        after = self.page(1180, 900, view, **DARK_CHINESE)
        after.goto(self.at("language?to=zh&next=/my"))
        after.locator(".sd-module:has(.sd-score)").evaluate("(one) => one.scrollIntoView({block: 'center'})")
        after.wait_for_timeout(300)
        take(after, "my-course-after")


def together(browser: Browser, left: Path, right: Path, out: Path) -> None:
    """Put two pictures beside each other, for the README."""
    page = browser.new_page(viewport={"width": 1200, "height": 458}, device_scale_factor=2)
    frame = out.with_suffix(".html")
    frame.write_text(FRAME.replace("{0}", left.as_uri()).replace("{1}", right.as_uri()), encoding="utf-8")
    page.goto(frame.as_uri())
    page.screenshot(path=out, full_page=True)
    frame.unlink()


def main() -> None:
    """Take every picture of the journey."""
    publish.build(ROOT)
    with tempfile.TemporaryDirectory(prefix="singmuk-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        with started(course(Path(folder) / "course")) as where:
            journey = Journey(browser, where)
            reader = journey.read()
            journey.my_course(reader, "my-course")
            journey.do(reader)
            journey.grade()
            journey.told(reader)
        together(browser, PICTURES / "room.png", PICTURES / "feedback.png", ROOT / "pictures" / "campaign.png")
        browser.close()


if __name__ == "__main__":
    main()
