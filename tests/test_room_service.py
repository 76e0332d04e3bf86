"""The trainer's room as a service: its jobs, whom it lets in, and what it refuses."""

from __future__ import annotations

import asyncio
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from singmuk.desk.room import view
from singmuk.desk.room.access import Access
from singmuk.desk.room.app import Places, create
from singmuk.desk.room.jobs import BusyError, Jobs
from singmuk.gradebook import settings
from tests import rooms, submissions
from tests.rooms import over
from tests.submissions import NAME


@pytest.fixture
def course(tmp_path):
    return submissions.lay(tmp_path / "course")


@pytest.fixture
def desk(course):
    return rooms.busy_desk(course)


# Jobs ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def jobs(desk, tmp_path):
    found = Jobs(desk, tmp_path / "logs" / "room.log")
    yield found
    found.close()


def test_jobs_do_what_the_commands_do(desk, jobs):
    done = over(jobs.start("collect", NAME))
    assert (done.state, done.told, done.done, done.of) == ("done", [("collect.new", {"count": 11})], 11, 11)
    assert over(jobs.start("grade", NAME)).told == [("grade.graded", {"count": 11})]
    told = dict(over(jobs.start("release", NAME)).told)
    assert told == {"release.changed": {"count": 10}, "release.held": {"count": 1}}
    file = desk / "scenarios" / "sick-leave-summary.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("\nkey: ", "\nkey: full-gist # "), encoding="utf-8")
    submissions.rebuild(desk)
    before = submissions.held(submissions.db_url(desk))
    look = over(jobs.start("regrade", NAME, reason="a wrong key", look=True))
    assert look.state == "done" and dict(look.told)["regrade.down"] == {"count": 10}, look
    assert submissions.held(submissions.db_url(desk)) == before
    assert dict(over(jobs.start("regrade", NAME, reason="a wrong key")).told)["regrade.up"] == {"count": 1}


def test_a_fault_is_told_in_words_and_what_nobody_foresaw_is_logged(desk, jobs, tmp_path):
    failed = over(jobs.start("grade", NAME))
    assert failed.state == "failed" and "nobody handed in" in failed.fault
    (desk / "exercises" / NAME / "items.json").write_text("{}", encoding="utf-8")
    unforeseen = over(jobs.start("collect", NAME))
    assert unforeseen.state == "failed" and unforeseen.fault == ""
    assert "Traceback" in (tmp_path / "logs" / "room.log").read_text(encoding="utf-8")
    told = view.told(unforeseen, "en", "state/logs/room.log")
    assert "Traceback" not in str(told) and "state/logs/room.log" in told["lines"][0]


def test_one_job_at_a_time_for_an_assignment(jobs):
    first = jobs.start("collect", NAME)
    with pytest.raises(BusyError):
        jobs.start("grade", NAME)
    assert over(first).state == "done"
    assert jobs.last(NAME) is first and jobs.get(first.id) is first


def test_closing_stops_a_job_and_leaves_no_process(jobs):
    job = jobs.start("collect", NAME)
    while jobs._process is None:
        time.sleep(0.01)
    jobs.close()
    over(job)
    assert job.state in ("stopped", "done") and jobs._process.poll() is not None
    with pytest.raises(BusyError):
        jobs.start("collect", NAME)


# Who may enter ------------------------------------------------------------------------------------------------------

HOST = "http://127.0.0.1:8510"


@pytest.fixture
def room(course):
    """Give the room of a course as an application, and its secrets."""
    access = Access("the-token", "the-ticket", 8510)
    app = create(
        settings.read(course), access, Places("http://127.0.0.1:8500/", "http://127.0.0.1:8800/formgrader?token=t")
    )
    return app, access


class Client:
    """Somebody's browser, in process."""

    def __init__(self, app):
        self._transport = httpx.ASGITransport(app)
        self.cookies = {}

    def send(self, method, path, data=None, **headers):
        """Return the answer; `Sec-Fetch-Site` and the like as *headers*, with underscores."""

        async def go():
            async with httpx.AsyncClient(transport=self._transport, base_url=HOST, cookies=self.cookies) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, data=data, headers=named)

        # In a thread: a browser test in this process may have a loop of its own running.
        with ThreadPoolExecutor(1) as aside:
            answer = aside.submit(asyncio.run, go()).result()
        self.cookies |= dict(answer.cookies)
        return answer

    def enter(self):
        """Go in by the secret; return the token for changes."""
        assert self.send("GET", "/?token=the-token").status_code == 303
        return re.search(r'name="xsrf" value="([^"]+)"', self.send("GET", "/").text).group(1)


def test_without_the_secret_nothing_is_shown(room):
    client = Client(room[0])
    for path in ("/", "/?token=wrong", "/jobs/x", "/?token="):
        answer = client.send("GET", path)
        assert answer.status_code == 403 and NAME not in answer.text and "formgrader?token" not in answer.text
    assert client.send("POST", f"/assignments/{NAME}/collect", {"xsrf": "x"}).status_code == 403
    assert client.send("GET", "/healthz").status_code == 200
    assert client.cookies == {}


def test_the_secret_becomes_a_cookie_that_no_script_and_no_other_site_gets(room):
    client = Client(room[0])
    answer = client.send("GET", "/?token=the-token")
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "the-token" not in cookie
    page = client.send("GET", "/")
    assert page.status_code == 200 and "formgrader?token=t" in page.text and "the-token" not in page.text


def test_the_ticket_works_once_and_leads_to_the_desk(room):
    client = Client(room[0])
    answer = client.send("GET", "/?token=the-ticket&next=desk")
    assert answer.status_code == 303 and answer.headers["location"] == "http://127.0.0.1:8500/"
    assert client.send("GET", "/").status_code == 200
    late = Client(room[0]).send("GET", "/?token=the-ticket&next=desk")
    assert late.status_code == 403 and "once" in late.text
    assert Client(room[0]).send("GET", "/?token=").status_code == 403


@pytest.mark.parametrize("host", ["trainer.example:8510", "127.0.0.1", "127.0.0.1:8511", "", "[::1]:8510"])
def test_another_name_of_this_machine_is_refused(room, host):
    client = Client(room[0])
    client.enter()
    assert client.send("GET", "/", host=host).status_code == 421
    assert client.send("GET", "/", host="localhost:8510").status_code in (200, 403)


@pytest.mark.parametrize(
    ("headers", "xsrf"),
    [
        pytest.param({}, "", id="no token"),
        pytest.param({}, "wrong", id="wrong token"),
        pytest.param({"sec_fetch_site": "cross-site"}, None, id="another site"),
        pytest.param({"sec_fetch_site": "same-site"}, None, id="another port"),
        pytest.param({"origin": "http://127.0.0.1:8500"}, None, id="the desk's origin"),
        pytest.param({"origin": "https://evil.example"}, None, id="another origin"),
    ],
)
def test_a_change_that_no_page_of_the_room_asked_for_is_refused(room, headers, xsrf):
    client = Client(room[0])
    token = client.enter()
    given = {"xsrf": token if xsrf is None else xsrf}
    answer = client.send("POST", f"/assignments/{NAME}/collect", given, **headers)
    assert answer.status_code == 403 and room[0].state.room.jobs.last(NAME) is None


def test_the_token_of_one_browser_is_not_anothers(room):
    theirs = Client(room[0]).enter()
    client = Client(room[0])
    client.enter()
    assert client.send("POST", f"/assignments/{NAME}/collect", {"xsrf": theirs}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/assignments/{NAME}/collect", 405),
        ("POST", "/assignments/nothing/collect", 404),
        ("POST", f"/assignments/{NAME}/erase", 404),
        ("POST", "/assignments/..%2f..%2fetc/collect", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/words.yml", 404),
        ("GET", "/jobs/nothing", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/docs", 404),
        ("PUT", "/", 405),
    ],
)
def test_what_is_not_there_is_not_there(room, method, path, status):
    client = Client(room[0])
    token = client.enter()
    answer = client.send(method, path, {"xsrf": token} if method == "POST" else None)
    assert answer.status_code == status and "Traceback" not in answer.text


def test_a_body_of_another_kind_or_size_is_refused(room):
    client = Client(room[0])
    token = client.enter()
    path = f"/assignments/{NAME}/regrade"
    assert client.send("POST", path, {"xsrf": token}).status_code == 422
    assert client.send("POST", path, {"xsrf": token, "reason": "x" * 1001}).status_code == 422
    assert client.send("POST", path, {"xsrf": token, "reason": "x" * 300_000}).status_code == 413
    assert client.send("POST", path, {"xsrf": token, **{f"k{number}": "x" for number in range(20)}}).status_code == 422
    assert client.send("POST", path, {"xsrf": token}, content_type="text/plain").status_code == 415


def test_without_scripts_a_button_leads_back_to_its_card_with_the_result(desk):
    app = create(settings.read(desk), Access("the-token", "", 8510), Places())
    client = Client(app)
    token = client.enter()
    answer = client.send("POST", f"/assignments/{NAME}/collect", {"xsrf": token})
    assert answer.status_code == 303 and answer.headers["location"] == f"/#{NAME}"
    assert 'http-equiv="refresh"' in client.send("GET", "/").text
    busy = client.send("POST", f"/assignments/{NAME}/collect", {"xsrf": token})
    assert busy.status_code == 409 and "under way" in busy.text
    over(app.state.room.jobs.last(NAME))
    page = client.send("GET", "/").text
    assert "New: 11" in page and 'http-equiv="refresh"' not in page
    assert "p-text" not in page


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/%5cevil.example", "/../x", "/%0d%0ax"])
def test_the_language_link_leads_nowhere_else(room, path):
    answer = Client(room[0]).send("GET", f"/language?to=zh&next={path}")
    assert answer.status_code == 303 and answer.headers["location"] == "/"


def test_every_answer_wears_the_policy(room):
    client = Client(room[0])
    client.enter()
    for path in ("/", "/jobs/x", "/static/room.js", "/nothing"):
        policy = client.send("GET", path).headers["content-security-policy"]
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "default-src 'none'" in policy


def test_the_room_listens_on_this_machine_and_goes_with_ctrl_c(desk):
    with rooms.room(desk) as (address, site):
        assert httpx.get(address, follow_redirects=True).status_code == 200
        assert httpx.get(site).status_code == 403
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
        assert not [line for line in lines if address.partition("token=")[2].encode() in line]
