"""What is hostile in a submission comes out of grading as plain text, and earns its honest part."""

from __future__ import annotations

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbgrader.converters import GenerateAssignment

from singmuk import exercise, load
from singmuk.gradebook import settings
from tests import courses
from tests.hostile.cases import ANSWERED, HONEST_POINTS, NAME, Kit, hostile_submissions
from tests.hostile.test_hostile import collected

TASK = "notice-for-the-new-tool"
TEXTS = [case for case in hostile_submissions() if case.id.startswith("writes-")]
#: As they are, past the intake: a trainer may have used `nbgrader collect`.
RAW = [
    case
    for case in hostile_submissions()
    if case.id.removeprefix("notebook-")
    in ("leaves-a-mark", "html-in-every-cell", "html-output", "points-in-outputs", "script-in-metadata", "cells-twice")
]
#: What nbgrader's own command grades; it takes a hundred times as long as `singmuk grade`, which grades all.
SLOW = [*RAW, *(case for case in TEXTS if case.id in ("writes-script", "writes-terminal", "writes-mark-scheme"))]
WAYS = [
    *(pytest.param("singmuk", case, id=f"singmuk-{case.id}") for case in [*TEXTS, *RAW]),
    *(pytest.param("nbgrader", case, id=f"nbgrader-{case.id}") for case in SLOW),
]


def released(root):
    """Build pdpo-basics in the course *root* and enter it into its gradebook, as `singmuk build` does."""
    courses.lay(root, [NAME])
    known = load.course(root)
    content = exercise.release(known.assignments[NAME], known.scenarios, root / "scenarios" / "pictures")
    source = exercise.source_notebook(known.assignments[NAME], known.scenarios, content["release"])
    courses.put(root / "source" / NAME / f"{NAME}.ipynb", exercise.notebook_text(source))
    found = settings.read(root)
    found.coursedir.assignment_id = NAME
    with settings.hushed():
        GenerateAssignment(coursedir=found.coursedir, config=found.config).start()
    courses.put(root / "exercises" / NAME / "items.json", exercise.release_text(content))


def kit_with(folder, cases):
    """Put a course into *folder* and *cases* into its submitted/: the texts as collected, the notebooks as sent."""
    released(folder / "course")
    kit = Kit(folder)
    for case in [case for case in cases if case not in RAW]:
        case.build(kit)
    collected(kit, TEXTS[0])
    for case in [case for case in cases if case in RAW]:
        case.build(kit)
        (handed_in,) = kit.inbound.glob(f"{case.student}+*")
        (kit.course / "submitted" / case.student).mkdir()
        handed_in.rename(kit.course / "submitted" / case.student / NAME)
    return kit


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade them both ways; give the kit and the points of each."""
    ways = {}
    for way, cases, command in (
        ("singmuk", [*TEXTS, *RAW], ("singmuk", "grade", NAME)),
        ("nbgrader", SLOW, ("nbgrader", "autograde", NAME)),
    ):
        kit = kit_with(tmp_path_factory.mktemp("hostile"), cases)
        courses.run(kit.course, *command)
        ways[way] = kit, courses.grades(kit.course, NAME)
    return ways


@pytest.mark.parametrize(("way", "case"), WAYS)
def test_graded_it_is_plain_text_and_earns_its_honest_part(graded, way, case):
    kit, points = graded[way]
    assert {name: earned for name, earned in points[case.student].items() if earned} == {
        **dict.fromkeys(ANSWERED, HONEST_POINTS / len(ANSWERED)),
        "total": HONEST_POINTS,
    }
    assert not list(kit.canary.iterdir())
    path = kit.course / "autograded" / case.student / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    template = nbformat.read(kit.course / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)
    assert [cell.id for cell in notebook.cells] == [cell.id for cell in template.cells]
    assert notebook.metadata.kernelspec == template.metadata.kernelspec
    for cell in notebook.cells:
        assert "owned" not in str((cell.source, cell.metadata))
        for output in cell.get("outputs", []):
            assert list(output.data) == ["text/plain"]
            assert not set("\x1b\x07\x9b\u202e\u2066") & set(output.data["text/plain"])
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert not any(
        mark in html
        for mark in ("<script>document.title", '<img src=x onerror="', "<svg onload", "<iframe srcdoc", "<form action")
    )


@pytest.mark.parametrize("way", ["singmuk", "nbgrader"])
def test_what_was_written_can_be_read(graded, way):
    kit, _ = graded[way]
    path = kit.course / "autograded" / "writes-script" / NAME / f"{NAME}.ipynb"
    assert "<script>document.title='owned'</script>" in str(nbformat.read(path, as_version=4))
