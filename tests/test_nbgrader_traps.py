"""Where nbgrader pays, copies, shows or starts what one does not expect; each was tried before it was written down."""

from __future__ import annotations

import json
import os
import random
import shutil
import warnings
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import determine_grade, is_solution

from singmuk import build, exercise, load, scoring
from singmuk.gradebook import settings
from singmuk.scenario import Scenario
from tests import courses, nine
from tests.conftest import ROOT

NAME = nine.NAME
BEST = {name: scenario.best() for name, scenario in nine.SCENARIOS.items()}
WORTH = dict(zip(nine.SCENARIOS, map(float, courses.WORTH), strict=True))
WRITTEN = nine.BY_KIND["write"].id


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a released course with two submissions; nobody changes it."""
    root = courses.released(tmp_path_factory.mktemp("traps") / "course")
    courses.hand_in(root, NAME, "best", courses.responses_text(root, NAME, BEST))
    courses.hand_in(root, NAME, "blank", courses.responses_text(root, NAME, {WRITTEN: " \n"}))
    return root


@pytest.fixture
def laid(built, tmp_path):
    """Return a copy of that course, to be changed at will."""
    return Path(shutil.copytree(built, tmp_path / "course"))


def cell_with(*outputs):
    meta = {"grade": True, "solution": False, "locked": True, "grade_id": "x", "points": 2.0, "schema_version": 3}
    return nbformat.v4.new_code_cell(metadata={"nbgrader": meta}, outputs=list(outputs))


def result(text):
    return nbformat.v4.new_output("execute_result", data={"text/plain": text})


# 1. Anything on stderr is worth nothing.


def test_a_warning_in_a_graded_cell_costs_everything_so_ours_lets_none_out(tmp_path, monkeypatch, capfd):
    stderr = nbformat.v4.new_output("stream", name="stderr", text="DeprecationWarning")
    assert determine_grade(cell_with(stderr, result("2.0"))) == (0, 2.0)

    def warning(_self, _response):
        warnings.warn("no glyph for 漢", UserWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return 1.0

    monkeypatch.chdir(tmp_path)
    scenario = nine.BY_KIND["choose"]
    text = json.dumps(
        {"format": 1, "assignment": "a", "release": "0" * 16, "responses": {scenario.id: {"day": "2026-11-22"}}}
    )
    courses.put(tmp_path / "responses.json", text)
    monkeypatch.setattr(Scenario, "share", warning)
    warnings.simplefilter("always")
    data = exercise.cells.dumps(scenario.model_dump(mode="json", by_alias=True))
    assert scoring.grade(scenario.id, 2.0, data) == 2.0
    assert capfd.readouterr() == ("", "")


# 2. A graded cell that ends in anything but a number is worth everything, and above the maximum all fails.


def test_a_graded_cell_without_a_number_pays_everything_so_ours_ends_in_a_float(tmp_path, monkeypatch):
    assert determine_grade(cell_with(result("None"))) == (2.0, 2.0)
    assert determine_grade(cell_with()) == (2.0, 2.0)
    with pytest.raises(ValueError, match="cannot be greater than maximum"):
        determine_grade(cell_with(result("2.1")))
    monkeypatch.chdir(tmp_path)
    for data in ("", "{", "[]", "null", '{"kind":"choose"}', "\ud800"):
        assert repr(scoring.grade("x", 2.0, data)) == "0.0"
    for share in (None, 0, 1, 0.1 + 0.2, 1.0000000001, -0.1):
        earned = scoring.worth(share, 2)
        assert type(earned) is float
        assert 0.0 <= earned <= 2.0
        assert determine_grade(cell_with(result(repr(earned))))[0] == earned


def test_the_visible_line_of_a_released_cell_says_nothing(capsys):
    assert scoring.points("x", 2.0) is None
    assert capsys.readouterr() == ("", "")


# 3. What lies in source/ is copied over every submission.


def test_no_responses_lie_where_they_would_become_everybodys():
    for folder in build.FOLDERS:
        assert not list((ROOT / folder).rglob("*responses*"))


def test_the_configuration_spares_the_responses_of_every_assignment():
    config = settings.read(ROOT).config
    names = [path.stem for path in (ROOT / "assignments").glob("*.yml")]
    assert sorted(config.Autograde.exclude_overwriting) == sorted(names)
    assert all("responses.json" in spared for spared in config.Autograde.exclude_overwriting.values())


def test_a_key_forgotten_in_source_gives_nobody_points(laid):
    courses.put(laid / "source" / NAME / "responses.json", courses.responses_text(laid, NAME, BEST))
    empty = courses.responses_text(laid, NAME, {})
    courses.hand_in(laid, NAME, "empty", empty)
    assert courses.autograde(laid)["empty"]["total"] == 0.0
    assert (laid / "autograded" / "empty" / NAME / "responses.json").read_text(encoding="utf-8") == empty


# 4. Solutions come out differently each time.


def test_solutions_hold_no_time_no_widget_and_no_version():
    for path in (ROOT / "solutions").rglob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        notebook = json.loads(text)
        assert "widgets" not in notebook["metadata"]
        assert "application/vnd.jupyter.widget" not in text
        assert not any("execution" in cell["metadata"] for cell in notebook["cells"])
        assert notebook["metadata"]["language_info"] == {"name": "python"}


# 5. A cleared solution cell raises an error.


def test_there_is_no_cell_to_be_cleared_and_the_stub_raises_nothing(built):
    source = nbformat.read(built / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    assert not any(is_solution(cell) for cell in source.cells)
    assert settings.read(built).config.ClearSolutions.code_stub == {"python": ""}


# 6. Conversions change the working folder and the environment.


def test_grading_leaves_the_folder_and_the_environment_as_they_were(laid, monkeypatch):
    monkeypatch.chdir(laid.parent)
    settings.read(laid)
    before = dict(os.environ)
    courses.autograde(laid)
    assert Path.cwd() == laid.parent
    assert dict(os.environ) == before


# 7. A participant's notebook may be anything.


def notebooks(released):
    """Yield things that people hand in as a notebook, by name."""
    whole = json.loads(released)
    pick = random.Random(7)
    yield "released", released
    yield "empty", b""
    yield "no-json", b"%PDF-1.7 \xff\xfe\x00"
    yield "a-list", b"[1, 2]"
    yield "no-cells", b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    yield "old", b'{"worksheets": [], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}'
    yield "deep", b"[" * 100_000
    yield "moved", json.dumps(whole | {"cells": pick.sample(whole["cells"], len(whole["cells"]))}).encode()
    yield "doubled", json.dumps(whole | {"cells": whole["cells"] * 2}).encode()
    yield "deleted", json.dumps(whole | {"cells": whole["cells"][::2]}).encode()
    paid = [
        cell | ({"outputs": [result("99")], "source": "99"} if cell["cell_type"] == "code" else {})
        for cell in whole["cells"]
    ]
    yield "paid", json.dumps(whole | {"cells": paid, "metadata": {"<script>": "alert(1)"}}).encode()


def test_whatever_was_handed_in_as_a_notebook_the_graded_one_is_the_release_filled_in(laid):
    text = courses.responses_text(laid, NAME, BEST)
    kinds = dict(notebooks((laid / "exercises" / NAME / f"{NAME}.ipynb").read_bytes()))
    for name, content in kinds.items():
        (courses.hand_in(laid, NAME, name, text) / f"{NAME}.ipynb").write_bytes(content)
    points = courses.autograde(laid)
    wanted = (laid / "autograded" / "best" / NAME / f"{NAME}.ipynb").read_bytes()
    for name in kinds:
        assert points[name] == points["best"], name
        assert (laid / "autograded" / name / NAME / f"{NAME}.ipynb").read_bytes() == wanted, name


# 8. Kernels that start together can take each other's port, and with ipc a relative socket is looked for elsewhere.


def test_kernels_meet_at_a_place_of_their_own():
    assert not Path(KernelManager(transport="ipc").ip).is_absolute()
    config = build._config(Path("/somewhere"))
    assert (config.KernelManager.transport, config.KernelManager.ip) == ("ipc", "/somewhere/kernel")


def test_grading_starts_no_kernel(laid, monkeypatch):
    for name in ("start_kernel", "_async_start_kernel", "pre_start_kernel", "_async_pre_start_kernel"):
        monkeypatch.setattr(KernelManager, name, lambda *_, **__: pytest.fail("a kernel was started"))
    assert courses.autograde(laid)["best"]["total"] > 0


# 9. A notebook shows code.


def test_every_code_cell_of_a_release_is_folded_away():
    for path in (ROOT / "exercises").rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in cells if cell["cell_type"] == "code")


# 10. YAML reads `no` as false and keeps the last of two equal keys.


@pytest.mark.parametrize("name", ["no-is-false", "key-twice"])
def test_the_loader_refuses_what_yaml_would_swallow(name, tmp_path):
    root = courses.lay(tmp_path / "course", [])
    shutil.copy(ROOT / "tests" / "broken" / f"{name}.yml", root / "scenarios")
    assert load.course(root).faults


# Those we met ourselves.


def test_generating_a_release_by_nbgraders_command_leaves_items_beside_it(laid):
    items = laid / "exercises" / NAME / "items.json"
    before = items.read_bytes()
    courses.convert(laid, GenerateAssignment)
    assert items.read_bytes() == before
