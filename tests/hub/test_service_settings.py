"""What a service of a hub is told: its campaign, its place, the others' places; and every fault at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from singmuk.cli import main
from singmuk.desk import settings
from singmuk.desk.settings import SettingsError
from singmuk.hub import service
from tests import submissions
from tests.desk_processes import clean

TOLD = {"JUPYTERHUB_SERVICE_PREFIX": "/services/room-spring/", "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:4711"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return submissions.lay(tmp_path_factory.mktemp("service") / "course")


def read(course, port=None, **environment):
    return service.read(course, "127.0.0.1", port, 8510, TOLD | environment)


@pytest.mark.parametrize(
    ("given", "groups"),
    [
        ({}, (None, "singmuk-trainers", "singmuk-auditors")),
        ({"CAMPAIGN": ""}, ("singmuk-participants", "singmuk-trainers", "singmuk-auditors")),
        ({"CAMPAIGN": "spring"}, ("singmuk-spring-participants", "singmuk-spring-trainers", "singmuk-spring-auditors")),
        ({"CAMPAIGN": "spring", "GROUPS": "{trainers: teachers, participants: null}"},
         (None, "teachers", "singmuk-spring-auditors")),
    ],
)  # fmt: skip
def test_a_campaign_names_the_groups_and_a_named_group_goes_before_it(tmp_path, given, groups):
    found = settings.read(tmp_path, {f"SINGMUK_DESK_{name}": value for name, value in given.items()}).groups
    assert (found.participants, found.trainers, found.auditors) == groups


@pytest.mark.parametrize("name", ["Spring", "1st", "-x", "a b", "x" * 31, "spring/../", "spring-"])
def test_a_name_that_cannot_be_a_campaigns_is_told(tmp_path, name):
    (tmp_path / "desk.yml").write_text(f"campaign: '{name}'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"desk.yml:1: campaign: must be up to 30 of a-z"):
        settings.read(tmp_path, {})


@pytest.mark.parametrize(
    ("base", "origin", "name"),
    [
        ("/services/desk/", "http://127.0.0.1:8000", "singmuk-hub"),
        ("/services/desk-spring/", "http://127.0.0.1:8000", "singmuk-hub-desk-spring"),
        ("/services/desk-spring/", "https://course.example", "__Host-singmuk-hub-desk-spring"),
        ("/", "https://course.example", "__Host-singmuk-hub"),
        ("/team@x/", None, "singmuk-hub-team-x"),
    ],
)
def test_each_desk_of_a_host_has_cookies_of_its_own(tmp_path, base, origin, name):
    given = {"SINGMUK_DESK_BASE": base} | ({"SINGMUK_DESK_ORIGIN": origin} if origin else {})
    assert settings.read(tmp_path, given).cookie("hub") == name


def test_a_service_finds_its_place_and_the_others(course):
    found = read(course, SINGMUK_DESK_CAMPAIGN="spring", SINGMUK_DESK_ORIGIN="https://course.example")
    assert (found.port, found.base, found.hosts) == (4711, "/services/room-spring/", {"course.example"})
    assert (found.desk, found.grader) == ("/services/desk-spring/", "/services/grader-spring/")
    assert found.cookie == "__Host-singmuk-hub-room-spring"
    assert found.address == "https://course.example/services/room-spring/"
    other = read(course, 9000, JUPYTERHUB_BASE_URL="/jupyter/", SINGMUK_ROOM_FORMGRADER="https://marks.example/x/")
    assert (other.port, other.desk, other.grader) == (9000, "/jupyter/services/desk/", "https://marks.example/x/")


def test_all_faults_come_at_once(course, tmp_path):
    wrong = {"JUPYTERHUB_SERVICE_PREFIX": "room", "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:x",
             "SINGMUK_ROOM_DESK": "desk", "SINGMUK_DESK_CAMPAIGN": "No", "SINGMUK_DESK_PORT": "x"}  # fmt: skip
    with pytest.raises(SettingsError) as fault:
        read(tmp_path, **wrong)
    said = str(fault.value)
    for name in (*wrong, "nbgrader_config.py"):
        assert name in said, said
    for command in ("room", "trainer"):
        program = [sys.executable, "-c", "from singmuk.cli import main; main()", command, "--hub", "--course", course]
        done = subprocess.run(program, env=clean() | wrong, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "JUPYTERHUB_SERVICE_PREFIX" in done.stderr and "Traceback" not in done.stderr
        done = subprocess.run(program, env=clean() | TOLD, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "JUPYTERHUB_API_TOKEN: is missing" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["room", "trainer"])
def test_without_a_hub_nobody_elsewhere_is_let_in(course, command):
    result = CliRunner().invoke(main, [command, "--course", str(course), "--host", "0.0.0.0"])
    assert result.exit_code == 2 and "--hub" in result.output


def test_what_a_service_starts_gets_nothing_of_the_hubs():
    given = {"JUPYTERHUB_API_TOKEN": "x", "JPY_API_TOKEN": "x", "CONFIGPROXY_AUTH_TOKEN": "x", "PATH": os.defpath}
    assert service.without_hub(given) == {"PATH": os.defpath}
