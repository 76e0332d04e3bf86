"""A real browser and the real book, built once for a whole test run."""

from __future__ import annotations

import os
import shutil
import threading

import pytest

from singmuk import serving

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
def browser(playwright, chromium_path):
    running = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
    yield running
    running.close()


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
