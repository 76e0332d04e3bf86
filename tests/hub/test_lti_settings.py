"""What lti.yml may say, and what a launch says, without a hub."""

from __future__ import annotations

import pytest
import yaml
from click.testing import CliRunner

from singmuk.cli import main
from singmuk.hub.lti.launch import RefusedError, account, page, role
from singmuk.hub.lti.page import STATUS, render, words
from singmuk.hub.lti.settings import MEMBERSHIP, SECRET, LtiError, read
from singmuk.hub.lti.tokens import Tokens
from tests import aside
from tests.conftest import ROOT
from tests.desk_campus import BASE
from tests.hub.lms import Lms, pair
from tests.hub.lms import running as lms_running
from tests.hub.lti_campus import LTI_SECRET, settings

EXAMPLE = ROOT / "hub" / "lti" / "lti.yml"


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

    aside.run(tried())
    assert tokens._keys._last_successful_fetch is None and lms.asked == 0


def test_what_is_remembered_is_bounded_and_only_what_was_genuine(given):
    """CVE-2026-34052 was a memory of nonces that anybody could fill, in the library's LTI 1.1."""
    lms = Lms("http://127.0.0.1:1")
    with lms_running(lms):
        tokens = Tokens(given(**lms.settings))
        forger, _ = pair()

        async def tried():
            for number in range(50):
                with pytest.raises(RefusedError, match="signature"):
                    await tokens.verified(lms.sign(lms.claims("4", f"n{number}"), forger), f"n{number}")
            assert (await tokens.verified(lms.sign(lms.claims("4", "mine")), "mine")).sub == "4"

        aside.run(tried())
    assert list(tokens._used) == ["mine"] and tokens._used.maxsize < 100_000


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
