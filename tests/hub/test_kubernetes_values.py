"""The values for the chart are sound, and each mistake that somebody may make in them is found where it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft7Validator
from traitlets.config import Config

from singmuk.cli import main
from singmuk.hub import access as roles
from singmuk.hub import configure
from singmuk.hub.kubernetes import chart, files, traits
from singmuk.hub.kubernetes.check import check
from singmuk.hub.names import ROLES, Campaign
from singmuk.hub.site import Hosted, Site
from tests.hub.kube import GROUPS, ROSTER, SCHEMA, SPRING, VALUES, schema

#: What somebody may write instead of what stands there.
PLANTED = yaml.safe_load((Path(__file__).parent / "values-mistakes.yml").read_text(encoding="utf-8"))


def test_the_values_are_sound():
    assert check([VALUES], schema()) == []


@pytest.mark.parametrize(
    "over",
    [[GROUPS], [ROSTER], [SPRING / "values.yaml"], [SPRING / "values.yaml", ROSTER], [SPRING / "values.yaml", GROUPS]],
    ids=["groups", "roster", "spring", "spring, roster", "spring, groups"],
)
def test_what_lies_over_the_values_is_sound(over):
    assert check([VALUES, *over], schema()) == []


def test_they_are_sound_without_the_schema_too():
    assert check([VALUES]) == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: one["name"])
def test_a_planted_mistake_is_found_where_it_stands(tmp_path, planted):
    text = VALUES.read_text(encoding="utf-8")
    path = spoiled(tmp_path, planted)
    found = check([path], schema() if planted["by"] == "schema" else None)
    told = [one for one in found if one.field == planted["place"]]
    assert told, found
    assert planted["advice"] in told[0].message
    assert "; " in told[0].message, "what to do is missing"
    was, now = text.splitlines(), path.read_text(encoding="utf-8").splitlines()
    first = next(number for number, (one, other) in enumerate(zip(was, now, strict=False), 1) if one != other)
    # Without manage_groups it is the groups, two lines below, that stop the hub.
    assert first <= told[0].line <= first + 3


def spoiled(folder, planted):
    """Return a file in *folder* of the values with the *planted* mistake."""
    text = VALUES.read_text(encoding="utf-8")
    assert planted["was"] in text, "the values have changed; plant this mistake elsewhere"
    path = folder / "values.yaml"
    path.write_text(text.replace(planted["was"], planted["now"], 1), encoding="utf-8")
    return path


def test_the_schema_alone_lets_most_of_them_through(tmp_path):
    for planted in PLANTED:
        if planted["name"] == "a place twice":
            continue  # the reader says it before any schema
        data = yaml.safe_load(spoiled(tmp_path, planted).read_text(encoding="utf-8"))
        errors = [error.message for error in Draft7Validator(chart.relaxed(schema())).iter_errors(data)]
        assert bool(errors) == (planted["by"] == "schema"), (planted["name"], errors)
    assert len(PLANTED) >= 20


def test_all_faults_come_at_once_and_the_command_says_what_to_do(tmp_path):
    path = tmp_path / "values.yaml"
    text = (
        VALUES.read_text(encoding="utf-8").replace("admin_access", "admin_acess").replace("limit: 768M", "limit: 1GB")
    )
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["hub", "values", "--check", str(path)])
    assert result.exit_code == 1
    assert f"{path}:" in result.output and "admin_acess" in result.output and "singleuser.memory.limit" in result.output
    assert "Traceback" not in result.output


def test_a_later_file_goes_over_an_earlier_one(tmp_path):
    ours = tmp_path / "ours.yaml"
    ours.write_text(
        "hub:\n  services:\n    desk:\n      url: desk\nsingleuser:\n  memory: {limit: 2GB}\n", encoding="utf-8"
    )
    found = check([VALUES, ours])
    assert [(one.file, one.line, one.field) for one in found] == [
        (str(ours), 4, "hub.services.desk.url"),
        (str(ours), 6, "singleuser.memory.limit"),
    ]


def test_nothing_in_a_later_file_takes_away_what_an_earlier_one_says(tmp_path):
    ours = tmp_path / "ours.yaml"
    ours.write_text("hub:\n  config: {GenericOAuthenticator: {auth_state_groups_key: null}}\n", encoding="utf-8")
    assert check([VALUES, ours], schema()) == []
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("hub:\n  config: {GenericOAuthenticator: {auth_state_groups_key: groups}}\n", encoding="utf-8")
    assert [one.file for one in check([VALUES, wrong])] == [str(wrong)]
    assert check([wrong, VALUES, ours]) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(None, "cannot be read", id="no file"),
        pytest.param("", "is empty", id="empty"),
        pytest.param("- a\n", "must be a group of fields", id="a list"),
        pytest.param("hub: {\n", "is not valid YAML", id="broken"),
        pytest.param("hub: 3\nsingleuser: [1]\nproxy: none\ncull: no\n", "hub", id="nothing as it should be"),
        pytest.param("hub:\n  config: 3\n  services: {a: 1}\n  loadRoles: {b: 2}\n", "hub.loadRoles.b", id="no groups"),
        pytest.param(
            "hub:\n  config: {JupyterHub: [], Spawner: {server_token_scopes: x}}\n", "must be a list", id="no lists"
        ),
    ],
)
def test_a_file_of_any_shape_gets_words_and_no_traceback(tmp_path, text, said):
    path = tmp_path / "values.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    arguments = ["hub", "values", "--check", str(path)]
    result = CliRunner().invoke(main, [*arguments, "--schema", str(SCHEMA)] if SCHEMA.is_file() else arguments)
    assert result.exit_code == 1 and said in result.output, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"type": 3}', '{"properties": {"hub": 3}}'])
def test_what_is_no_schema_is_refused_in_words(tmp_path, content):
    path = tmp_path / "schema.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(main, ["hub", "values", str(VALUES), "--schema", str(path)])
    assert result.exit_code == 1 and "schema.json" in result.output, result.output
    assert isinstance(result.exception, SystemExit)


def test_relaxing_drops_the_keyword_and_keeps_a_property_of_that_name():
    before = {"required": ["a"], "properties": {"required": {"type": "array"}, "a": {"required": ["b"]}}}
    assert chart.relaxed(before) == {"properties": {"required": {"type": "array"}, "a": {}}}


@pytest.mark.parametrize(
    ("over", "names"),
    [pytest.param([], [""], id="one campaign"), pytest.param([SPRING / "values.yaml"], ["", "spring"], id="two")],
)
def test_the_cluster_has_what_every_hub_of_ours_has(tmp_path, over, names):
    ports = {"desk": 8500, "room": 8510, "grader": 8800}
    tokens = dict.fromkeys(ports, "")
    hosted = tuple(Hosted(Campaign(name), tmp_path, tmp_path, ports, tokens) for name in names)
    site = Site(hosted, tmp_path, "", public="https://course.example", subdomains=True)
    hub = files.read([VALUES, *over]).data["hub"]
    given = {name: (sorted(role["scopes"]), role.get("groups")) for name, role in hub["loadRoles"].items()}
    # The chart brings its own culler, and that its role.
    wanted = [role for role in roles.roles(site) if role["name"] != roles.CULLER]
    assert given == {role["name"]: (sorted(role["scopes"]), role.get("groups")) for role in wanted}
    assert hub["config"]["Spawner"]["server_token_scopes"] == roles.seat_scopes(site)
    groups = [Campaign(name).group(role) for name in names for role in ROLES]
    assert hub["config"]["GenericOAuthenticator"]["allowed_groups"] == groups
    services = {Campaign(name).service(part): port for name in names for part, port in ports.items()}
    assert {name: one["url"] for name, one in hub["services"].items()} == {
        name: f"http://{name}:{port}" for name, port in services.items()
    }
    ours = Config()
    configure.configure(ours, site)
    back = {one["name"]: one["oauth_redirect_uri"] for one in ours.JupyterHub.services if "oauth_redirect_uri" in one}
    assert {name: one["oauth_redirect_uri"] for name, one in hub["services"].items()} == back
    # The hub's own pages, and when they ask again.
    assert [Path(one).name for one in hub["templatePaths"]] == [Path(ours.JupyterHub.template_paths[0]).name]
    assert json.loads(json.dumps(ours.JupyterHub.template_vars)) == hub["templateVars"]
    tornado = hub["config"]["JupyterHub"]["tornado_settings"]
    assert tornado.pop("slow_spawn_timeout") == 0, "the chart's own, which its values would take away"
    assert tornado == json.loads(json.dumps(ours.JupyterHub.tornado_settings))


def test_a_careful_deployers_settings_are_set():
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    seats = values["singleuser"]
    assert seats["cloudMetadata"]["blockWithIptables"] and not seats["allowPrivilegeEscalation"]
    rules = seats["networkPolicy"]["egressAllowRules"]
    assert [name for name, allowed in rules.items() if allowed] == ["dnsPortsKubeSystemNamespace"]
    (beyond,) = seats["networkPolicy"]["egress"]
    assert json.dumps(beyond).count("matchLabels") == 1 and beyond["ports"] == [{"protocol": "TCP", "port": 8500}]
    assert values["prePuller"]["hook"]["enabled"] and values["cull"]["enabled"]
    assert values["scheduling"]["podPriority"]["enabled"]


def test_the_spawners_settings_are_those_of_the_one_that_is_installed():
    kubespawner = pytest.importorskip("kubespawner", reason="KubeSpawner is in the hub's image, not here")
    told = json.loads(traits.SPAWNER.read_text(encoding="utf-8"))
    assert told == traits.described(kubespawner.__version__)
    assert traits.SPAWNER.read_text(encoding="utf-8") == traits.text(told)


def test_the_schema_must_be_there_where_that_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("SINGMUK_REQUIRE_CHART", "1")
    monkeypatch.setattr("tests.hub.kube.SCHEMA", tmp_path / "none.json")
    with pytest.raises(pytest.fail.Exception, match="is not here"):
        schema()
