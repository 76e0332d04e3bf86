"""A second campaign beside the first: its manifests touch nothing of the other's, and each lets in its own people."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import time

import httpx
import kubernetes_validate
import pytest

from singmuk.hub.names import PARTS, Campaign
from singmuk.serving import free_port
from tests.desk_databases import postgres
from tests.desk_processes import SECRET
from tests.desk_wire import lay
from tests.hub.container import COURSE, environment, running
from tests.hub.kube import HERE, SPRING, manifests, pods, rendered
from tests.hub.kube_hub import PEOPLE, TOKENS, await_answer, browser, hub, token
from tests.hub.people import require_root
from tests.hub.test_kubernetes_manifests import LABEL, RUN, VERSIONS

__all__ = ["postgres"]
#: Who is in which of both campaigns; ned takes part in the two.
BOTH = PEOPLE | {
    "singmuk-participants": ["mei-ling", "kim", "ned"],
    "singmuk-spring-participants": ["lee", "ned"],
    "singmuk-spring-trainers": ["uma"],
    "singmuk-spring-auditors": ["ines"],
}
SEAT = """
# A seat says where it would hand in, and is no JupyterLab.
c.Spawner.environment = c.KubeSpawner.environment
c.Spawner.cmd = ["sh", "-c", "echo $SINGMUK_DESK > {folder}/$JUPYTERHUB_USER; exec sleep 60"]
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaigns")
    with hub(folder, SPRING / "values.yaml", people=BOTH, instead=SEAT.format(folder=folder), shown=True) as api:
        yield folder, api


def of(name, kind, given):
    """Return what *given* has of the *kind* called *name*."""
    (found,) = [one for one in given if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_its_manifests_are_what_kubernetes_takes(version):
    found = [*rendered(SPRING), *rendered(SPRING / "loader")]
    assert {one["metadata"]["namespace"] for one in found} == {"course"}
    for one in found:
        kubernetes_validate.validate(one, version, strict=True)


def test_they_are_the_first_campaigns_by_other_names():
    first, second = rendered(HERE), rendered(SPRING)

    def named(given):
        return {f"{one['kind']} {one['metadata']['name']}" for one in given}

    assert named(second) == {f"{one}-spring" for one in named(first)}
    assert len(second) == len(first) and not named(first) & named(second)
    # What the overlay does not name stays as it is in the first campaign: limits, rights, who gets where.
    for name, pod in pods(first).items():
        other = pods(second)[f"{name}-spring"]
        for one, same in zip(pod["containers"], other["containers"], strict=True):
            for field in ("securityContext", "resources", "image", "args", "ports", "volumeMounts"):
                assert one[field] == same[field]
            assert {each["name"] for each in one["env"]} == {each["name"] for each in same["env"]}
        assert pod["securityContext"] == other["securityContext"]
    for one in (one for one in first if one["kind"] == "NetworkPolicy"):
        same = of(f"{one['metadata']['name']}-spring", "NetworkPolicy", second)
        assert [one["spec"][way] for way in ("ingress", "egress")] == [
            same["spec"][way] for way in ("ingress", "egress")
        ]


def selectors(given):
    """Yield whom each of *given* is about: its name, and the labels it goes by."""
    for one in given:
        spec, name = one.get("spec", {}), f"{one['kind']} {one['metadata']['name']}"
        if one["kind"] == "Service":
            yield name, spec["selector"]
        elif one["kind"] in ("Deployment", "PodDisruptionBudget"):
            yield name, spec["selector"]["matchLabels"]
        elif one["kind"] == "NetworkPolicy":
            yield name, spec["podSelector"]["matchLabels"]
        for spread in spec.get("template", {}).get("spec", {}).get("topologySpreadConstraints", []):
            yield f"{name}, {spread['topologyKey']}", spread["labelSelector"]["matchLabels"]


def test_nothing_of_a_campaign_is_about_the_others_pods():
    labels = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in [*rendered(HERE), *rendered(SPRING)]
        if one["kind"] == "Deployment"
    }
    assert set(labels) == {"desk", "room", "desk-spring", "room-spring"}
    for given, ours in ((rendered(HERE), {"desk", "room"}), (rendered(SPRING), {"desk-spring", "room-spring"})):
        met = {
            name: [pod for pod, worn in labels.items() if wanted.items() <= worn.items()]
            for name, wanted in selectors(given)
        }
        assert len(met) == 10
        for name, found in met.items():
            assert len(found) == 1 and found[0] in ours, f"{name}: is about {found}"
    for one in rendered(SPRING):
        assert one["metadata"]["labels"][LABEL].endswith("-spring")


def test_it_has_secrets_and_volumes_of_its_own():
    found = {"secret": set(), "claim": set()}
    for pod in pods(rendered(SPRING)).values():
        told = json.dumps(pod)
        found["secret"] |= set(re.findall(r'"secretKeyRef": {"key": "[^"]*", "name": "([^"]*)"', told))
        found["claim"] |= set(re.findall(r'"claimName": "([^"]*)"', told))
    # In the Secret hub each campaign's token has a key of its own; see test_kubernetes_manifests.py.
    assert found == {
        "secret": {"hub", "singmuk-desk-spring"},
        "claim": {"singmuk-course-spring", "singmuk-state-spring"},
    }
    (loader,) = pods(rendered(SPRING / "loader")).values()
    assert [one["persistentVolumeClaim"]["claimName"] for one in loader["volumes"]] == ["singmuk-course-spring"]


def test_another_name_takes_copying_and_one_word(tmp_path):
    shutil.copytree(HERE, tmp_path / "cluster")
    (tmp_path / "cluster" / "campaigns" / "spring").rename(tmp_path / "cluster" / "campaigns" / "autumn")
    for path in (tmp_path / "cluster" / "campaigns").rglob("*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("spring", "autumn"), encoding="utf-8")
    made = json.dumps(rendered(tmp_path / "cluster" / "campaigns" / "autumn"), sort_keys=True)
    assert made.replace("autumn", "spring") == json.dumps(rendered(SPRING), sort_keys=True)


#: Who may go where: first campaign, second campaign.
OPENS = {
    "mei-ling": {"desk"},
    "tara": {"desk", "room", "grader"},
    "ann": {"desk", "room"},
    "lee": {"desk-spring"},
    "uma": {"desk-spring", "room-spring", "grader-spring"},
    "ines": {"desk-spring", "room-spring"},
    "ned": {"desk", "desk-spring"},
    "olaf": set(),
}


@pytest.mark.parametrize("name", list(OPENS))
def test_the_roles_open_the_services_of_the_own_campaign_alone(cluster, name):
    answer = httpx.get(f"{cluster[1]}/user", headers={"authorization": f"token {token(name)}"})
    scopes = set(answer.json()["scopes"])
    assert {one.partition("service=")[2] for one in scopes if one.startswith("access:services")} == OPENS[name]


def test_the_hub_takes_every_setting_and_knows_every_service(cluster):
    folder, api = cluster
    said = (folder / "hub.log").read_text(encoding="utf-8")
    assert "not recognized" not in said and "[E " not in said, said
    for name in ("", "spring"):
        for part in PARTS:
            # A service knows itself by the token that the chart gave it.
            service = Campaign(name).service(part)
            answer = httpx.get(f"{api}/user", headers={"authorization": f"token {TOKENS[service]}"})
            assert (answer.json()["kind"], answer.json()["name"]) == ("service", service)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("kim", "https://desk--service.course.example/services/desk/my"),
        ("lee", "https://desk-spring--service.course.example/services/desk-spring/my"),
        ("ned", "https://desk--service.course.example/services/desk/my"),
        ("olaf", "/hub/home"),
    ],
)
def test_whoever_signs_in_comes_to_the_desk_of_their_campaign(cluster, name, page):
    with browser(cluster[1], name) as client:
        assert client.get("/hub/").headers["location"] == page


def test_the_hubs_page_shows_each_their_campaign(cluster):
    with browser(cluster[1], "uma") as client:
        page = client.get("/hub/home").text
    assert "The course (spring)" in page and "Trainer&#39;s room (spring)" in page and "導師室 (spring)" in page
    assert 'href="//desk-spring--service.course.example/services/desk-spring/my"' in page
    assert "/services/desk/" not in page and "/services/room/" not in page


@pytest.mark.parametrize(
    ("name", "desk"),
    [
        ("mei-ling", "http://desk:8500/services/desk/"),
        ("lee", "http://desk-spring:8500/services/desk-spring/"),
        ("ned", "http://desk:8500/services/desk/"),
        ("olaf", ""),
    ],
)
def test_a_seat_hands_in_at_the_desk_of_its_owners_campaign(cluster, name, desk):
    folder, api = cluster
    answer = httpx.post(f"{api}/users/{name}/server", headers={"authorization": f"token {token(name)}"}, timeout=30)
    assert answer.status_code == 202, answer.text
    until = time.monotonic() + 30
    while not (folder / name).exists() or not (folder / name).read_text().endswith("\n"):
        assert time.monotonic() < until, (folder / "hub.log").read_text(encoding="utf-8")[-2000:]
        time.sleep(0.05)
    assert (folder / name).read_text(encoding="utf-8").strip() == desk


@pytest.fixture(scope="module")
def desks(cluster, postgres, tmp_path_factory):
    """Give the port of each campaign's desk, run as its manifest says, each on a database of its own."""
    require_root()
    folder = tmp_path_factory.mktemp("desks")
    course = folder / "course"
    course.mkdir(mode=0o755)
    lay(course)
    with contextlib.ExitStack() as stack:
        ports = {}
        for name, given in (("desk", manifests(*RUN)), ("desk-spring", rendered(SPRING))):
            ports[name] = free_port(0)
            secrets = {
                "SINGMUK_DESK_DATABASE": postgres.database(name),
                "SINGMUK_DESK_SECRET": SECRET,
                "SINGMUK_DESK_METRICS_TOKEN": "m" * 32,
                "JUPYTERHUB_API_TOKEN": TOKENS[name],
            }
            here = {
                "SINGMUK_DESK_HOST": "127.0.0.1",
                "SINGMUK_DESK_PORT": str(ports[name]),
                "JUPYTERHUB_API_URL": cluster[1],
            }
            log = folder / f"{name}.log"
            told = environment(name, 0, secrets, given, **here)
            process = stack.enter_context(running("desk", course, ["desk", "--course", COURSE], told, log))
            await_answer(f"http://127.0.0.1:{ports[name]}/services/{name}/healthz", process, log)
        yield ports


@pytest.mark.parametrize("name", list(OPENS))
@pytest.mark.parametrize("service", ["desk", "desk-spring"])
def test_each_desk_lets_in_its_own(desks, name, service):
    address = f"http://127.0.0.1:{desks[service]}/services/{service}/api/assignments/pdpo-basics/responses"
    for host in (f"{service}:8500", f"{service}--service.course.example"):
        answer = httpx.get(address, headers={"authorization": f"token {token(name)}", "host": host}, timeout=30)
        assert answer.status_code == (200 if service in OPENS[name] else 403), answer.text
