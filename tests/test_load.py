"""A broken file is told where it is broken and what to do, all at once, and never as a traceback."""

from __future__ import annotations

import shutil

import pytest

from singmuk import load, template
from singmuk.kinds import kinds
from tests.conftest import ROOT, golden_text

BROKEN = ROOT / "tests" / "broken"
NAMES = sorted(path.stem for path in BROKEN.glob("*.yml"))

BIBLIOGRAPHY = "@misc{cap486, author = {{Cap. 486}}, title = {{Ordinance}}, year = {2026}, url = {https://a.test}}\n"
ASSIGNMENT = """\
id: basics
title: {en: Basics, zh: 基礎}
introduction: {en: One situation., zh: 一個情境。}
scenarios:
  - {id: sound, points: 2}
pass-mark:
  points: 1
  method: {en: A judgement., zh: 判斷。}
"""


@pytest.fixture
def small(tmp_path):
    """Return a small sound course: one scenario, the assignment that uses it, one source."""
    for name, text in {
        "course/references.bib": BIBLIOGRAPHY,
        "assignments/basics.yml": ASSIGNMENT,
        "scenarios/sound.yml": golden_text("choose", "sound").replace("use: practice", "use: basics"),
    }.items():
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    return tmp_path


def faults(root):
    return [str(fault) for fault in load.course(root).faults]


def change(root, name, old, new):
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def expected(name=""):
    """Return the faults that expected.txt tells of the file *name*, or of all."""
    lines = (BROKEN / "expected.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(f"scenarios/{name}.yml:" if name else "scenarios/")]


def test_the_small_course_is_sound(small):
    course = load.sound_course(small)
    assert list(course.scenarios) == ["sound"]
    assert course.scenarios["sound"].graded
    assert course.assignments["basics"].points == 2
    assert list(course.sources) == ["cap486"]


@pytest.mark.parametrize("kind", list(kinds()))
def test_a_new_scenario_is_sound_as_it_is_written(small, kind):
    assert template.write(small, kind, "my-first-one") == small / "scenarios" / "my-first-one.yml"
    assert load.sound_course(small).scenarios["my-first-one"].kind == kind


def test_three_faults_of_one_file_come_at_once_and_nothing_else():
    assert [line.split(": ", 1)[1] for line in expected("three-at-once")] == [
        "choices[1].text.en: must be text, got False; put it in quotes",
        "choices[1].rationalle: is not a field we know; did you mean 'rationale'?",
        "key: 'callback' is not a choice; use one of whole-letter, name-struck-out, what-happened",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_has_exactly_the_faults_that_are_expected(small, name):
    shutil.copy(BROKEN / f"{name}.yml", small / "scenarios")
    assert faults(small) == expected(name) != []


def test_all_faults_of_all_files_come_in_one_run(small):
    for name in NAMES:
        shutil.copy(BROKEN / f"{name}.yml", small / "scenarios")
    assert sorted(faults(small)) == sorted(expected())
    with pytest.raises(load.CourseError, match="three-at-once"):
        load.sound_course(small)


def test_every_expected_fault_belongs_to_a_file():
    assert {line.removeprefix("scenarios/").split(".yml:")[0] for line in expected()} == set(NAMES)


@pytest.mark.parametrize("line", expected())
def test_a_fault_is_one_line_with_place_and_advice(line):
    place, _, message = line.partition(": ")
    assert place.rsplit(":", 1)[1].isdigit()
    assert ": " in message
    assert "pydantic" not in line and "Traceback" not in line and "object at 0x" not in line


def test_a_folder_without_a_course_is_a_clear_fault(tmp_path):
    assert faults(tmp_path) == [
        "course/references.bib:1: bibliography: No such file or directory; create it or mend its permissions",
        "scenarios:1: course: is not a folder here; run the command in the course's folder, or name it with --course",
    ]
    assert faults(tmp_path / "nowhere") == faults(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"@misc{cap486, title = ", "is not valid BibTeX", id="cut off"),
        pytest.param(b"@misc{\xff\xfe}", "is not valid BibTeX", id="not UTF-8"),
        pytest.param(BIBLIOGRAPHY.encode() * 2, "is not valid BibTeX", id="a key twice"),
    ],
)
def test_a_broken_bibliography_is_one_fault_and_not_one_for_each_citation(small, text, message):
    (small / "course/references.bib").write_bytes(text)
    (fault,) = faults(small)
    assert fault.startswith(f"course/references.bib:1: bibliography: {message}")
    assert "\n" not in fault


def test_an_empty_bibliography_makes_every_citation_unknown(small):
    (small / "course/references.bib").write_text("")
    assert len(faults(small)) == 3
    assert all("'cap486' is not in course/references.bib" in fault for fault in faults(small))


def test_a_broken_assignment_is_told_once_and_not_by_its_scenarios(small):
    change(small, "assignments/basics.yml", "points: 1", "points: 3")
    assert faults(small) == [
        "assignments/basics.yml:7: pass-mark.points: 3 is more than the 2 that can be earned; lower it"
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("id: basics", "id: basic", "1: id: 'basic' is not the file's name; use 'basics'", id="id"),
        pytest.param("id: sound,", "id: sund,", "5: scenarios[0].id: 'sund' is no scenario", id="no scenario"),
        pytest.param("points: 2", "points: 0", "5: scenarios[0].points: must be more than 0, got 0", id="no worth"),
        pytest.param("points: 2", "points: 2, x: 1", "5: scenarios[0].x: is not a field we know", id="unknown field"),
        pytest.param(ASSIGNMENT, "- basics\n", "1: assignment: must be a group of fields", id="a list"),
        pytest.param(ASSIGNMENT, "", "1: assignment: is empty; fill it in or delete it", id="empty"),
        pytest.param(ASSIGNMENT, "~", "1: assignment: is empty; fill it in or delete it", id="null"),
    ],
)
def test_a_broken_assignment_says_where(small, old, new, told):
    change(small, "assignments/basics.yml", old, new)
    assert any(fault.startswith(f"assignments/basics.yml:{told}") for fault in faults(small))


def test_a_scenario_is_listed_where_it_is_used_and_nowhere_else(small):
    change(small, "scenarios/sound.yml", "use: basics", "use: practice")
    (fault,) = faults(small)
    assert fault.startswith("assignments/basics.yml:5: scenarios[0].id: 'sound' is used for 'practice'; write `use:")


def test_a_file_that_would_not_be_read_is_told(small):
    (small / "scenarios/sound.yml").rename(small / "scenarios/sound.yaml")
    assert "scenarios/sound.yaml:1: scenario: is not read; rename it to sound.yml" in faults(small)


def test_a_file_too_large_and_a_folder_in_its_place_are_told(small):
    (small / "scenarios/large.yml").write_text("#" * 300_000)
    (small / "scenarios/folder.yml").mkdir()
    assert faults(small) == [
        "scenarios/folder.yml:1: scenario: cannot be read: Is a directory; mend the path or permissions",
        "scenarios/large.yml:1: scenario: is larger than 256 KB; split it",
    ]


def test_the_course_of_this_repository_is_sound(course):
    assert [str(fault) for fault in course.faults] == []
    assert course.scenarios and course.assignments and course.sources
