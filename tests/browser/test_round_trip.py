"""The whole way in one go: answered in Jupyter, handed in, collected, graded, and read as feedback."""

from __future__ import annotations

import contextlib
import shutil

import pytest
from playwright.sync_api import Error

from tests import submissions
from tests.submissions import NAME
from tests.test_leaks import found_in

from .jupyter import Jupyter, NotebookKeyboard, Seat

pytestmark = pytest.mark.browser
TEXT = "From next month an AI tool drafts our answers from your message, and a colleague checks each one. " * 6


def heard(watched, traffic):
    """Return *watched* with everything that the page is sent put into *traffic*: bodies and the kernel's messages."""

    def open_page(**options):
        view = watched(**options)

        def body(response):
            with contextlib.suppress(Error):  # a redirect has none
                traffic.append(response.body())

        def note(frame):  # Playwright takes no built-in method
            traffic.append(frame)

        def socket(channel):
            for event in ("framereceived", "framesent"):
                channel.on(event, note)

        view.page.on("response", body)
        view.page.on("websocket", socket)
        return view

    return open_page


def assert_no_secret(traffic, course):
    """Say whether the scan saw what went to and fro, and found no key or rationale of a graded scenario in it."""
    texts = [one if isinstance(one, str) else one.decode("utf-8", "replace") for one in traffic]
    first = course.scenarios[course.assignments[NAME].scenarios[0].id]
    stem = first.stem.en.splitlines()[0][:40]
    assert sum(stem in text for text in texts) >= 2, "the item was sent neither by HTTP nor by the kernel"
    assert any("comm_open" in text for text in texts), "the kernel's messages were not heard"
    for text in texts:
        assert found_in(text, course) == [], text[:200]
        assert "HIDDEN TESTS" not in text


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_what_was_answered_in_jupyter_comes_back_as_feedback(app, chromium_path, tmp_path, watched, course):
    running = Jupyter(app, tmp_path / "seat")
    outbound = tmp_path / "seat" / "exchange" / "genai" / "outbound" / NAME
    shutil.copytree(course.root / "exercises" / NAME, outbound)
    try:
        traffic = []
        seat = Seat(running, heard(watched, traffic), f"{NAME}/{NAME}.ipynb")
        seat.run_all(items=11)
        for place in course.assignments[NAME].scenarios:
            scenario = course.scenarios[place.id]
            given = TEXT if scenario.kind == "write" else scenario.best()
            NotebookKeyboard(seat.page, scenario.id).answer(scenario, given)
            seat.await_status(scenario.id, "Answer kept")
        seat.await_text("11 of 11 answered")
        button = seat.page.get_by_role("button", name="Hand in", exact=True)
        button.focus()
        seat.page.keyboard.press("Enter")
        seat.page.locator(".sx-message.sx-good").filter(has_text="Handed in: 11 of 11 answered").wait_for()
        assert seat.view.foreign(running.site) == []
        assert_no_secret(traffic, course)
    finally:
        running.stop()

    exchange = tmp_path / "seat" / "exchange"
    room = submissions.lay(
        tmp_path / "course", f"c.CourseDirectory.course_id = 'genai'\nc.Exchange.root = {str(exchange)!r}"
    )
    submissions.singmuk(room, "collect", NAME)
    submissions.singmuk(room, "grade", NAME)
    submissions.singmuk(room, "feedback", NAME)
    (page,) = (room / "feedback").glob(f"*/{NAME}/{NAME}.html")
    view = watched()
    view.page.goto(page.as_uri())
    text = view.page.locator("body").inner_text()
    assert "20 of 26 points" in text
    assert TEXT.strip()[:60] in text
