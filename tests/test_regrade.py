"""`singmuk regrade` after a corrected key: all or nobody, the old points kept; and what both commands refuse."""

from __future__ import annotations

import shutil

import pytest
from nbgrader.api import Gradebook

from singmuk.gradebook import run
from singmuk.gradebook.marks import Fate
from singmuk.gradebook.settings import GradebookError
from tests import courses, submissions
from tests.submissions import NAME, ask, db_url, held, notebooks, singmuk

ITEM = "may-it-go-in"
HISTORY = "select student_id, cell, before, after, reason from singmuk_history order by student_id, cell"
POINTS = {"all-right": 2.0, "all-turned": 0.0, "nothing": 0.0}


@pytest.fixture
def root(tmp_path):
    """Give a graded course: one participant has every case of an item right, one none, one did not answer."""
    root = submissions.lay(tmp_path / "course")
    best = courses.load.course(root).scenarios[ITEM].best()
    other = {"stop": "go", "go": "stop"}
    verdicts = sorted(set(best.values()))
    other = dict(zip(verdicts, reversed(verdicts), strict=True))
    turned = {case: other[verdict] for case, verdict in best.items()}
    for student, given in (("all-right", {ITEM: best}), ("all-turned", {ITEM: turned}), ("nothing", {})):
        submissions.write(root, student, courses.responses_text(root, NAME, given))
    run.grade(root, NAME)
    assert points(root) == POINTS
    return root


def points(root):
    """Return everybody's automatic points for the item."""
    return {row[0]: row[2] for row in held(db_url(root))["grade"] if row[1] == ITEM}


def correct(root):
    """Correct the key of one case of the item in *root*; return what the case is worth."""
    path = root / "scenarios" / f"{ITEM}.yml"
    scenario = courses.load.course(root).scenarios[ITEM]
    case = scenario.cases[0]
    other = next(verdict.id for verdict in scenario.verdicts if verdict.id != case.verdict)
    before, after = path.read_text(encoding="utf-8").split(f"id: {case.id}\n", 1)
    after = after.replace(f"verdict: {case.verdict}\n", f"verdict: {other}\n", 1)
    path.write_text(f"{before}id: {case.id}\n{after}", encoding="utf-8")
    submissions.rebuild(root)
    return pytest.approx(2.0 / len(scenario.cases))


def test_new_points_for_everybody_and_the_old_ones_with_the_reason(root):
    one = correct(root)
    files = notebooks(root)
    said = singmuk(root, "regrade", NAME, "--reason", "the first case is fine")
    assert points(root) == {"all-right": 2 - one.expected, "all-turned": one, "nothing": 0.0}
    assert ask(db_url(root), HISTORY) == [
        ("all-right", ITEM, 2.0, pytest.approx(2 - one.expected), "the first case is fine"),
        ("all-turned", ITEM, 0.0, one, "the first case is fine"),
    ]
    assert [line.split()[:2] for line in said.splitlines()[1:4]] == [["up", "1"], ["down", "1"], ["same", "1"]]
    assert not any(student in said for student in POINTS)
    assert {path for path, content in notebooks(root).items() if files[path] != content} == {
        f"{student}/{NAME}/{NAME}.ipynb" for student in POINTS
    }
    assert run.grade(root, NAME).fates == {Fate.UNCHANGED: 3}
    assert "nothing changed" in singmuk(root, "regrade", NAME, "--reason", "again", good=False)


def test_a_dry_run_tells_the_same_and_writes_nothing(root):
    correct(root)
    before, files = held(db_url(root)), notebooks(root)
    told = singmuk(root, "regrade", NAME, "--reason", "x", "--dry-run")
    assert (held(db_url(root)), notebooks(root), ask(db_url(root), HISTORY)) == (before, files, [])
    done = singmuk(root, "regrade", NAME, "--reason", "x")
    assert told.replace(", nothing written", "").splitlines() == done.splitlines()[:-1]


def test_without_a_corrected_key_nothing_is_regraded(root):
    before = held(db_url(root))
    with pytest.raises(GradebookError, match="nothing changed"):
        run.regrade(root, NAME, "no reason")
    assert held(db_url(root)) == before


def test_grading_holds_back_what_a_corrected_key_would_change(root):
    correct(root)
    assert run.grade(root, NAME).fates == {Fate.HELD: 2, Fate.GRADED: 1}
    assert points(root) == POINTS
    assert "singmuk regrade" in singmuk(root, "grade", NAME, good=False)
    run.regrade(root, NAME, "corrected")
    assert len(ask(db_url(root), HISTORY)) == 2


def test_a_trainers_points_and_comments_stay(root):
    correct(root)
    with Gradebook(db_url(root)) as gradebook:
        grade = gradebook.find_grade(ITEM, NAME, NAME, "all-right")
        grade.manual_score, grade.extra_credit = 1.75, 0.25
        gradebook.find_comment("notice-for-the-new-tool", NAME, NAME, "all-right").manual_comment = "Well seen."
        gradebook.db.commit()
    shift = run.regrade(root, NAME, "corrected")
    assert (sum(shift.part(-1).values()), shift.trainers) == (0, 1)
    rows = {row[0]: row for row in held(db_url(root))["grade"] if row[1] == ITEM}
    assert rows["all-right"][3:] == (1.75, 0.25, 1)
    assert [row[0] for row in held(db_url(root))["comment"] if row[-1] == "Well seen."] == ["all-right"]


def test_who_handed_in_meanwhile_is_left_to_grading(root):
    correct(root)
    given = {ITEM: submissions.json_of(root, "all-right")["responses"][ITEM]["response"]}
    submissions.write(root, "nothing", courses.responses_text(root, NAME, given))
    submissions.write(root, "late-comer", courses.responses_text(root, NAME, given))
    assert run.regrade(root, NAME, "corrected").newer == 2
    assert run.grade(root, NAME).fates == {Fate.UNCHANGED: 2, Fate.GRADED: 2}
    assert len(set(points(root).values())) == 2


def test_a_changed_text_is_no_corrected_key(root):
    path = root / "scenarios" / f"{ITEM}.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("\nstem:\n  en: ", "\nstem:\n  en: Now ", 1).replace(
            "stem:\n  en: Now |-\n", "stem:\n  en: |-\n    Now\n"
        ),
        encoding="utf-8",
    )
    submissions.rebuild(root)
    before = held(db_url(root))
    with pytest.raises(GradebookError, match="what participants saw has changed"):
        run.regrade(root, NAME, "a text")
    assert run.grade(root, NAME).fates == {Fate.HELD: 3}
    assert held(db_url(root))["grade"] == before["grade"]


def test_stopped_in_the_middle_nothing_is_regraded(root, monkeypatch):
    correct(root)
    monkeypatch.setattr(run, "BATCH", 1)
    before, asked = held(db_url(root)), []

    def stop(more, whole):
        asked.append(more)
        if len(asked) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.regrade(root, NAME, "corrected", advance=stop)
    assert (held(db_url(root))["grade"], ask(db_url(root), HISTORY)) == (before["grade"], [])
    run.regrade(root, NAME, "corrected")
    assert len(ask(db_url(root), HISTORY)) == 2


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda root: shutil.rmtree(root / "submitted"), "nobody handed in"),
        (lambda root: (root / "nbgrader_config.py").unlink(), "nbgrader_config.py: does not exist"),
        (lambda root: (root / "nbgrader_config.py").write_text("c = "), "nbgrader_config.py: cannot be read"),
        (lambda root: (root / "source" / NAME / f"{NAME}.ipynb").write_text("{}"), "run `singmuk build`"),
        (lambda root: shutil.rmtree(root / "exercises"), "run `singmuk build`"),
        (lambda root: (root / "gradebook.db").write_bytes(b"no database at all" * 100), "put back the last good copy"),
        (lambda root: (root / "scenarios" / f"{ITEM}.yml").write_text("id: "), "run `singmuk check`"),
        (
            lambda root: courses.put(root / "submitted" / "nothing" / NAME / "timestamp.txt", "soon"),
            "submitted/nothing/pdpo-basics: timestamp.txt holds no time",
        ),
    ],
)
def test_what_is_at_fault_is_told_without_a_traceback(root, spoil, said):
    spoil(root)
    assert said in singmuk(root, "grade", NAME, good=False)


def test_a_responses_file_that_cannot_be_taken_earns_nothing_and_is_named(root):
    submissions.write(root, "all-right", "{}")
    (root / "submitted" / "nothing" / NAME / "responses.json").unlink()
    said = singmuk(root, "grade", NAME)
    assert "submitted/all-right/pdpo-basics: responses.json" in said
    assert points(root)["all-right"] == 0.0
