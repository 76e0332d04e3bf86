"""What the bank lacks of what is demanded is named, all at once; a course that demands nothing lacks nothing."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from singmuk import coverage
from singmuk.cli import main
from singmuk.kinds import kinds
from singmuk.load import CourseError
from tests.conftest import ROOT, golden_text
from tests.test_load import BIBLIOGRAPHY


@pytest.fixture
def lay(tmp_path):
    """Give a function that puts scenarios and a coverage.yml into a course and returns its folder.

    A scenario is its kind, module, codes, roles and what its second line says of the catalogue.
    """

    def put(scenarios, demand=None):
        for folder in ("course", "scenarios"):
            (tmp_path / folder).mkdir()
        (tmp_path / "_config.yml").write_text("title: A course\n", encoding="utf-8")
        (tmp_path / "course" / "references.bib").write_text(BIBLIOGRAPHY, encoding="utf-8")
        for number, (kind, module, codes, roles, *catalogue) in enumerate(scenarios):
            text = golden_text(kind, f"case-{number}")
            fields = {"module": module, "codes": f"[{codes}]", "roles": f"[{roles}]"}
            lines = [
                f"{name}: {fields[name]}" if (name := line.split(":")[0]) in fields else line
                for line in text.splitlines()
            ]
            if catalogue:
                lines.insert(1, f"# catalogue: {catalogue[0]}")
            (tmp_path / "scenarios" / f"case-{number}.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if demand is not None:
            text = demand if isinstance(demand, str) else yaml.safe_dump(demand)
            (tmp_path / coverage.FILE).write_text(text, encoding="utf-8")
        return tmp_path

    return put


def run(*arguments):
    return CliRunner().invoke(main, ["coverage", *[str(argument) for argument in arguments]])


ONE_OF_EACH = [(kind, "start", "DPP1, C2a", "hr, it") for kind in kinds()]


def test_a_course_without_a_demand_lacks_nothing(lay):
    root = lay([("choose", "start", "DPP1", "all")])
    assert list(coverage.holes(coverage.read(root))) == []
    result = run("--course", root)
    assert result.exit_code == 0, result.output
    assert "1 scenarios. Nothing is demanded: course/coverage.yml is not there." in result.output


def test_every_hole_is_named_at_once(lay):
    demand = {
        "scenarios": 3,
        "each-kind": 1,
        "each-code": 2,
        "modules": ["start", "later"],
        "codes": ["DPP1", "DPP2", "C2a"],
        "catalogue": ["1", "1b", "2"],
    }
    root = lay([("choose", "start", "DPP1, C2a", "all", "1"), ("judge", "start", "C2a", "hr")], demand)
    result = run("--course", root)
    assert result.exit_code == 1
    wanted = [
        "scenarios: 2 are there; 3 are wanted",
        "module later: no scenario; write one",
        "code DPP1: 1 scenario; 2 are wanted",
        "code DPP2: no scenario; 2 are wanted",
        *[f"kind {kind}: no scenario; 1 are wanted" for kind in kinds() if kind not in ("choose", "judge")],
        "catalogue 1b: no scenario; write it, or name it in line 2 of the scenario that it is",
        "catalogue 2: no scenario; write it, or name it in line 2 of the scenario that it is",
    ]
    assert list(coverage.holes(coverage.read(root))) == wanted
    assert all(hole in result.output for hole in wanted) and f"{len(wanted)} to fill." in result.output


def test_what_is_all_there_has_no_hole(lay):
    items = [(*item, number) for item, number in zip(ONE_OF_EACH, ["1, 1b", "2", *["3"] * 7], strict=True)]
    demand = {"scenarios": 9, "each-kind": 1, "each-code": 9, "codes": ["C2a"], "catalogue": ["1", "1b", "2", "3"]}
    result = run("--course", lay(items, demand))
    assert result.exit_code == 0, result.output
    assert "9 scenarios. All that is demanded is there." in result.output


def test_a_scenario_counts_once_at_each_place_of_the_matrix(lay):
    bank = coverage.read(lay([("choose", "start", "DPP1, C2a", "hr, it"), ("sort", "start", "C2a", "hr")]))
    assert bank.count("code") == {("DPP1",): 1, ("C2a",): 2}
    assert bank.count("module", "role") == {("start", "hr"): 2, ("start", "it"): 1}
    assert bank.count(*coverage.SIDES)[("start", "C2a", "choose", "it")] == 1
    assert sum(bank.count(*coverage.SIDES).values()) == 5


def test_what_is_demanded_stands_in_its_order_before_the_rest(lay):
    items = [("choose", "extra", "fraud", "all"), ("judge", "first", "DPP3", "it")]
    bank = coverage.read(lay(items, {"modules": ["second", "first"], "codes": ["C6d", "C2a"]}))
    assert bank.order("module") == ["second", "first", "extra"]
    assert bank.order("code") == ["C2a", "C6d", "DPP3", "fraud"]
    assert bank.order("role") == ["all", "hr", "marketing", "finance", "service", "it", "managers"]


def test_the_matrix_is_written_as_data(lay, tmp_path):
    root = lay([("choose", "start", "DPP1", "hr", "10, 2b")], {"scenarios": 2})
    out = tmp_path / "matrix.json"
    assert run("--course", root, "--json", out).exit_code == 1
    assert json.loads(out.read_text(encoding="utf-8")) == {
        "scenarios": 1,
        "matrix": [{"module": "start", "code": "DPP1", "kind": "choose", "role": "hr", "scenarios": 1}],
        "catalogue": {"2b": ["case-0"], "10": ["case-0"]},
        "holes": ["scenarios: 1 are there; 2 are wanted"],
    }
    refused = run("--course", root, "--json", tmp_path / "nowhere" / "matrix.json")
    assert refused.exit_code == 1 and "cannot be written" in refused.output


@pytest.mark.parametrize(
    ("demand", "says"),
    [
        pytest.param("each-kinds: 8\n", "coverage.yml:1: each-kinds: is not a field we know; did you mean", id="field"),
        pytest.param("scenarios: 5\ncodes: [DPP9]\n", "coverage.yml:2: codes[0]: 'DPP9' is not a code we", id="code"),
        pytest.param("scenarios: many\n", "coverage.yml:1: scenarios: must be a whole number", id="number"),
        pytest.param(
            "catalogue: [1]\n", "coverage.yml:1: catalogue[0]: must be text, got 1; put it in quotes", id="text"
        ),
        pytest.param("scenarios: [\n", "coverage.yml:", id="no YAML"),
        pytest.param("# nothing yet\n", "coverage.yml:1: file: is empty; fill it in or delete it", id="empty"),
    ],
)
def test_a_demand_that_cannot_be_read_is_refused_with_the_place(lay, demand, says):
    result = run("--course", lay([("choose", "start", "DPP1", "all")], demand))
    assert result.exit_code == 1
    assert says in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param("47", "'47' is not in the catalogue of course/coverage.yml; mend the number", id="unknown"),
        pytest.param("20 and 21", "'20 and 21' is no number; write `# catalogue: 20, 20b`", id="no number"),
        pytest.param("", "'' is no number; write `# catalogue: 20, 20b`", id="nothing"),
    ],
)
def test_a_slip_in_the_second_line_is_told_where_it_is(lay, said, message):
    root = lay([("choose", "start", "DPP1", "all", said)], {"catalogue": ["20", "21"]})
    with pytest.raises(CourseError) as fault:
        coverage.read(root)
    assert str(fault.value) == f"scenarios/case-0.yml:2: catalogue: {message}"


def test_a_companion_may_be_named_that_is_not_demanded(lay):
    bank = coverage.read(lay([("choose", "start", "DPP1", "all", "20b")], {"catalogue": ["20"]}))
    assert bank.situations == {"20b": ["case-0"]}


def test_a_comment_further_down_names_no_situation(lay):
    root = lay([("choose", "start", "DPP1", "all")])
    path = root / "scenarios" / "case-0.yml"
    path.write_text(path.read_text(encoding="utf-8") + "# catalogue: 1\n", encoding="utf-8")
    assert coverage.read(root).situations == {}


def test_a_course_with_faults_is_not_counted(lay):
    root = lay([("choose", "start", "DPP9", "all")])
    result = run("--course", root)
    assert result.exit_code == 1 and "'DPP9' is not a code we know" in result.output


def test_what_this_course_leaves_out_is_not_demanded_and_has_a_reason():
    demand = coverage.read(ROOT).demand
    assert demand is not None and not set(demand.left_out) & set(demand.codes)
    result = run("--course", ROOT)
    assert all(f"Left out, {code}: {reason.en}" in result.output for code, reason in demand.left_out.items())
    assert len(demand.catalogue) == 46 + 19
