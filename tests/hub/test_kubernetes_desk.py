"""The manifest's desk, run: two replicas as their containers would be, a real hub that the values configure."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
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
from tests.desk_processes import SECRET, clean
from tests.desk_wire import lay
from tests.desks import TODAY
from tests.hub.container import COURSE, environment, running
from tests.hub.kube import VALUES
from tests.hub.people import require_root
from tests.postgres import NoPostgresError, server

#: What the chart reads as a setting of the hub's, and the setting.
CAMEL = {
    "concurrentSpawnLimit": "concurrent_spawn_limit",
    "activeServerLimit": "active_server_limit",
    "allowNamedServers": "allow_named_servers",
    "redirectToServer": "redirect_to_server",
    "shutdownOnLogout": "shutdown_on_logout",
    "authenticatePrometheus": "authenticate_prometheus",
}
PEOPLE = {
    "singmuk-participants": ["mei-ling", "kim"],
    "singmuk-trainers": ["tara"],
    "singmuk-auditors": ["ann"],
    "elsewhere": ["olaf"],
}
METRICS = "m" * 32
TOKENS = {name: name[0] * 40 for name in ("desk", "room", "grader")}
HUB = """\
import json
from jupyterhub.proxy import Proxy

class Nothing(Proxy):
    should_start = False
    routes = {{}}
    async def add_route(self, routespec, target, data): self.routes[routespec] = {{"target": target, "data": data}}
    async def delete_route(self, routespec): self.routes.pop(routespec, None)
    async def get_all_routes(self): return self.routes

c = get_config()
given = json.loads({given!r})
for name, fields in given["config"].items():
    c[name].update(fields)
c.JupyterHub.update(given["hub"])
c.JupyterHub.services = given["services"]
c.JupyterHub.load_roles = given["roles"]
# What the cluster has and this machine has not: a proxy beside it, an organisation's sign-in, pods.
c.JupyterHub.proxy_class = Nothing
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.bind_url = c.JupyterHub.hub_bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.load_groups = given["groups"]
c.JupyterHub.api_tokens = given["tokens"]
"""


def settings() -> dict[str, Any]:
    """Return what the chart makes of the values, for a hub without a cluster."""
    hub = yaml.safe_load(VALUES.read_text(encoding="utf-8"))["hub"]
    # The addresses are of Kubernetes Services, which are not here; there is no proxy that would go there either.
    services = [
        {"name": name, "api_token": TOKENS[name]} | {field: value for field, value in one.items() if field != "url"}
        for name, one in hub["services"].items()
    ]
    return {
        "config": hub["config"],
        "hub": {setting: hub[name] for name, setting in CAMEL.items()},
        "services": services,
        "roles": [{"name": name, **role} for name, role in hub["loadRoles"].items()],
        "groups": {name: {"users": people} for name, people in PEOPLE.items()},
        "tokens": {f"{name}-0123456789abcdef0123456789": name for people in PEOPLE.values() for name in people},
    }


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
        headers = {"authorization": f"token {name}-0123456789abcdef0123456789", "host": host}
        base = f"http://127.0.0.1:{self.ports[replica]}/services/desk"
        return httpx.Client(base_url=base, timeout=20, headers=headers)

    def log(self) -> str:
        """Return what hub and desks said."""
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.log")))


def await_answer(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(address, timeout=2).status_code == 200:
                return
        assert process.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")[-3000:]
        time.sleep(0.1)


@contextlib.contextmanager
def hub(folder: Path):
    """Run the hub that the values configure."""
    port = free_port(0)
    text = HUB.format(given=json.dumps(settings()), port=port, folder=folder)
    (folder / "hub.py").write_text(text, encoding="utf-8")
    (folder / "cookie").write_text("ab" * 32, encoding="utf-8")
    (folder / "cookie").chmod(0o600)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "hub.log").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", folder / "hub.py"],
            cwd=folder, stdout=said, stderr=said, env=clean() | {"PATH": path},
        )  # fmt: skip
    try:
        await_answer(f"http://127.0.0.1:{port}/hub/api/", process, folder / "hub.log")
        yield f"http://127.0.0.1:{port}/hub/api"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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


def test_the_sign_in_of_the_values_lets_in_whom_it_should():
    hub = yaml.safe_load(VALUES.read_text(encoding="utf-8"))["hub"]
    sign_in = GenericOAuthenticator(config=Config(hub["config"]))

    def groups(*given):
        state = {"oauth_user": {"preferred_username": "mei-ling", "groups": list(given)}, "scope": []}
        model = {"name": "mei-ling", "admin": None, "auth_state": state}
        return asyncio.run(sign_in.update_auth_model(model)) | {
            "groups": sorted(asyncio.run(sign_in.get_user_groups(state)))
        }

    for name, let_in in (("singmuk-participants", True), ("singmuk-auditors", True), ("all-staff", False)):
        model = groups(name)
        assert model["groups"] == [name] and not model["admin"]
        assert bool(asyncio.run(sign_in.check_allowed("mei-ling", model))) == let_in


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
