"""From the LMS to the desk: who clicks the link there is at the right page here, under a name that says nothing."""

from __future__ import annotations

import os
import re
import sqlite3

import httpx
import pytest

from singmuk.hub.lti.launch import CLAIM, account
from singmuk.hub.lti.settings import MEMBERSHIP
from singmuk.serving import free_port
from tests.conftest import ROOT
from tests.desk_campus import BASE, Campus, running
from tests.desk_wire import lay
from tests.hub.lms import Lms, pair
from tests.hub.lms import running as lms_running
from tests.hub.lti_campus import LTI, LTI_SECRET, Visitor, desk_environment, hub, said, write
from tests.hub.versions import jupyterhub_6


@pytest.fixture(scope="module")
def campus(tmp_path_factory):
    found = Campus(tmp_path_factory.mktemp("lti"), free_port(0))
    lms = found.lms = Lms(f"http://127.0.0.1:{found.port}")
    write(found.folder, lms, found.port, blocked="nobody")
    (found.folder / "course").mkdir()
    lay(found.folder / "course")
    with lms_running(lms), hub(found), running(found, desk_environment(found.port)):
        yield found


def groups(campus):
    """Return who is in which group, as the hub keeps it."""
    with sqlite3.connect(campus.folder / "hub.sqlite") as database:
        rows = database.execute(
            "select u.name, g.name from users u join user_group_map m on m.user_id = u.id"
            " join groups g on g.id = m.group_id"
        ).fetchall()
    return {user: [group for name, group in rows if name == user] for user, _ in rows}


def name(campus, person):
    return account(campus.lms.address, person, LTI_SECRET)


# The journey ---------------------------------------------------------------------------------------------------------


def test_a_learner_is_led_to_my_course(campus):
    with Visitor(campus, campus.lms) as visitor:
        page = visitor.follow(visitor.launch("4"))
        assert page.status_code == 200 and "My course" in page.text and "/services/room/" not in page.text
        assert visitor.way[0] == f"{BASE}login?next=%2Fservices%2Fdesk%2Fmy" and visitor.way[-1] == f"{BASE}my"
    assert groups(campus)[name(campus, "4")] == ["singmuk-participants"]


def test_an_instructor_finds_the_way_to_the_room(campus):
    with Visitor(campus, campus.lms) as visitor:
        assert 'href="/services/room/"' in visitor.follow(visitor.launch("8")).text
    assert groups(campus)[name(campus, "8")] == ["singmuk-trainers"]


@pytest.mark.parametrize(
    "how",
    [
        {"target": "{here}/services/desk/assignments/pdpo-basics"},
        {"custom": {"assignment": "pdpo-basics"}},
        {"custom": {"assignment": "pdpo-basics", "other": "$User.id"}, "target": "{here}/hub/lti13/oauth_callback"},
    ],
)
def test_a_link_names_the_assignment(campus, how):
    with Visitor(campus, campus.lms) as visitor:
        given = how | {"target": how.get("target", "").replace("{here}", campus.lms.tool)}
        page = visitor.follow(visitor.launch("4", **given))
        assert page.status_code == 200 and visitor.way[-1] == f"{BASE}assignments/pdpo-basics"


@pytest.mark.parametrize("door", ["", "/", "/hub", "/hub/", "/hub/lti13/oauth_callback", "/services/desk/"])
def test_a_link_to_the_hub_itself_leads_to_my_course(campus, door):
    with Visitor(campus, campus.lms) as visitor:
        visitor.follow(visitor.launch("4", f"{campus.lms.tool}{door}"))
        assert visitor.way[-1] == f"{BASE}my"


def test_the_same_person_is_the_same_at_every_launch_and_nobody_else(campus):
    numbers = set()
    for person in ("4", "4", "5"):
        with Visitor(campus, campus.lms) as visitor:
            visitor.follow(visitor.launch(person, custom={"assignment": "pdpo-basics"}))
            visitor.follow(visitor.get(campus.at(f"{BASE}my")))
        numbers.add(name(campus, person))
    assert len(numbers) == 2 and numbers <= set(groups(campus))
    assert all(re.fullmatch(r"lti-[a-z2-7]{24}", found) for found in numbers)


def test_a_second_person_in_the_same_browser_is_not_taken_for_the_first(campus):
    """Two people share a computer: the desk must not go on with whom its own cookie knows."""
    with Visitor(campus, campus.lms) as visitor:
        visitor.follow(visitor.launch("8"))
        assert 'href="/services/room/"' in visitor.get(campus.at(f"{BASE}my")).text
        visitor.follow(visitor.launch("4"))
        assert 'href="/services/room/"' not in visitor.get(campus.at(f"{BASE}my")).text


def test_the_last_launch_says_who_somebody_is(campus):
    with Visitor(campus, campus.lms) as visitor:
        visitor.follow(visitor.launch("5", **{f"{CLAIM}roles": [f"{MEMBERSHIP}Instructor"]}))
        assert groups(campus)[name(campus, "5")] == ["singmuk-trainers"]
        target = f"{campus.lms.tool}/services/desk-spring/my"
        answer = visitor.launch("5", target, **{f"{CLAIM}context": {"id": "42"}})
        assert answer.headers["location"] == "/services/desk-spring/login?next=%2Fservices%2Fdesk-spring%2Fmy"
        assert groups(campus)[name(campus, "5")] == ["singmuk-spring-participants"]
        # No longer a trainer of the first campaign, and in that one nothing at all (after a minute, without a new
        # sign-in: so long the desk believes what the hub said before).
        refused = visitor.follow(visitor.get(campus.at(f"{BASE}login")))
        assert refused.status_code == 403 and visitor.way[-1].startswith("/hub/api/oauth2/authorize")


def test_whoever_signs_out_is_out_and_reads_so_in_both_languages(campus):
    with Visitor(campus, campus.lms) as visitor:
        visitor.follow(visitor.launch("8"))
        answer = visitor.get(campus.at("/hub/logout"))
        assert answer.status_code == 200 and "You are signed out" in answer.text and "你已登出" in answer.text
        assert visitor.get(campus.at("/hub/home")).status_code == 302


def test_no_name_and_no_address_of_a_person_stays_anywhere(campus):
    with Visitor(campus, campus.lms) as visitor:
        visitor.follow(visitor.launch("4", custom={"assignment": "pdpo-basics"}))
    files = [*campus.folder.glob("hub*"), *(campus.folder / "course" / "state").iterdir(), campus.desk.log]
    assert len(files) >= 4
    for file in files:
        content = file.read_bytes()
        for told in (b"Name-of", b"@lms.example", b"Given-", b"login_hint=4"):
            assert told not in content, (file, told)


def test_a_launch_makes_nobody_an_administrator_and_gives_no_power_over_the_hub(campus):
    with Visitor(campus, campus.lms) as visitor:
        visitor.follow(visitor.launch("8"))
        for path in ("users", "groups", "services", "proxy"):
            assert visitor.get(campus.at(f"/hub/api/{path}")).status_code == 403
        assert visitor.get(campus.at("/hub/admin")).status_code == 403
    with sqlite3.connect(campus.folder / "hub.sqlite") as database:
        assert database.execute("select count(*) from users where admin").fetchone() == (0,)
        assert database.execute("select count(*) from users where encrypted_auth_state is not null").fetchone() == (0,)


def test_hub_6_lets_in_and_refuses_just_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{jupyterhub_6()}{os.pathsep}{ROOT}")
    found = Campus(tmp_path, free_port(0))
    lms = Lms(f"http://127.0.0.1:{found.port}")
    write(tmp_path, lms, found.port, blocked="nobody")
    with lms_running(lms), hub(found), Visitor(found, lms) as visitor:
        assert visitor.get(found.at("/hub/api/")).json()["version"].startswith("6.")
        assert visitor.launch("8").headers["location"] == f"{BASE}login?next=%2Fservices%2Fdesk%2Fmy"
        asked = visitor.begin()
        assert said(visitor.answer(lms.sign(lms.claims("8", asked["nonce"]), pair()[0]), asked["state"])) == "signature"
        assert said(visitor.launch("9")) == "role"


# Without a launch -----------------------------------------------------------------------------------------------------


def test_where_the_platform_sends_people_back_is_no_matter_of_a_header(campus):
    lms = campus.lms
    headers = {"host": "evil.example", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
    answer = httpx.get(campus.at(f"{LTI}oauth_login"), params=lms.announce("4"), headers=headers)
    assert f"{lms.tool}/hub/lti13/oauth_callback" in httpx.URL(answer.headers["location"]).params["redirect_uri"]
    assert "evil" not in answer.headers["location"]


def test_whoever_comes_without_a_launch_is_told_where_to_begin(campus):
    for path in ("/hub/login", "/hub/login?next=/hub/admin", f"{LTI}oauth_login", f"{LTI}oauth_callback", "/hub/"):
        with httpx.Client(follow_redirects=True) as client:
            page = client.get(campus.at(path))
        assert page.status_code == 403 and "There is no password here" in page.text and "此處無須密碼" in page.text
        assert "<form" not in page.text and "<script" not in page.text
    body = {"username": account(campus.lms.address, "4", LTI_SECRET), "password": "x"}
    assert httpx.post(campus.at("/hub/login"), data=body).status_code == 403


def test_the_librarys_registration_that_asks_for_addresses_and_grades_is_not_served(campus):
    assert httpx.get(campus.at(f"{LTI}config")).status_code == 404
