"""What the cluster is given fits Kubernetes' own schemas, asks for no rights, and gets nowhere that it need not."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import kubernetes_validate
import pytest

from singmuk.desk.settings import PREFIX, Settings
from singmuk.hub.kubernetes import files
from singmuk.hub.names import PARTS, ROLES, Campaign
from tests.hub.kube import HERE, SPRING, VALUES, manifests, pods, rendered

#: The oldest that the chart runs on, and a later one.
VERSIONS = ("1.28", "1.33")
#: A kind that is not Kubernetes' own; the operator brings its schema.
FOREIGN = ("ServiceMonitor",)
OWN = [one for one in manifests() if one["kind"] not in FOREIGN]
#: The folders of which the cluster is given everything that runs.
RUN = ("volumes", "desk", "room")
LABEL = "app.kubernetes.io/name"
#: What every campaign's desk has and nothing else: seats get there.
DESKS = {"app.kubernetes.io/part-of": "singmuk", "app.kubernetes.io/component": "desk"}


@dataclass(frozen=True)
class Side:
    """A campaign of the cluster: what it is given for it, and the values with which the hub then runs."""

    campaign: Campaign
    documents: list[dict[str, Any]]
    values: dict[str, Any]


@pytest.fixture(params=["", "spring"], ids=["the first campaign", "spring"])
def side(request):
    if not request.param:
        return Side(Campaign(), manifests(*RUN), files.read([VALUES]).data)
    return Side(Campaign(request.param), rendered(SPRING), files.read([VALUES, SPRING / "values.yaml"]).data)


def named(kind, name):
    (found,) = [one for one in manifests() if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", OWN, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_a_manifest_is_what_kubernetes_takes(manifest, version):
    kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize(
    ("kind", "name", "spoil"),
    [
        pytest.param("Deployment", "desk", lambda spec: spec.update(replica=2), id="unknown field"),
        pytest.param("Deployment", "desk", lambda spec: spec.update(replicas="two"), id="text for a number"),
        pytest.param("Service", "desk", lambda spec: spec["ports"][0].pop("port"), id="missing port"),
        pytest.param("NetworkPolicy", "desk", lambda spec: spec["ingress"][0].update({"from": {}}), id="no list"),
    ],
)
def test_the_schemas_find_a_planted_mistake(kind, name, spoil):
    manifest = named(kind, name)
    spoil(manifest["spec"])
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, VERSIONS[0], strict=True)


@pytest.mark.parametrize("name", list(pods()))
def test_a_pod_asks_for_no_rights(name):
    pod = pods()[name]
    assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] >= 1000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert not [volume for volume in pod["volumes"] if "hostPath" in volume]
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"]["memory"] and container["resources"]["limits"]["memory"]
        assert re.fullmatch(r"registry\.example/singmuk/[a-z-]+:\d+\.\d+\.\d+", container["image"])


def test_no_secret_stands_in_a_file():
    for pod in pods().values():
        for container in pod["containers"]:
            for one in container.get("env", []):
                secret = re.search(r"TOKEN|SECRET|DATABASE|PASSWORD", one["name"])
                assert bool(secret) == ("valueFrom" in one), one["name"]
    assert not [one for one in manifests() if one["kind"] == "Secret"]


def test_the_keys_are_mounted_where_trainers_are_and_nowhere_else():
    claim = "persistentVolumeClaim"
    claims = {
        name: sorted(volume[claim]["claimName"] for volume in pod["volumes"] if claim in volume)
        for name, pod in pods().items()
    }
    assert claims == {"desk": [], "room": ["singmuk-course", "singmuk-state"], "course-loader": ["singmuk-course"]}
    assert "singmuk-course" not in VALUES.read_text(encoding="utf-8")
    for container in pods()["room"]["containers"]:
        mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
        assert mounts == {"/srv/course": True, "/srv/course/state": False, "/tmp": False}


def test_every_pod_has_a_policy_and_seats_get_to_the_desk_alone():
    values = files.read([VALUES]).data
    policies = {
        one["spec"]["podSelector"]["matchLabels"][LABEL]: one["spec"]
        for one in manifests("desk", "room", "loader")
        if one["kind"] == "NetworkPolicy"
    }
    running = [one["metadata"]["labels"] for one in manifests() if one["kind"] in ("Deployment", "Pod")]
    assert set(policies) == {labels[LABEL] for labels in running}
    for policy in policies.values():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        for rule in [*policy.get("ingress", []), *policy.get("egress", [])]:
            assert rule["ports"] and (rule.get("from") or rule.get("to")), "an empty rule lets everybody"
    let_in = r"component': '([a-z-]+)'"
    assert {name: re.findall(let_in, str(policy.get("ingress", []))) for name, policy in policies.items()} == {
        "singmuk-desk": ["proxy", "singleuser-server", "hub"],
        "singmuk-room": ["proxy", "hub"],
        "singmuk-loader": [],
    }
    (way,) = values["singleuser"]["networkPolicy"]["egress"]
    assert way["to"] == [{"podSelector": {"matchLabels": DESKS}}]
    templates = {one["metadata"]["name"]: one["spec"]["template"] for one in manifests() if one["kind"] == "Deployment"}
    reached = [name for name, one in templates.items() if DESKS.items() <= one["metadata"]["labels"].items()]
    assert reached == ["desk"]


def test_no_service_is_called_so_that_kubernetes_sets_the_desk(side):
    services = [one["metadata"]["name"] for one in side.documents if one["kind"] == "Service"]
    assert sorted(services) == sorted(side.campaign.service(part) for part in PARTS)
    for name in services:
        variables = [f"{name.upper().replace('-', '_')}_{end}" for end in ("PORT", "SERVICE_HOST", "SERVICE_PORT")]
        assert not [one for one in variables if one.startswith(PREFIX)]


def test_services_and_probes_meet_the_containers(side):
    ports = {}
    for name, pod in pods(side.documents).items():
        for container in pod["containers"]:
            for port in container["ports"]:
                ports[port["name"]] = (name, port["containerPort"])
            service = side.campaign.service(container["name"])
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                told = container[probe]["httpGet"]
                assert told["port"] in [port["name"] for port in container["ports"]]
                assert re.fullmatch(rf"/services/{service}/(healthz|livez)", told["path"])
    for one in (one for one in side.documents if one["kind"] == "Service"):
        (port,) = one["spec"]["ports"]
        selected = one["spec"]["selector"][LABEL].removeprefix("singmuk-")
        assert ports[port["targetPort"]] == (selected, port["port"])
        name = one["metadata"]["name"]
        assert side.values["hub"]["services"][name]["url"] == f"http://{name}:{port['port']}"


def told_to(container):
    """Return what a *container* finds in its environment: a value, or where it comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def test_what_hub_and_desk_are_told_of_each_other_agrees(side):
    campaign, values = side.campaign, side.values
    for pod in pods(side.documents).values():
        for container in pod["containers"]:
            told = told_to(container)
            name = told["JUPYTERHUB_SERVICE_NAME"]
            assert name == campaign.service(container["name"])
            service = values["hub"]["services"][name]
            assert told["JUPYTERHUB_CLIENT_ID"] == service["oauth_client_id"]
            assert told["JUPYTERHUB_OAUTH_CALLBACK_URL"] == service["oauth_redirect_uri"]
            assert told["JUPYTERHUB_SERVICE_PREFIX"] == f"/services/{name}/"
            assert told["JUPYTERHUB_HOST"] == values["hub"]["config"]["JupyterHub"]["subdomain_host"]
            token = {"secretKeyRef": {"name": "hub", "key": f"hub.services.{name}.apiToken"}}
            assert told["JUPYTERHUB_API_TOKEN"] == token
            groups = json.loads(told["SINGMUK_DESK_GROUPS"])
            assert groups == {role: campaign.group(role) for role in ROLES}
            assert set(groups.values()) <= set(values["hub"]["config"]["GenericOAuthenticator"]["allowed_groups"])
            known = [one.removeprefix(PREFIX).lower() for one in told if one.startswith(PREFIX)]
            assert set(known) <= set(Settings.model_fields), "the desk has no such setting"
            # Wherever another part is named, it is one of this campaign's.
            named = {
                part for one in told.values() for part in re.findall(r"(?:desk|room|grader)[a-z-]*--service", str(one))
            }
            assert named <= {f"{campaign.service(part)}--service" for part in PARTS}


def test_a_seat_hands_in_at_the_desk_that_answers_to_it():
    seat = files.read([VALUES]).data["singleuser"]["extraEnv"]
    desk = told_to(pods()["desk"]["containers"][0])
    assert seat["SINGMUK_DESK"] == f"{desk['SINGMUK_DESK_SEATS']}{desk['JUPYTERHUB_SERVICE_PREFIX']}"


def test_kustomize_renders_it_into_the_hubs_namespace():
    found = rendered(HERE)
    kinds = sorted(f"{one['kind']} {one['metadata']['name']}" for one in found)
    assert kinds == sorted(f"{one['kind']} {one['metadata']['name']}" for one in manifests(*RUN))
    assert {one["metadata"]["namespace"] for one in found} == {"course"}
    for one in found:
        kubernetes_validate.validate(one, VERSIONS[0], strict=True)


def test_kustomize_renders_the_pod_that_fills_the_volumes():
    found = {f"{one['kind']} {one['metadata']['name']}" for one in rendered(HERE / "loader")}
    volumes = {"PersistentVolumeClaim singmuk-course", "PersistentVolumeClaim singmuk-state"}
    assert found == volumes | {"Pod course-loader", "NetworkPolicy course-loader"}
