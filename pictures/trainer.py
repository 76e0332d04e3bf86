"""Take the trainer's guide's pictures from the running program: exercise, formgrader, a written task.

It makes a course of its own with a few made-up participants; nothing in this folder changes but the pictures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, TimeoutError, sync_playwright  # noqa: A004

from singmuk import load
from singmuk.gradebook import run

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "course" / "trainers" / "pictures"
BIN = Path(sys.executable).parent
NAME = "pdpo-basics"
TASK = "notice-for-the-new-tool"
#: A picture that is larger makes the book slow to load.
LARGEST = 150_000
TEXT = """From next month an AI tool helps us to answer your e-mail. It reads your message, your name and your order \
number, and drafts an answer to that message.

A member of staff checks each answer before it goes out.

You may also phone us or visit the shop. To see or correct your data, call our data protection officer."""
COMMENT = "Clear and friendly. Who else gets the data? Name the supplier, and say when the tool erases it."
POINTS = "4"
TOKEN = "only-for-the-picture"


def course(folder: Path) -> Path:
    """Return a course in *folder* in which five people handed in; the first wrote TEXT."""
    for name in ("course", "scenarios", "assignments", "source", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("_config.yml", "nbgrader_config.py"):
        shutil.copy(ROOT / name, folder)
    scenarios = load.sound_course(folder).scenarios
    release = json.loads((folder / "exercises" / NAME / "items.json").read_text(encoding="utf-8"))
    names = [place["item"]["id"] for place in release["items"]]
    for number, student in enumerate(["e-1042", "e-1077", "e-1103", "e-1160", "e-1188"]):
        given = {name: scenarios[name].best() for name in names}
        for name in [name for name in names if scenarios[name].kind == "choose"][: number + 1]:
            answer = scenarios[name].answer()
            given[name] = next(choice for choice in answer["notes"] if choice != answer["key"])
        given[TASK] = TEXT if number < 4 else ""
        responses = {name: {"response": response, "day": "2026-11-22"} for name, response in given.items()}
        file = {"format": 1, "assignment": NAME, "release": release["release"], "language": "en"}
        place = folder / "state" / "submitted" / student / NAME
        place.mkdir(parents=True)
        shutil.copy(folder / "exercises" / NAME / f"{NAME}.ipynb", place)
        (place / "responses.json").write_text(json.dumps(file | {"responses": responses}), encoding="utf-8")
        (place / "timestamp.txt").write_text("2026-11-22 09:30:00.000000 UTC", encoding="utf-8")
    return folder


@contextmanager
def room(root: Path) -> Iterator[str]:
    """Run `singmuk trainer` on *root* while the block runs; yield its address."""
    command = [BIN / "singmuk", "trainer", "--no-open", "--port", "18900"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "http://" in line)
        try:
            yield next(word for word in line.split() if word.startswith("http://"))
        finally:
            process.terminate()


@contextmanager
def lab(root: Path, work: Path) -> Iterator[str]:
    """Run JupyterLab on the exercise of *root* while the block runs; yield the notebook's address."""
    folder = work / "home" / NAME
    shutil.copytree(root / "exercises" / NAME, folder)
    settings = work / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), encoding="utf-8")
    places = {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "spaces", "HOME": "user"}
    places |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    command = [
        *(BIN / "jupyter-lab", "--no-browser", "--ip=127.0.0.1", "--port=18950", "--allow-root"),
        *(f"--ServerApp.root_dir={work / 'home'}", f"--IdentityProvider.token={TOKEN}"),
    ]
    environment = os.environ | {name: str(work / place) for name, place in places.items()}
    environment["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    site = "http://127.0.0.1:18950"
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{site}/api/status?token={TOKEN}", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.25)
            yield f"{site}/lab/tree/{NAME}/{NAME}.ipynb?token={TOKEN}"
        finally:
            process.terminate()


def opened(browser: Browser, width: int, height: int) -> Page:
    """Return a page of that size, in light colours."""
    return browser.new_page(viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce")


def take(place: Page | Locator, name: str, **options: object) -> None:
    """Write the picture *name* of *place*; stop when it is too large for the book."""
    path = PICTURES / f"{name}.png"
    place.screenshot(path=path, **options)  # type: ignore[arg-type]
    if path.stat().st_size > LARGEST:
        sys.exit(f"{path}: has {path.stat().st_size:,} bytes, more than {LARGEST:,}; make the picture smaller")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def exercise(browser: Browser, address: str) -> None:
    """Take the exercise in JupyterLab after Run All."""
    page = opened(browser, 1000, 700)
    page.set_default_timeout(120_000)
    page.goto(address)
    page.locator(".jp-Notebook").wait_for()
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first.wait_for(state="attached")
    card = page.locator("article.singmuk").first
    for _ in range(6):
        if page.locator(".jp-Dialog").count():  # it asks for a kernel that is on its way
            page.keyboard.press("Escape")
        for name in ("Run", "Run All Cells"):
            page.get_by_role("menuitem", name=name, exact=True).first.click()
        # Jupyter does nothing, and says nothing, as long as the page has no kernel yet.
        with suppress(TimeoutError):
            card.wait_for(timeout=20_000)
            break
    page.locator(".sx-finish").wait_for()
    page.keyboard.press("Control+b")  # the list of files folds away
    card.locator("input[type=radio]").first.check()
    page.wait_for_timeout(1500)
    card.evaluate("(one) => one.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(1500)
    take(page, "exercise")


def formgrader(browser: Browser, address: str) -> None:
    """Take the list of submissions and a written task while it is marked, and mark it."""
    page = opened(browser, 1000, 520)
    page.goto(address)
    site = address.split("/formgrader", maxsplit=1)[0]
    page.goto(f"{site}/formgrader/gradebook/{NAME}/{NAME}")
    page.locator("#main-table tr").nth(4).wait_for()
    take(page, "submissions")
    # The first text that waits.
    page.get_by_role("link", name="Submission #1").click()
    page.locator(f"#{TASK}").wait_for()
    page.set_viewport_size({"width": 1000, "height": 1000})
    score = page.locator(f"input.score#{TASK}")
    for field, value, api in ((score, POINTS, "grade"), (page.locator(f"textarea#{TASK}-comment"), COMMENT, "comment")):
        with page.expect_response(lambda answer, api=api: f"/api/{api}/" in answer.url):
            field.fill(value)
            field.blur()
    page.wait_for_timeout(1500)  # the formgrader scrolls as well
    written = page.locator("pre", has_text="helps us to answer your e-mail").first
    written.evaluate("(one) => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 70)")
    page.wait_for_timeout(500)
    take(page, "written-task")


def main() -> None:
    """Write the pictures of the exercise and of the formgrader."""
    chromium = shutil.which("chromium") or sys.exit("no Chromium found; install Debian's package chromium")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="singmuk-pictures-") as folder, sync_playwright() as playwright:
        root = course(Path(folder) / "course")
        run.grade(root, NAME)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-lcd-text"])
        with room(root) as address:
            formgrader(browser, address)
        with lab(root, Path(folder) / "lab") as address:
            exercise(browser, address)
        browser.close()


if __name__ == "__main__":
    main()
