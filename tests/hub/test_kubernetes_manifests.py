"""What the cluster is given fits Kubernetes' own schemas, asks for no rights, and gets nowhere that it need not."""

from __future__ import annotations

import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from singmuk.desk.settings import PREFIX, Settings
from tests.hub.kube import HERE, VALUES, manifests, pods

#: The oldest that the chart runs on, and a later one.
VERSIONS = ("1.28", "1.33")
#: A kind that is not Kubernetes' own; the operator brings its schema.
FOREIGN = ("ServiceMonitor",)
OWN = [one for one in manifests() if one["kind"] not in FOREIGN]


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
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    policies = {
        one["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"]: one["spec"]
        for one in manifests("desk", "room", ".")
        if one["kind"] == "NetworkPolicy"
    }
    running = [one["metadata"]["labels"] for one in manifests() if one["kind"] in ("Deployment", "Pod")]
    assert set(policies) == {labels["app.kubernetes.io/name"] for labels in running}
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
    assert way["to"][0]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "singmuk-desk"}


def test_no_service_is_called_so_that_kubernetes_sets_the_desk():
    services = [one["metadata"]["name"] for one in manifests() if one["kind"] == "Service"]
    assert sorted(services) == ["desk", "grader", "room"]
    for name in services:
        variables = [f"{name.upper().replace('-', '_')}_{end}" for end in ("PORT", "SERVICE_HOST", "SERVICE_PORT")]
        assert not [one for one in variables if one.startswith(PREFIX)]


def test_services_and_probes_meet_the_containers():
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    ports = {}
    for name, pod in pods().items():
        for container in pod["containers"]:
            for port in container.get("ports", []):
                ports[port["name"]] = (name, port["containerPort"])
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe in container:
                    told = container[probe].get("httpGet") or container[probe]["tcpSocket"]
                    assert told["port"] in [port["name"] for port in container["ports"]]
    for one in (one for one in manifests() if one["kind"] == "Service"):
        (port,) = one["spec"]["ports"]
        selected = one["spec"]["selector"]["app.kubernetes.io/name"].removeprefix("singmuk-")
        assert ports[port["targetPort"]] == (selected, port["port"])
        name = one["metadata"]["name"]
        assert values["hub"]["services"][name]["url"] == f"http://{name}:{port['port']}"


def test_what_hub_and_desk_are_told_of_each_other_agrees():
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    for pod in pods().values():
        for container in pod["containers"]:
            told = {one["name"]: one.get("value", one.get("valueFrom")) for one in container.get("env", [])}
            if not told:
                continue
            name = told["JUPYTERHUB_SERVICE_NAME"]
            service = values["hub"]["services"][name]
            assert told["JUPYTERHUB_CLIENT_ID"] == service["oauth_client_id"]
            assert told["JUPYTERHUB_OAUTH_CALLBACK_URL"] == service["oauth_redirect_uri"]
            assert told["JUPYTERHUB_SERVICE_PREFIX"] == f"/services/{name}/"
            assert told["JUPYTERHUB_HOST"] == values["hub"]["config"]["JupyterHub"]["subdomain_host"]
            token = {"secretKeyRef": {"name": "hub", "key": f"hub.services.{name}.apiToken"}}
            assert told["JUPYTERHUB_API_TOKEN"] == token
            known = [one.removeprefix(PREFIX).lower() for one in told if one.startswith(PREFIX)]
            assert set(known) <= set(Settings.model_fields), "the desk has no such setting"
    seat = values["singleuser"]["extraEnv"]
    desk = {one["name"]: one.get("value") for one in pods()["desk"]["containers"][0]["env"]}
    assert seat["SINGMUK_DESK"] == f"{desk['SINGMUK_DESK_SEATS']}{desk['JUPYTERHUB_SERVICE_PREFIX']}"


def test_kustomize_renders_it_into_the_hubs_namespace():
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed; the files are checked one by one")
    made = subprocess.run([program, "kustomize", HERE], capture_output=True, text=True, check=True).stdout
    found = [one for one in yaml.safe_load_all(made) if one]
    kinds = sorted(f"{one['kind']} {one['metadata']['name']}" for one in found)
    assert kinds == sorted(f"{one['kind']} {one['metadata']['name']}" for one in manifests("desk", "room"))
    assert {one["metadata"]["namespace"] for one in found} == {"course"}
    for one in found:
        kubernetes_validate.validate(one, VERSIONS[0], strict=True)
