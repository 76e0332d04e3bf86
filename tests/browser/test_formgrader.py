"""The real formgrader in a real browser: what people wrote stays text, points and comments reach the feedback."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest

from singmuk import trainer
from singmuk.exercise.graded import inert
from singmuk.feedback import run as feedback
from singmuk.gradebook import run
from tests import courses, rooms, submissions
from tests.hostile.in_texts import MARK, TEXTS
from tests.submissions import NAME

pytestmark = pytest.mark.browser

TASK = "notice-for-the-new-tool"
HONEST = "From next month an AI tool drafts our answers.\nIt reads your message, name and order number. 由職員核對。"
WRITTEN = {"honest": HONEST, **TEXTS}
#: nbconvert's template names a script of somebody else's; the room's policy keeps the browser from asking for it.
ABROAD = "cdnjs.cloudflare.com"
COMMENT = f"Clear. Name the supplier.\n<script>{MARK}</script>"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = submissions.lay(tmp_path_factory.mktemp("trainer") / "course")
    for student, text in WRITTEN.items():
        given = {TASK: text, "sick-leave-summary": "dates-and-limits"}
        submissions.write(root, student, courses.responses_text(root, NAME, given))
    run.grade(root, NAME)
    return root


@pytest.fixture(scope="module")
def room(course):
    with rooms.trainer(course) as addresses:
        yield addresses


@pytest.fixture
def view(watched, room):
    """Give a page that has entered the room."""
    view = watched()
    view.dialogs = []
    view.page.on("dialog", lambda dialog: (view.dialogs.append(dialog.message), dialog.dismiss()))
    view.page.goto(room[0])
    view.page.get_by_text(NAME, exact=True).first.wait_for()
    return view


def submission(course, student):
    """Return the id by which the formgrader knows the submission of *student*."""
    question = "select b.id from submitted_notebook b join submitted_assignment a on a.id = b.assignment_id"
    return submissions.ask(submissions.db_url(course), f"{question} where a.student_id = :who", who=student)[0][0]


def read(view, room, course, student):
    """Open the submission of *student* and wait until the points are there."""
    address = f"{room[1]}/formgrader/submissions/{submission(course, student)}/"
    with view.page.expect_response("**/api/grades*"), view.page.expect_response("**/api/comments*"):
        view.page.goto(address, wait_until="load")
    view.page.wait_for_timeout(50)


def letters(text):
    """Return which characters *text* has and how often, but for spaces: neither lines nor bidi order matter."""
    return Counter(one for one in unicodedata.normalize("NFC", text) if not one.isspace())


@pytest.mark.parametrize("student", list(WRITTEN))
def test_what_a_participant_wrote_is_text_and_runs_nowhere(view, room, course, student):
    read(view, room, course, student)
    texts = view.page.locator("div.output_area pre").all_text_contents()
    wanted = letters(inert(WRITTEN[student]))
    assert any(not wanted - letters(text) for text in texts)
    assert view.page.title() == NAME
    assert view.dialogs == []
    assert [url for url in view.foreign(room[1]) if ABROAD not in url] == []
    assert view.page.locator("iframe, object, embed").count() == 0
    assert view.page.locator("pre").evaluate_all("(all) => all.every((one) => one.scrollWidth <= one.clientWidth + 1)")


def test_the_rubric_and_the_model_answer_stand_beside_the_text(view, room, course):
    read(view, room, course, "honest")
    text = view.page.locator("body").inner_text()
    assert HONEST.splitlines()[0] in text
    assert "All three are clear: AI, the data, the purpose" in text and "三者俱清楚" in text
    assert "Model answer" in text


def test_points_and_comment_are_kept_and_reach_the_feedback(view, room, course, watched):
    read(view, room, course, "honest")
    score = view.page.locator(f"input.score#{TASK}")
    with view.page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"):
        score.fill("4.5")
        score.blur()
    comment = view.page.locator(f"textarea#{TASK}-comment")
    with view.page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT"):
        comment.fill(COMMENT)
        comment.blur()
    read(view, room, course, "honest")
    assert view.page.locator(f"input.score#{TASK}").input_value() == "4.5"
    tally = feedback.feedback(course, NAME)
    assert tally.skipped == [] and tally.waiting == len(WRITTEN) - 1
    page = watched().page
    page.goto((course / "feedback" / "honest" / NAME / f"{NAME}.html").as_uri())
    told = page.locator(".sf-en article").last.inner_text()
    assert "4.5 of 6 points" in told and COMMENT in told and HONEST in told
    assert page.title() != "owned"


def test_the_list_of_submissions_counts_those_that_wait(view, room):
    view.page.goto(f"{room[1]}/formgrader/gradebook/{NAME}/{NAME}")
    view.page.locator("#main-table tr").nth(len(WRITTEN) - 1).wait_for()
    assert view.foreign(room[1]) == []


def test_the_room_shows_itself_in_nobodys_frame_and_has_no_other_rooms(view, room, course):
    answer = view.page.request.get(f"{room[1]}/formgrader/manage_assignments")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    identity = submission(course, "honest")
    (course / "autograded" / "honest" / NAME / "page.html").write_text(f"<script>{MARK}</script>", encoding="utf-8")
    for path in ("api/kernels", "api/terminals", "api/contents", "nbconvert/html/x", "lab"):
        assert view.page.request.get(f"{room[1]}/{path}").status in (403, 404), path
    for path in ("files/state/gradebook.db", "files/gradebook.db", "view/scenarios/x", "tree/state"):
        assert view.page.request.get(f"{room[1]}/{path}").text().startswith(trainer.ELSEWHERE), path
    files = view.page.request.get(f"{room[1]}/formgrader/submissions/{identity}/page.html")
    assert files.headers["content-type"].startswith("text/plain") and MARK not in files.text()
    door = view.page.request.get(f"{room[1]}/formgrader?path={course}/submitted")
    assert door.url.endswith("/formgrader/manage_assignments")
    there = view.page.request.get(f"{room[1]}/formgrader?to=gradebook/{NAME}/{NAME}")
    assert there.url.endswith(f"/formgrader/gradebook/{NAME}/{NAME}")
    for elsewhere in ("../../x", "/evil.example", "gradebook/../../x", "gradebook/a/b/c", "gradebook/a/b%0d%0ax"):
        door = view.page.request.get(f"{room[1]}/formgrader?to={elsewhere}")
        assert door.url.endswith("/formgrader/manage_assignments"), elsewhere


def test_without_the_secret_or_under_another_name_nobody_enters(watched, room):
    page = watched().page
    assert page.request.get(f"{room[1]}/formgrader/api/assignments", max_redirects=0).status in (302, 403)
    other = page.request.get(room[0], headers={"Host": "trainer.example"}, max_redirects=0)
    assert other.status == 403
