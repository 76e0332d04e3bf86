"""The hub's own pages on a cluster: the values name our templates, and a real hub answers with them."""

from __future__ import annotations

import re
import time

import httpx
import pytest
import yaml

from tests.hub.container import IMAGES
from tests.hub.kube import VALUES
from tests.hub.kube_hub import PACKAGE, browser, hub, token

#: What of each page is ours, and is not in the hub's.
BRAND = '<span>Singmuk <span lang="zh-Hant-HK">醒目</span></span>'
#: A seat that never answers, and is given up after four seconds: for so long one is starting, and only one may.
SLOW = """
c.JupyterHub.concurrent_spawn_limit = 1
c.Spawner.http_timeout = 4
c.Spawner.cmd = ["sleep", "60"]
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with hub(tmp_path_factory.mktemp("pages"), instead=SLOW, shown=True) as found:
        yield found


def test_the_image_has_the_templates_where_the_values_say():
    text = (IMAGES / "hub.Dockerfile").read_text(encoding="utf-8")
    assert f"COPY singmuk {PACKAGE}/singmuk\n" in text and f"PYTHONPATH={PACKAGE}\n" in text
    (path,) = yaml.safe_load(VALUES.read_text(encoding="utf-8"))["hub"]["templatePaths"]
    assert path == f"{PACKAGE}/singmuk/hub/templates"


def test_where_too_many_are_starting_the_page_asks_again_by_itself_until_there_is_room(api):
    headers = {"authorization": f"token {token('tara')}"}
    # The chart has nobody wait at the button: whoever is starting is told so at once.
    assert httpx.post(f"{api}/users/tara/server", headers=headers, timeout=30).status_code == 202
    with browser(api, "kim") as client:
        answer = client.get("/hub/spawn")
        assert answer.status_code == 429, answer.text
        assert 10 <= int(answer.headers["retry-after"]) <= 30
        found = re.search(r'<div id="again"[^>]* data-seconds="(\d+)">', answer.text)
        assert found and 10 <= int(found[1]) <= 30
        assert "window.location.reload()" in answer.text
        assert "This page asks again by itself in a moment" in answer.text and "本頁稍後會自動再試" in answer.text
        assert BRAND in answer.text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!desk--|course\.)', answer.text), "a third party is asked"
        until = time.monotonic() + 60
        while (answer := client.get("/hub/spawn")).status_code == 429:
            assert time.monotonic() < until, "there is never room"
            time.sleep(0.5)
        assert answer.status_code == 302 and "/hub/spawn-pending/kim" in answer.headers["location"]


@pytest.mark.parametrize(
    ("name", "shown", "hidden"),
    [
        ("mei-ling", ["The course", "開啟課程"], ["導師室", "Formgrader"]),
        ("tara", ["The course", "導師室", "Formgrader"], []),
        ("ann", ["The course", "導師室"], ["Formgrader"]),
        ("olaf", ["A seat in JupyterLab"], ["開啟課程", "導師室", "Formgrader"]),
    ],
)
def test_everybody_sees_their_places(api, name, shown, hidden):
    with browser(api, name) as client:
        answer = client.get("/hub/home")
    assert answer.status_code == 200 and BRAND in answer.text
    assert [one for one in shown if one not in answer.text] == []
    assert [one for one in hidden if one in answer.text] == []


def test_what_is_not_there_is_said_on_a_page_of_ours(api):
    answer = httpx.get(
        f"{api.removesuffix('/api')}/nothing", headers={"host": "course.example"}, follow_redirects=False
    )
    assert answer.status_code == 404 and BRAND in answer.text and 'id="again"' not in answer.text


def test_whose_seat_was_stopped_reads_so_in_both_languages(api):
    with browser(api, "mei-ling") as client:
        answer = client.get("/hub/user/mei-ling/lab")
        assert answer.status_code == 424, answer.text
        assert (
            "A seat that nobody uses is stopped after a while" in answer.text
            and "座位閒置一段時間後便會停止" in answer.text
        )
        assert re.search(r'<a id="start" class="sh-button" href="/hub/spawn/mei-ling\?next=', answer.text)


def test_a_seat_that_did_not_start_is_told_and_can_be_tried_again(api):
    headers = {"authorization": f"token {token('ann')}"}
    until = time.monotonic() + 60
    while (asked := httpx.post(f"{api}/users/ann/server", headers=headers, timeout=30)).status_code == 429:
        assert time.monotonic() < until, "there is never room"
        time.sleep(0.5)
    assert asked.status_code == 202, asked.text
    with browser(api, "ann") as client:
        while "Your seat did not start" not in (answer := client.get("/hub/spawn-pending/ann")).text:
            assert time.monotonic() < until, answer.text
            time.sleep(0.5)
    assert answer.status_code == 500 and "座位未能啟動" in answer.text and 'id="start"' in answer.text
