"""`singmuk build`: the same bytes each time, nothing lost when it fails, and a check that names what is stale."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbgrader.converters import GenerateSolution

from singmuk import build
from singmuk.cli import main
from tests import courses, nine
from tests.conftest import ROOT

NAME = nine.NAME
GENERATED = [f"{folder}/{NAME}/{NAME}.ipynb" for folder in build.FOLDERS] + [f"exercises/{NAME}/items.json"]


@pytest.fixture(scope="module")
def quick():
    """Take the source for the solution, so that no kernel starts, and ask no other program for a version."""
    convert = build._convert

    def without_a_kernel(kind, work, name):
        if kind is GenerateSolution:
            shutil.copytree(work / "source" / name, work / "solutions" / name)
        else:
            convert(kind, work, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "_convert", without_a_kernel)
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "any")
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory, quick):
    """Return a course of one assignment with all nine kinds, built without a kernel; nobody changes it."""
    root = courses.lay(tmp_path_factory.mktemp("built") / "course", [NAME])
    build.build(root)
    return root


@pytest.fixture
def laid(built, tmp_path, quick):
    """Return a copy of that course, to be changed at will."""
    return Path(shutil.copytree(built, tmp_path / "course"))


def content(root):
    """Return the bytes and time of each file below *root* that is generated."""
    folders = [root / folder for folder in (*build.FOLDERS, "schema")]
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def edit(root, old, new, *, kind="choose"):
    """Replace *old* by *new* in the scenario of *kind*, and return its path."""
    path = root / "scenarios" / f"{nine.BY_KIND[kind].id}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def notebook(root, folder):
    return nbformat.read(root / folder / NAME / f"{NAME}.ipynb", as_version=4)


def run(root, *options):
    return CliRunner().invoke(main, ["build", "--course", str(root), *options])


def test_what_is_committed_is_what_the_course_makes():
    assert build.stale(ROOT) == []


def test_a_course_is_built_with_kernels_and_twice_is_the_same(tmp_path):
    root = courses.lay(tmp_path / "course", [NAME])
    changed = build.build(root)
    assert set(GENERATED) <= set(changed)
    before = content(root)
    assert build.build(root) == []
    assert content(root) == before
    shutil.rmtree(root / "solutions")
    assert build.build(root) == [f"solutions/{NAME}/{NAME}.ipynb"]
    assert {path: data for path, (data, _) in content(root).items()} == {
        path: data for path, (data, _) in before.items()
    }
    solved = notebook(root, "solutions")
    assert solved.metadata.language_info == {"name": "python"}  # no version of the machine that made it
    points = {cell.id: cell.outputs[-1].data["text/plain"] for cell in solved.cells if cell.metadata.nbgrader.grade}
    assert points == {
        name: repr(float(worth))
        for (name, scenario), worth in zip(nine.SCENARIOS.items(), courses.WORTH, strict=True)
        if scenario.automatic
    }
    for cell in solved.cells:
        if cell.id.endswith("-item"):
            assert [list(output.data) for output in cell.outputs] == [["text/html", "text/plain"]]
    assert not list(root.rglob("responses.json"))


def test_a_second_build_touches_nothing(laid):
    before = content(laid)
    result = run(laid)
    assert (result.exit_code, result.output.strip()) == (0, "Nothing to change.")
    assert content(laid) == before
    assert run(laid, "--check").exit_code == 0


def test_the_check_names_every_stale_file_and_changes_nothing(laid):
    edit(laid, nine.BY_KIND["choose"].stem.en[:20], "Another beginning of it")
    (laid / "schema" / "choose.json").write_text("{}")
    (laid / "solutions" / NAME / f"{NAME}.ipynb").unlink()
    before = content(laid)
    result = run(laid, "--check")
    assert result.exit_code == 1
    for path in (*GENERATED, "schema/choose.json"):
        assert f"{path}: is " in result.output
    assert f"solutions/{NAME}/{NAME}.ipynb: is missing" in result.output
    assert content(laid) == before


def test_a_hand_edited_release_is_stale_and_is_put_right(laid):
    path = laid / "exercises" / NAME / f"{NAME}.ipynb"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"points(", b"points (", 1))
    assert build.stale(laid) == [f"exercises/{NAME}/{NAME}.ipynb: is stale; run `singmuk build`"]
    assert build.build(laid) == [f"exercises/{NAME}/{NAME}.ipynb"]
    assert path.read_bytes() == good


def test_what_an_assignment_left_behind_goes(laid):
    (laid / "assignments" / f"{NAME}.yml").unlink()
    for path in (laid / "scenarios").glob("*.yml"):
        path.write_text(path.read_text(encoding="utf-8").replace(f"use: {NAME}", "use: practice"), encoding="utf-8")
    assert [line.split(":")[0] for line in build.stale(laid)] == sorted(GENERATED)
    assert build.build(laid) == sorted(GENERATED)
    assert not any((laid / folder / NAME).exists() for folder in build.FOLDERS)


@pytest.mark.parametrize("folder", build.FOLDERS)
def test_a_foreign_file_is_named_and_neither_removed_nor_published(laid, folder):
    path = courses.put(laid / folder / NAME / "responses.json", "{}")
    assert build.stale(laid) == [
        f"{folder}/{NAME}/responses.json: is not generated; move it away, it would be handed to every participant"
    ]
    result = run(laid)
    assert result.exit_code == 1
    assert f"{folder}/{NAME}/responses.json" in result.output
    assert path.read_text() == "{}"


def test_checkpoints_of_a_notebook_server_disturb_nobody(laid):
    courses.put(laid / "source" / NAME / ".ipynb_checkpoints" / "x.ipynb", "{}")
    assert build.stale(laid) == []


def test_a_faulty_course_is_told_and_nothing_changes(laid):
    edit(laid, "\nkey: ", "\nkey: no-such-choice # ")
    before = content(laid)
    result = run(laid)
    assert result.exit_code == 1
    assert "is not a choice; use one of" in result.output
    assert "Traceback" not in result.output
    assert content(laid) == before


def test_what_was_there_stays_when_the_disk_is_full(laid, monkeypatch):
    edit(laid, nine.BY_KIND["choose"].stem.en[:20], "Another beginning of it")
    before = content(laid)
    write = Path.write_bytes

    def full(path, data):
        if path.parent.parent.name == "_build" and path.name == "2":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = run(laid)
    assert result.exit_code == 1
    assert "No space left on device; mend that and build again" in result.output
    assert content(laid) == before
    assert list((laid / "_build").iterdir()) == []
    monkeypatch.undo()


def test_what_was_there_stays_when_nbgrader_fails(laid, monkeypatch):
    edit(laid, nine.BY_KIND["choose"].stem.en[:20], "Another beginning of it")
    before = content(laid)
    monkeypatch.setattr("nbgrader.preprocessors.SaveCells.preprocess", lambda *_: 1 / 0)
    result = run(laid)
    assert result.exit_code == 1
    assert f"source/{NAME}: nbgrader cannot convert it" in result.output
    assert content(laid) == before


def test_a_cell_that_fails_in_a_solution_fails_the_build(tmp_path):
    path = courses.put(
        tmp_path / "n.ipynb",
        json.dumps(
            {
                "cells": [
                    {
                        "id": "x-item",
                        "metadata": {},
                        "outputs": [{"output_type": "error", "ename": "E", "evalue": "no course", "traceback": []}],
                    }
                ],
                "metadata": {},
            }
        ),
    )
    with pytest.raises(build.BuildError, match="solutions/x: the cell x-item fails: no course"):
        build._solved(path, "x")


def test_building_leaves_the_courses_gradebook_and_our_surroundings_alone(laid, monkeypatch):
    courses.put(laid / "gradebook.db", "not to be touched")
    monkeypatch.setenv("SINGMUK_SOLUTION", "as it was")
    monkeypatch.delenv("SINGMUK_COURSE", raising=False)
    edit(laid, nine.BY_KIND["choose"].stem.en[:20], "Another beginning of it")
    here = Path.cwd()
    build.build(laid)
    assert (laid / "gradebook.db").read_text() == "not to be touched"
    assert Path.cwd() == here
    assert build.os.environ["SINGMUK_SOLUTION"] == "as it was"
    assert "SINGMUK_COURSE" not in build.os.environ


def test_a_corrected_key_keeps_the_release_and_a_changed_stem_does_not(laid):
    before = courses.release_id(laid, NAME)
    scenario = nine.BY_KIND["choose"]
    other = next(choice.id for choice in scenario.choices if choice.id != scenario.key)
    edit(laid, f"\nkey: {scenario.key}", f"\nkey: {other}")
    changed = build.build(laid)
    assert changed == [f"solutions/{NAME}/{NAME}.ipynb", f"source/{NAME}/{NAME}.ipynb"]
    assert courses.release_id(laid, NAME) == before
    edit(laid, scenario.stem.en[:20], "Another beginning of it")
    build.build(laid)
    assert courses.release_id(laid, NAME) != before
