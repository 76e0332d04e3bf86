"""The manifest's room and formgrader, run as their containers would be: a course that nobody can write, a real hub."""

from __future__ import annotations

import contextlib
import os
import shutil

import httpx
import pytest

from singmuk.desk.store import open_store
from singmuk.serving import free_port
from tests.conftest import ROOT
from tests.hub.container import COURSE, environment, running
from tests.hub.ground import COURSE as MADE_OF
from tests.hub.kube import pods
from tests.hub.kube_hub import TOKENS, await_answer, hub, token
from tests.hub.people import require_root
from tests.postgres import NoPostgresError, server

PARTS = ("room", "grader")


@pytest.fixture(scope="module")
def pod(tmp_path_factory):
    """Give the port of each container of the pod."""
    require_root()
    folder = tmp_path_factory.mktemp("pod")
    course, state, data = folder / "course", folder / "state", folder / "data"
    course.mkdir(mode=0o755)
    for name in MADE_OF:
        place = ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, course / name)
    (course / "state").mkdir()
    state.mkdir()
    data.mkdir()
    os.chown(state, 10001, 10001)  # as fsGroup has it
    with contextlib.ExitStack() as stack:
        try:
            database = stack.enter_context(server(data)).database("desk")
        except NoPostgresError as reason:
            if os.environ.get("SINGMUK_REQUIRE_POSTGRES"):
                pytest.fail(str(reason))
            pytest.skip(str(reason))
        open_store(database).close()
        api = stack.enter_context(hub(folder))
        ports = {name: free_port(0) for name in PARTS}
        processes = {}
        for number, name in enumerate(PARTS):
            secrets = {"SINGMUK_DESK_DATABASE": database, "JUPYTERHUB_API_TOKEN": TOKENS[name]}
            here = {"JUPYTERHUB_API_URL": api, "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{ports[name]}"}
            given = environment("room", number, secrets, **here)
            arguments = pods()["room"]["containers"][number]["args"]
            # Of what the manifest says, only where this machine has things is other.
            arguments = [{"0.0.0.0": "127.0.0.1", "/srv/course": COURSE}.get(one, one) for one in arguments]
            log = folder / f"{name}.log"
            processes[name] = stack.enter_context(running("grader", course, arguments, given, log, state))
        for name in PARTS:
            address = f"http://127.0.0.1:{ports[name]}/services/{name}/healthz"
            await_answer(address, processes[name], folder / f"{name}.log")
        yield ports


def ask(pod, part, name, place=""):
    headers = {"host": f"{part}--service.course.example"} | ({"authorization": f"token {token(name)}"} if name else {})
    return httpx.get(f"http://127.0.0.1:{pod[part]}/services/{part}/{place}", headers=headers, timeout=30)


@pytest.mark.parametrize("part", PARTS)
def test_a_kubelet_asks_whether_it_is_there_by_the_pods_number(pod, part):
    address = f"http://127.0.0.1:{pod[part]}/services/{part}/healthz"
    assert httpx.get(address, headers={"host": "10.2.3.4:8510"}).status_code == 200


@pytest.mark.parametrize(
    ("part", "name", "enters"),
    [
        ("room", "tara", True),
        ("room", "ann", True),
        ("room", "mei-ling", False),
        ("room", "olaf", False),
        ("grader", "tara", True),
        ("grader", "ann", False),
        ("grader", "mei-ling", False),
    ],
)
def test_the_roles_of_the_values_say_who_enters(pod, part, name, enters):
    answer = ask(pod, part, name, "" if part == "room" else "formgrader/manage_assignments")
    assert answer.status_code == (200 if enters else 403), answer.text[:500]


def test_whoever_is_not_signed_in_is_sent_to_the_hub_by_its_own_name(pod):
    for part, place in (("room", "login"), ("grader", "formgrader/manage_assignments")):
        way = ask(pod, part, None, place).headers["location"]
        assert way.startswith("https://course.example/hub/api/oauth2/authorize?"), way
        assert f"{part}--service.course.example" in way


def test_the_room_finds_the_assignments_and_leads_to_the_other_two(pod):
    page = ask(pod, "room", "tara").text
    assert "pdpo-basics" in page
    assert "https://desk--service.course.example/services/desk/" in page
