"""A real browser and the real book, built once for a whole test run."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from singmuk import publish, serving

ROOT = Path(__file__).resolve().parents[2]
#: Chromium itself must stay as silent as the pages.
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def chromium_path():
    """Give the path of Chromium; without one skip with the reason, or fail where a browser is required."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := os.environ.get("SINGMUK_CHROMIUM") or shutil.which(name):
            return found
    reason = "no Chromium found; install Debian's package chromium, or set SINGMUK_CHROMIUM to one"
    if os.environ.get("SINGMUK_REQUIRE_BROWSER"):
        pytest.fail(reason)
    return pytest.skip(reason)


@pytest.fixture(scope="session")
def browser(chromium_path):
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def pages(chromium_path):
    """Give the folder of the built book; the processes of one test run build it once between them."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    work = ROOT / "_build"
    work.mkdir(exist_ok=True)
    stamp = work / ".built-for-tests"
    with (work / ".tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != run:
            publish.build(ROOT)
            stamp.write_text(run, encoding="utf-8")
    return work / "html"


@pytest.fixture(scope="session")
def site(pages):
    """Give the address of the book, served on a free port."""
    with serving.server(pages, 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


class Watched:
    """A page of which every request, console error and script fault is noted."""

    def __init__(self, page):
        self.page = page
        self.requests: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note)

    def _note(self, message):
        # The theme says so once, in a fresh browser; it is no fault of the page.
        if message.type == "error" and "invalid theme mode" not in message.text:
            self.faults.append(message.text)

    def foreign(self, site):
        """Return the requests that left the machine."""
        return [url for url in self.requests if not url.startswith((site, "data:", "blob:", "file:"))]


@pytest.fixture
def watched(browser):
    """Give a function that opens a fresh context and returns its watched page."""
    contexts = []

    def open_page(**options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        return Watched(context.new_page())

    yield open_page
    for context in contexts:
        context.close()
