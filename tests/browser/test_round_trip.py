"""The whole way in one go: answered in Jupyter, handed in, collected, graded, and read as feedback."""

from __future__ import annotations

import shutil

import pytest

from tests import submissions
from tests.submissions import NAME

from .jupyter import Jupyter, NotebookKeyboard, Seat

pytestmark = pytest.mark.browser
TEXT = "From next month an AI tool drafts our answers from your message, and a colleague checks each one. " * 6


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_what_was_answered_in_jupyter_comes_back_as_feedback(app, chromium_path, tmp_path, watched, course):
    running = Jupyter(app, tmp_path / "seat")
    outbound = tmp_path / "seat" / "exchange" / "genai" / "outbound" / NAME
    shutil.copytree(course.root / "exercises" / NAME, outbound)
    try:
        seat = Seat(running, watched, f"{NAME}/{NAME}.ipynb")
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
