"""The schemas by which an editor completes and checks: up to date, named in every file, and true."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from singmuk import schema, template
from singmuk.kinds import kinds
from tests.conftest import ROOT, golden_data

SCHEMAS = {name: json.loads(text) for name, text in schema.schemas().items()}
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yml"))
TEMPLATES = sorted(template.TEMPLATES.glob("*.yml"))

every_scenario = pytest.mark.parametrize("path", [*SCENARIOS, *TEMPLATES], ids=lambda path: path.stem)


class Lines(yaml.SafeLoader):
    """YAML as an editor reads it: a day is a text."""


Lines.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Lines)


def problems(data, name):
    checker = jsonschema.Draft202012Validator(SCHEMAS[name], format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(data)]


def test_the_schemas_in_the_repository_are_not_stale():
    assert schema.stale(ROOT) == []


def test_there_is_a_schema_for_each_kind_for_the_assignment_and_for_the_policy():
    assert set(SCHEMAS) == {f"{name}.json" for name in [*kinds(), "assignment", "policy"]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["additionalProperties"] is False


@every_scenario
def test_the_first_line_names_the_schema_of_the_kind(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == schema.first_line(read(path)["kind"])


@every_scenario
def test_a_scenario_is_what_its_schema_says(path):
    data = read(path)
    assert problems(data, f"{data['kind']}.json") == []


@pytest.mark.parametrize("path", sorted((ROOT / "assignments").glob("*.yml")), ids=lambda path: path.stem)
def test_an_assignment_is_what_its_schema_says(path):
    assert path.read_text(encoding="utf-8").startswith(schema.first_line("assignment"))
    assert problems(read(path), "assignment.json") == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"colour": "red"}, "$: Additional properties are not allowed ('colour'", id="unknown field"),
        pytest.param({"level": "hard"}, "$.level: 'hard' is not one of", id="unknown level"),
        pytest.param({"title": {"en": "A"}}, "$.title: 'zh' is a required property", id="one language"),
        pytest.param({"kind": "select"}, "$.kind: 'choose' was expected", id="another kind"),
        pytest.param({"choices": []}, "$.choices: [] ", id="no choices"),
        pytest.param({"id": "Not An Id"}, "$.id: 'Not An Id' does not match", id="an id with spaces"),
    ],
)
def test_an_editor_tells_what_the_command_would_tell(change, problem):
    (found,) = problems(golden_data("choose") | change, "choose.json")
    assert found.startswith(problem)


def test_writing_brings_a_folder_up_to_date(tmp_path):
    assert schema.stale(tmp_path) == sorted(SCHEMAS)
    assert schema.write(tmp_path) == sorted(SCHEMAS)
    assert schema.stale(tmp_path) == schema.write(tmp_path) == []
    (tmp_path / "schema" / "choose.json").write_text("{}")
    (tmp_path / "schema" / "guess.json").write_text("{}")
    assert schema.write(tmp_path) == ["choose.json", "guess.json"]
    assert schema.stale(tmp_path) == []
    assert not (tmp_path / "schema" / "guess.json").exists()
