"""A browser for hubs: one that finds made-up hosts on this machine, and says what it saw."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ARGUMENTS, Watched, chromium_path

__all__ = ["chromium_path"]
#: Seconds, in Playwright's thousandths, for a page to show what it must on a busy machine.
PATIENCE = 60_000
# What is expected of a page is waited for as long as what is looked for in it.
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium(playwright, chromium_path):
    """Give a function for a with-block: a browser that finds a site, as what opens a watched page in it."""

    @contextlib.contextmanager
    def running(site):
        more = site.certificate.arguments if site.certificate else []
        browser = playwright.chromium.launch(executable_path=chromium_path, args=[*ARGUMENTS, *more])

        def open_page(**options):
            wanted = {"viewport": {"width": 1280, "height": 900}, "ignore_https_errors": bool(more)}
            found = Watched(browser.new_context(**(wanted | options)).new_page())
            found.page.set_default_timeout(PATIENCE)
            return found

        try:
            yield open_page
        finally:
            browser.close()

    return running
