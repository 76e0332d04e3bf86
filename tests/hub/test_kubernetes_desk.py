"""The manifest's desk, run: two replicas as their containers would be, a real hub that the values configure."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from oauthenticator.generic import GenericOAuthenticator
from traitlets.config import Config

from singmuk.serving import free_port
from tests import aside
from tests.desk_processes import SECRET
from tests.desk_wire import lay
from tests.desks import TODAY
from tests.hub.container import COURSE, environment, running
from tests.hub.kube import VALUES
from tests.hub.kube_hub import TOKENS, await_answer, hub, token
from tests.hub.people import require_root
from tests.postgres import NoPostgresError, server

METRICS = "m" * 32


@dataclass
class Cluster:
    """A hub and the ports at which replicas of the desk are."""

    folder: Path
    hub: str
    ports: tuple[int, int]
    processes: list[subprocess.Popen[bytes]]
    release: dict[str, Any]
    stop_database: Callable[[], None]

    def client(self, name: str, replica: int, host: str = "desk:8500") -> httpx.Client:
        """Return what *name* asks a *replica* with, from a seat."""
        headers = {"authorization": f"token {token(name)}", "host": host}
        base = f"http://127.0.0.1:{self.ports[replica]}/services/desk"
        return httpx.Client(base_url=base, timeout=20, headers=headers)

    def log(self) -> str:
        """Return what hub and desks said."""
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.log")))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    require_root()
    folder = tmp_path_factory.mktemp("cluster")
    course, data = folder / "course", folder / "data"
    course.mkdir(mode=0o755)
    data.mkdir()
    lay(course)
    with contextlib.ExitStack() as stack:
        databases = stack.enter_context(contextlib.ExitStack())
        try:
            found = databases.enter_context(server(data))
        except NoPostgresError as reason:
            if os.environ.get("SINGMUK_REQUIRE_POSTGRES"):
                pytest.fail(str(reason))
            pytest.skip(str(reason))
        api = stack.enter_context(hub(folder))
        yield stack.enter_context(replicas(folder, course, api, found.database("cluster"), databases.close))


@contextlib.contextmanager
def replicas(folder: Path, course: Path, api: str, database: str, stop_database: Callable[[], None]):
    """Run two replicas of the desk that start at once on an empty *database*."""
    ports = free_port(0), free_port(0)
    secrets = {
        "SINGMUK_DESK_DATABASE": database,
        "SINGMUK_DESK_SECRET": SECRET,
        "SINGMUK_DESK_METRICS_TOKEN": METRICS,
        "JUPYTERHUB_API_TOKEN": TOKENS["desk"],
    }
    release = json.loads((course / "exercises" / "pdpo-basics" / "items.json").read_text(encoding="utf-8"))
    with contextlib.ExitStack() as stack:
        processes = []
        for number, port in enumerate(ports):
            # Of what the manifest says, only where this machine has things is other.
            here = {"SINGMUK_DESK_HOST": "127.0.0.1", "SINGMUK_DESK_PORT": str(port), "JUPYTERHUB_API_URL": api}
            given = environment("desk", 0, secrets, **here)
            log = folder / f"desk-{number}.log"
            processes.append(stack.enter_context(running("desk", course, ["desk", "--course", COURSE], given, log)))
        for number, port in enumerate(ports):
            address = f"http://127.0.0.1:{port}/services/desk/healthz"
            await_answer(address, processes[number], folder / f"desk-{number}.log")
        yield Cluster(folder, api, ports, processes, release, stop_database)


def save(cluster, client, item, response):
    body = {"release": cluster.release["release"], "response": response, "confidence": None, "day": TODAY}
    return client.put(f"/api/assignments/pdpo-basics/responses/{item}", json=body)


def kept(client):
    """Return what is kept of whom the *client* is, by item."""
    answer = client.get("/api/assignments/pdpo-basics/responses")
    assert answer.status_code == 200, answer.text
    return answer.json()["given"]


def choice(cluster):
    return next(one["item"] for one in cluster.release["items"] if one["item"]["kind"] == "choose")


def test_the_hub_takes_every_setting_of_the_values(cluster):
    said = (cluster.folder / "hub.log").read_text(encoding="utf-8")
    assert "not recognized" not in said and "[E " not in said, said
    assert "JupyterHub is now running" in said


def test_what_one_replica_keeps_the_other_gives(cluster):
    item = choice(cluster)
    mine = item["choices"][0]["id"]
    with cluster.client("mei-ling", 0) as first, cluster.client("mei-ling", 1) as second:
        assert save(cluster, first, item["id"], mine).status_code == 200
        assert kept(second)[item["id"]]["response"] == mine
        body = {"release": cluster.release["release"], "token": "a" * 32}
        receipt = second.post("/api/assignments/pdpo-basics/hand-in", json=body).json()["receipt"]
        again = first.post("/api/assignments/pdpo-basics/hand-in", json=body).json()["receipt"]
        assert receipt == again and receipt["number"] == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [("mei-ling", 200), ("tara", 200), ("ann", 200), ("olaf", 403), ("nobody", 401)],
)
def test_the_roles_of_the_values_say_who_gets_to_the_desk(cluster, name, status):
    for replica in (0, 1):
        with cluster.client(name, replica) as client:
            assert client.get("/api/assignments/pdpo-basics/responses").status_code == status


def test_it_answers_to_the_names_that_proxy_and_seats_use_and_to_no_other(cluster):
    for host, status in (("desk--service.course.example", 200), ("desk:8500", 200), ("elsewhere.example", 421)):
        with cluster.client("kim", 0, host) as client:
            assert client.get("/api/assignments/pdpo-basics/responses").status_code == status
    # A kubelet asks by the pod's number.
    for place in ("healthz", "livez"):
        address = f"http://127.0.0.1:{cluster.ports[0]}/services/desk/{place}"
        assert httpx.get(address, headers={"host": "10.2.3.4:8500"}).status_code == 200


def test_whoever_is_not_signed_in_is_sent_to_the_hubs_own_name(cluster):
    host = {"host": "desk--service.course.example"}
    base = f"http://127.0.0.1:{cluster.ports[0]}/services/desk/"
    way = httpx.get(f"{base}login?next=/services/desk/my", headers=host).headers["location"]
    assert way.startswith("https://course.example/hub/api/oauth2/authorize?")
    assert "desk--service.course.example%2Fservices%2Fdesk%2Foauth_callback" in way


def test_figures_are_for_whoever_holds_the_token(cluster):
    address = f"http://127.0.0.1:{cluster.ports[1]}/services/desk/metrics"
    assert httpx.get(address).status_code == 404
    answer = httpx.get(address, headers={"authorization": f"Bearer {METRICS}"})
    assert answer.status_code == 200 and "singmuk_requests_total" in answer.text


def test_the_container_is_as_closed_as_the_manifest_says(cluster):
    for process in cluster.processes:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        assert "Uid:\t10001\t10001\t10001\t10001" in status and "CapEff:\t0000000000000000" in status
        assert "CapBnd:\t0000000000000000" in status and "NoNewPrivs:\t1" in status
        mounts = [line.split() for line in Path(f"/proc/{process.pid}/mountinfo").read_text().splitlines()]
        writable = [one[4] for one in mounts if one[5].split(",")[0] == "rw"]
        assert "/" not in writable and COURSE not in writable and "/tmp" in writable


def test_it_keeps_well_within_its_memory(cluster):
    for process in cluster.processes:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        used = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024
        assert used < 256, f"{used} MB; the manifest asks for 256"


async def signed_in(sign_in, *groups):
    """Return our groups of somebody whom the sign-in says to be in *groups*, and whether they get in."""
    state = {"oauth_user": {"preferred_username": "mei-ling", "groups": list(groups)}, "scope": []}
    model = await sign_in.update_auth_model({"name": "mei-ling", "admin": None, "auth_state": state})
    assert not model["admin"]
    model["groups"] = sorted(await sign_in.get_user_groups(state))
    return model["groups"], bool(await sign_in.check_allowed("mei-ling", model))


@pytest.mark.parametrize(
    ("given", "ours", "enters"),
    [
        (["singmuk-participants"], ["singmuk-participants"], True),
        (["singmuk-auditors", "all-staff"], ["all-staff", "singmuk-auditors"], True),
        (["all-staff"], ["all-staff"], False),
        ([], [], False),
    ],
)
def test_the_sign_in_of_the_values_lets_in_whom_it_should(given, ours, enters):
    config = yaml.safe_load(VALUES.read_text(encoding="utf-8"))["hub"]["config"]
    assert aside.run(signed_in(GenericOAuthenticator(config=Config(config)), *given)) == (ours, enters)


@pytest.mark.parametrize(
    ("given", "ours", "enters"),
    [
        (["all-staff", "training-team", "golf"], ["singmuk-participants", "singmuk-trainers"], True),
        (["singmuk-trainers"], [], False),
        (["golf"], [], False),
    ],
)
def test_groups_by_other_names_become_ours(given, ours, enters):
    config = Config(yaml.safe_load(VALUES.read_text(encoding="utf-8"))["hub"]["config"])
    code = yaml.safe_load(VALUES.with_name("groups.yaml").read_text(encoding="utf-8"))["hub"]["extraConfig"]["groups"]
    # The chart runs it after the settings, with the same c.
    exec(compile(code, "groups.yaml", "exec"), {"c": config})
    assert aside.run(signed_in(GenericOAuthenticator(config=config), *given)) == (ours, enters)


def test_one_replica_goes_in_order_and_without_a_database_the_other_waits(cluster):
    # It ends the cluster of this file, so it stands last.
    item = choice(cluster)
    with cluster.client("kim", 0) as client:
        assert save(cluster, client, item["id"], item["choices"][1]["id"]).status_code == 200
    cluster.processes[0].send_signal(signal.SIGTERM)
    # Uvicorn ends in order, then lets the signal be what it was.
    assert cluster.processes[0].wait(30) in (0, -signal.SIGTERM)
    with cluster.client("kim", 1) as client:
        assert kept(client)[item["id"]]["response"] == item["choices"][1]["id"]
    cluster.stop_database()
    base = f"http://127.0.0.1:{cluster.ports[1]}/services/desk/"
    assert httpx.get(f"{base}healthz", timeout=20).status_code == 503
    assert httpx.get(f"{base}livez", timeout=20).status_code == 200
    assert cluster.processes[1].poll() is None
