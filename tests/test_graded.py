"""The graded notebook and the gradebook: what nbgrader's own commands make of a submission with our configuration."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from singmuk import exercise, responses
from singmuk.grading.materials import materials
from tests import courses, nine

NAME = nine.NAME
BEST = {name: scenario.best() for name, scenario in nine.SCENARIOS.items()}
WORTH = dict(zip(nine.SCENARIOS, map(float, courses.WORTH), strict=True))
WRITTEN = nine.BY_KIND["write"].id


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a released course with two submissions; nobody changes it."""
    root = courses.released(tmp_path_factory.mktemp("graded") / "course")
    courses.hand_in(root, NAME, "best", courses.responses_text(root, NAME, BEST))
    courses.hand_in(root, NAME, "blank", courses.responses_text(root, NAME, {WRITTEN: " \n"}))
    return root


@pytest.fixture
def laid(built, tmp_path):
    """Return a copy of that course, to be changed at will."""
    return Path(shutil.copytree(built, tmp_path / "course"))


def graded(root, student):
    return nbformat.read(root / "autograded" / student / NAME / f"{NAME}.ipynb", as_version=4)


@contextlib.contextmanager
def gradebook(root):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as found:
        yield found


def test_the_graded_notebook_is_what_the_pure_function_says(laid):
    courses.autograde(laid)
    known = materials(laid, NAME)
    found = responses.read(laid / "submitted" / "best" / NAME / "responses.json")
    pure = exercise.graded_notebook(known.template, known.scenarios, found, sources=known.sources)
    assert graded(laid, "best") == nbformat.from_dict(pure)
    path = laid / "autograded" / "best" / NAME / f"{NAME}.ipynb"
    assert path.read_text(encoding="utf-8") == exercise.notebook_text(pure)


def test_before_it_is_scored_the_notebook_tells_nothing_of_the_key(built):
    known = materials(built, NAME)
    unscored = exercise.graded_notebook(known.template, known.scenarios, None, sources=known.sources, scored=False)
    text = exercise.notebook_text(unscored)
    for scenario in known.scenarios.values():
        assert not any(note.rationale.en[:40] in text for _, note in scenario.notes())


def test_a_written_task_waits_for_a_trainer_unless_it_is_blank(laid):
    courses.autograde(laid)
    with gradebook(laid) as found:
        grade = found.find_grade(WRITTEN, NAME, NAME, "best")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)
        grade = found.find_grade(WRITTEN, NAME, NAME, "blank")
        assert (grade.auto_score, grade.needs_manual_grade) == (0.0, False)
        assert not found.find_submission(NAME, "blank").needs_manual_grade


def test_late_penalties_and_manual_points_survive_grading_again(laid):
    with gradebook(laid) as found:
        found.update_or_create_assignment(NAME, duedate="2026-11-20 12:00:00 UTC")
    courses.put(laid / "submitted" / "best" / NAME / "timestamp.txt", "2026-11-22 12:00:00 UTC")
    first = nine.BY_KIND["choose"].id
    courses.autograde(laid)
    with gradebook(laid) as found:
        for name, points in ((WRITTEN, 4.5), (first, 0.25)):
            grade = found.find_grade(name, NAME, NAME, "best")
            grade.manual_score, grade.needs_manual_grade = points, False
        found.db.commit()
    points = courses.autograde(laid, LateSubmissionPlugin__penalty_method="zero")["best"]
    total = sum(WORTH.values()) - WORTH[WRITTEN] - WORTH[first] + 4.75
    assert (points[WRITTEN], points[first]) == (4.5, 0.25)
    assert points["total"] == pytest.approx(total)  # nbgrader takes the penalty off when it exports
    with gradebook(laid) as found:
        assert found.find_submission_notebook(NAME, NAME, "best").late_submission_penalty == pytest.approx(total)
        assert found.find_grade(first, NAME, NAME, "best").needs_manual_grade  # it was computed anew


def test_what_a_participant_wrote_is_plain_text_and_hidden_tests_are_not_shown(laid):
    attack = "<script>alert(1)</script> <img src=x onerror=alert(2)> \x1b[31m $\\unicode{x}$ \u202e"
    courses.hand_in(laid, NAME, "attack", courses.responses_text(laid, NAME, BEST | {WRITTEN: attack}))
    courses.hand_in(laid, NAME, "attack-2", courses.responses_text(laid, NAME, {}, release=attack, assignment=attack))
    courses.autograde(laid)
    for student in ("attack", "attack-2"):
        for cell in graded(laid, student).cells:
            assert "alert(" not in cell.source
            assert "HIDDEN TESTS" not in cell.source
            for output in cell.get("outputs", []):
                assert list(output.data) == ["text/plain"]
                assert not set("\x1b\u202e") & set(output.data["text/plain"])
    text = (
        next(cell for cell in graded(laid, "attack").cells if cell.id == f"{WRITTEN}-item")
        .outputs[0]
        .data["text/plain"]
    )
    assert "<script>alert(1)</script>" in text


def test_a_submission_that_cannot_be_taken_says_why(laid):
    courses.hand_in(laid, NAME, "other", courses.responses_text(laid, NAME, BEST, release="0" * 16))
    link = courses.hand_in(laid, NAME, "link", None) / "responses.json"
    link.symlink_to(laid / "submitted" / "best" / NAME / "responses.json")
    courses.hand_in(laid, NAME, "nothing", None)
    points = courses.autograde(laid)
    for student, why in (
        ("other", "the present one is"),
        ("link", "is no plain file"),
        ("nothing", "no responses.json"),
    ):
        assert points[student]["total"] == 0.0
        first, second, *_ = graded(laid, student).cells
        assert "could not be taken" in first.source
        assert why in second.outputs[0].data["text/plain"]


def test_grading_with_a_stale_build_is_refused_with_what_to_do(laid):
    path = laid / "scenarios" / f"{nine.BY_KIND['choose'].id}.yml"
    scenario = nine.BY_KIND["choose"]
    other = next(choice.id for choice in scenario.choices if choice.id != scenario.key)
    path.write_text(
        path.read_text(encoding="utf-8").replace(f"\nkey: {scenario.key}", f"\nkey: {other}"), encoding="utf-8"
    )
    said = courses.run(laid, "nbgrader", "autograde", NAME, "--force", good=False)
    assert f"source/{NAME}/{NAME}.ipynb: is missing or stale; run `singmuk build`" in said
