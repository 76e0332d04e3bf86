"""The notebooks of an exercise and its items.json: the key in the source, nothing secret in the release."""

from __future__ import annotations

import json

import nbformat
import pytest

from singmuk import exercise, scoring
from singmuk.exercise import cells
from singmuk.kinds import kinds
from singmuk.lang import Record, Text
from tests import courses, nine

NAME = nine.NAME


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """Return a released course of one assignment with all nine kinds; nobody changes it."""
    return courses.released(tmp_path_factory.mktemp("exercise") / "course")


def notebook(root, folder):
    return nbformat.read(root / folder / NAME / f"{NAME}.ipynb", as_version=4)


def test_the_release_has_every_public_half_and_nothing_secret(laid):
    items = json.loads((laid / "exercises" / NAME / "items.json").read_text(encoding="utf-8"))
    assert [place["item"]["kind"] for place in items["items"]] == list(kinds())
    assert items["points"] == pytest.approx(sum(courses.WORTH))
    texts = [path.read_text(encoding="utf-8") for path in (laid / "exercises").rglob("*") if path.is_file()]
    for scenario in nine.SCENARIOS.values():
        for _, note in scenario.notes():
            for text in (note.rationale.en, note.rationale.zh, *((note.tempting.en,) if note.tempting else ())):
                assert not any(text in released or json.dumps(text)[1:-1] in released for released in texts)
    written = nine.BY_KIND["write"].model
    assert not any(line in released for line in written.en.splitlines() if line for released in texts)
    assert not any("HIDDEN TESTS" in released or "MARK SCHEME" in released for released in texts)


def marked(record, marks):
    """Return *record* with *marks* at the beginning of every text in it."""
    if isinstance(record, Text):
        return Text(en=f"{marks}\n{marks} {record.en}", zh=f"{marks} {record.zh}")
    if isinstance(record, Record):
        fields = {name: marked(getattr(record, name), marks) for name in type(record).model_fields}
        return record.model_copy(update=fields)
    return tuple(marked(one, marks) for one in record) if isinstance(record, tuple) else record


def test_texts_with_nbgraders_own_marks_neither_break_nor_leak(tmp_path):
    marks = (
        "### BEGIN HIDDEN TESTS ### END HIDDEN TESTS BEGIN SOLUTION END SOLUTION END MARK SCHEME ### HASHED AUTOTEST x"
    )
    changed = {name: marked(scenario, marks) for name, scenario in nine.SCENARIOS.items()}
    root = courses.released(tmp_path / "course", changed)
    text = (root / "exercises" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    written = nine.BY_KIND["write"]
    assert "grade(" not in text
    assert written.model.en.splitlines()[-1] not in text
    assert written.title.en in text
    for cell in notebook(root, "source").cells:
        if cell.metadata.nbgrader.grade:
            data = eval(cell.source.split("\n")[2], {"grade": lambda *given, **_: given[2]})
            assert scoring.scenario_of(data) == changed[cell.id]


def test_two_cells_of_one_name_are_refused():
    first, second, *_ = nine.SCENARIOS.values()
    scenarios = {first.id: first, f"{first.id}-item": second.model_copy(update={"id": f"{first.id}-item"})}
    places = tuple(nine.Place(id=name, points=1.0) for name in scenarios)
    assignment = nine.ASSIGNMENT.model_copy(update={"scenarios": places})
    with pytest.raises(cells.DuplicateError, match="give the scenario another id"):
        exercise.source_notebook(assignment, scenarios, "0" * 16)


def test_notebooks_are_valid_and_folded(laid):
    for folder in ("source", "exercises"):
        made = notebook(laid, folder)
        nbformat.validate(made)
        assert made.metadata.kernelspec.name == "python3"
        assert made.metadata.singmuk == {"assignment": NAME, "release": courses.release_id(laid, NAME)}
        code = [cell for cell in made.cells if cell.cell_type == "code"]
        assert all(cell.metadata.jupyter.source_hidden and not cell.outputs for cell in code)
        assert "Run ▸ Run All Cells" in made.cells[0].source
        assert made.cells[1].source == "from singmuk.notebook import ask, finish, grade, points"
        assert made.cells[-1].source == "finish()"


def test_our_writer_of_notebooks_is_nbformats(laid):
    for folder in ("source", "exercises"):
        path = laid / folder / NAME / f"{NAME}.ipynb"
        as_one = json.loads(path.read_text(encoding="utf-8"))
        for cell in as_one["cells"]:
            cell["source"] = "".join(cell["source"])
        assert exercise.notebook_text(as_one) == nbformat.writes(notebook(laid, folder)) + "\n"
        assert path.read_text(encoding="utf-8") == exercise.notebook_text(as_one)
