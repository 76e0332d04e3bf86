"""From the LMS to the desk: who clicks the link there is at the right page here, under a name that says nothing."""

from __future__ import annotations

import asyncio
import re
import sqlite3

import pytest
import yaml
from click.testing import CliRunner

from singmuk.cli import main
from singmuk.hub.lti.launch import CLAIM, RefusedError, account, page, role
from singmuk.hub.lti.page import STATUS, render, words
from singmuk.hub.lti.settings import MEMBERSHIP, SECRET, LtiError, read
from singmuk.hub.lti.tokens import Tokens
from singmuk.serving import free_port
from tests.conftest import ROOT
from tests.desk_campus import BASE, Campus, running
from tests.desk_wire import lay
from tests.hub.lms import Lms
from tests.hub.lms import running as lms_running
from tests.hub.lti_campus import LTI_SECRET, Visitor, desk_environment, hub, settings, write

EXAMPLE = ROOT / "hub" / "lti" / "lti.yml"


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


# What a launch says, without a hub ------------------------------------------------------------------------------------


def test_two_platforms_and_two_secrets_cannot_meet():
    made = [
        account(issuer, subject, secret)
        for issuer in ("https://a.example", "https://a.example1")
        for subject in ("3", "13", "ABC", "abc")
        for secret in ("x" * 32, "y" * 32)
    ]
    assert len(set(made)) == len(made) == 16
    # Whoever changes how names are made makes everybody somebody new.
    assert account("https://a.example", "3", "x" * 32) == "lti-q7jr5pj4yk7m7u3i5ovpzl2j"


def test_of_several_roles_the_strongest_counts(given):
    plain, open_ = given(), given(others="auditors")
    assert role([f"{MEMBERSHIP}Learner", f"{MEMBERSHIP}Instructor"], plain) == "trainers"
    assert role(["Learner"], plain) == "participants"  # LTI lets a course's role stand by its name alone
    assert role([f"{MEMBERSHIP}Mentor"], plain) is None and role([], plain) is None
    assert role([f"{MEMBERSHIP}Mentor"], open_) == "auditors"
    student = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"
    assert role([student], plain) is None
    assert role([student], given(roles={student: "participants"})) == "participants"


@pytest.mark.parametrize("path", ["book", "book/", "book/deepfakes/voice.html", "my", "assignments/a-b"])
def test_a_link_may_name_a_page(path):
    origin = "https://course.example"
    assert page(f"{origin}{BASE}{path}", {}, BASE, (origin,), ()) == path


def test_a_platform_whose_keys_cannot_be_fetched_is_asked_once_and_not_for_every_token(given):
    lms = Lms("http://127.0.0.1:1")  # it does not run
    tokens = Tokens(given(**lms.settings))

    async def tried():
        for _ in range(3):
            with pytest.raises(RefusedError, match="keys"):
                await tokens.verified(lms.sign(lms.claims("4", "n")), "n")

    asyncio.run(tried())
    assert tokens._keys._last_successful_fetch is None and lms.asked == 0


# Settings -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def given(tmp_path):
    """Give a function that returns the settings of the test's LMS with changes."""

    def make(**change):
        file = tmp_path / "lti.yml"
        file.write_text(yaml.safe_dump(settings(Lms("http://127.0.0.1:1"), 1) | change), encoding="utf-8")
        return read(file, {SECRET: LTI_SECRET})

    return make


def test_the_example_is_sound_once_there_is_a_secret(monkeypatch):
    monkeypatch.setenv(SECRET, LTI_SECRET)
    done = CliRunner().invoke(main, ["hub", "lti", "--check", str(EXAMPLE)])
    assert (done.exit_code, done.output) == (0, "All good.\n")
    done = CliRunner().invoke(main, ["hub", "lti", str(EXAMPLE)])
    assert "https://course.example/hub/lti13/oauth_login" in done.output and done.exit_code == 0


def test_every_fault_is_named_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv(SECRET, "short")
    file = tmp_path / "lti.yml"
    file.write_text(
        "issuer: http://moodle.example\nauthorise-url: https://x\nkeyset-url: 'file:///x'\nclient-ids: [a, a]\n"
        "origin: https://course.example/hub\ncampaigns:\n  - deployment: 1\n    campaign: Nö\n"
        "roles: {Learner: student}\nsecret: abc\nleeway: 9999\nframes: [moodle.example]\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(main, ["hub", "lti", "--check", str(file)])
    assert done.exit_code == 1 and "Traceback" not in done.output
    for part in (
        "SINGMUK_LTI_SECRET:1: secret: is missing or shorter than 32", "lti.yml:1: issuer: is not https",
        "lti.yml:2: authorise-url: is not a field we know; did you mean",
        "lti.yml:3: keyset-url: is no address", "lti.yml:4: client-ids[1]: is empty or stands here twice",
        "lti.yml:5: origin: must be https:// and a host", "lti.yml:7: campaigns[0].deployment: must be text, got 1",
        "lti.yml:9: roles.Learner: 'student' is not known", "lti.yml:10: secret: does not belong in a file",
        "lti.yml:11: leeway: must be at most 300", "lti.yml:12: frames[0]: must be https:// and a host",
    ):  # fmt: skip
        assert part in done.output, (part, done.output)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"campaigns": [{"deployment": "1"}, {"deployment": "1"}]}, "campaigns[1]: is the place of campaigns[0] again"),
        (
            {"campaigns": [{"deployment": "1", "campaign": "-x"}]},
            "campaigns[0].campaign: '-x' is no name of a campaign",
        ),
        ({"campaigns": []}, "campaigns: has 0 entries"),
        ({"roles": {"Teacher": "trainers"}}, "roles.Teacher: is no role of LTI; use one of"),
        ({"roles": {}}, "roles: lets nobody in"),
        ({"client-ids": [" "]}, "client-ids[0]: is empty"),
        ({"origin": "http://course.example"}, "origin: is not https"),
        ({"keyset-url": "https://u:p@x/"}, "keyset-url: is no address"),
        ({"authorize-url": "https://[x/"}, "authorize-url: is no address"),
    ],
)
def test_a_fault_says_what_to_do(given, change, message):
    with pytest.raises(LtiError) as fault:
        given(**change)
    assert message in str(fault.value)


@pytest.mark.parametrize("content", ["", "- a\n", "issuer: [\n", "\0"])
def test_a_file_that_is_none_is_named(tmp_path, content):
    (tmp_path / "lti.yml").write_text(content, encoding="utf-8")
    with pytest.raises(LtiError, match=r"lti\.yml:[12]: settings: "):
        read(tmp_path / "lti.yml", {SECRET: LTI_SECRET})
    with pytest.raises(LtiError, match="does not exist; copy "):
        read(tmp_path / "other.yml", {})


def test_every_page_has_words_in_both_languages():
    assert set(words()) == {*STATUS, "shared"}
    for why in STATUS:
        assert set(words()[why]) == {"title", "text", *(["link"] if why == "window" else [])}
        assert all(set(said) == {"en", "zh"} and all(said.values()) for said in words()[why].values())
        assert render(why, "n").count("<section") == 2
    assert '"><script>' not in render("window", "n", '"><script>')
