"""A course on disk with two assignments, nine-kinds and pdpo-basics, and submissions to them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment

from singmuk import exercise, load
from singmuk.gradebook import settings
from tests import nine
from tests.conftest import ROOT

ASSIGNMENTS = (nine.NAME, "pdpo-basics")
#: Points of the nine kinds: not all have an exact binary form.
WORTH = [1, 2.5, 0.7, 3, 2, 10, 0.1, 4, 6]
#: What nbgrader has by default, but for where it keeps the sockets of many kernels on a busy machine.
STOCK = 'c = get_config()\nc.KernelManager.transport = "ipc"\nc.KernelManager.ip = {ip!r}\n'


def lay(folder: Path, assignments=ASSIGNMENTS) -> Path:
    """Put a course with *assignments* into *folder*, not yet built, and return the folder."""
    for name in ("course", "scenarios", "assignments", "_build"):
        (folder / name).mkdir(parents=True)
    for name in ("_config.yml", "course/references.bib"):
        shutil.copy(ROOT / name, folder / name)
    put(folder / "nbgrader_config.py", config())
    shutil.copytree(ROOT / "scenarios" / "pictures", folder / "scenarios" / "pictures")
    if nine.NAME in assignments:
        for name in nine.SCENARIOS:
            text = (ROOT / "scenarios" / f"{name}.yml").read_text(encoding="utf-8")
            put(folder / "scenarios" / f"{name}.yml", text.replace("\nuse: practice", f"\nuse: {nine.NAME}"))
        data = nine.ASSIGNMENT.model_dump(mode="json", by_alias=True)
        for place, points in zip(data["scenarios"], WORTH, strict=True):
            place["points"] = points
            del place["expected"]
        put(folder / "assignments" / f"{nine.NAME}.yml", json.dumps(data, ensure_ascii=False))
    if "pdpo-basics" in assignments:
        shutil.copy(ROOT / "assignments" / "pdpo-basics.yml", folder / "assignments")
        for place in load.course(ROOT).assignments["pdpo-basics"].scenarios:
            shutil.copy(ROOT / "scenarios" / f"{place.id}.yml", folder / "scenarios")
    return folder


def config() -> str:
    """Return this course's nbgrader_config.py, with what a campaign leaves beside it instead of in state/."""
    text = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    assert text.count('STATE = "state"') == 1
    return text.replace('STATE = "state"', 'STATE = "."')


def put(path: Path, text: str) -> Path:
    """Write *text* to the file *path*, its folder included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def release_id(root: Path, name: str) -> str:
    """Return the id of the release of the assignment *name* in the built course *root*."""
    return json.loads((root / "exercises" / name / "items.json").read_text(encoding="utf-8"))["release"]


def responses_text(root: Path, name: str, responses, **changes) -> str:
    """Return the text of a responses.json that gives *responses* to the assignment *name*."""
    given = {one: {"response": response, "day": date(2026, 11, 22).isoformat()} for one, response in responses.items()}
    file = {"format": 1, "assignment": name, "release": release_id(root, name), "language": "en", "responses": given}
    return json.dumps(file | changes, ensure_ascii=False)


def hand_in(root: Path, name: str, student: str, text: str | None) -> Path:
    """Put a submission of *student* with *text* as its responses.json into submitted/, and return its folder."""
    folder = root / "submitted" / student / name
    folder.mkdir(parents=True)
    shutil.copy(root / "exercises" / name / f"{name}.ipynb", folder)
    if text is not None:
        (folder / "responses.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    return folder


def run(root: Path, *command: str, good: bool = True) -> str:
    """Run *command* of our environment's folder of programs in *root*; return what it printed."""
    program, *rest = command
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [Path(sys.executable).parent / program, *rest], cwd=root, env=environment, capture_output=True, check=False
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert (done.returncode == 0) is good, said[-4000:]
    return said


def grades(root: Path, name: str) -> dict[str, dict[str, float]]:
    """Return what the gradebook in *root* holds: each participant's points by cell, and their total."""
    found = {}
    with contextlib.closing(Gradebook(f"sqlite:///{root / 'gradebook.db'}")) as gradebook:
        for submission in gradebook.assignment_submissions(name):
            points = {grade.name: grade.score for notebook in submission.notebooks for grade in notebook.grades}
            found[submission.student.id] = points | {"total": submission.score}
    return found


def stock(root: Path, folder: Path) -> Path:
    """Put source/ and submitted/ of the course *root* into *folder*, as a course that nbgrader grades by itself."""
    for name in ("source", "submitted"):
        shutil.copytree(root / name, folder / name)
    put(folder / "nbgrader_config.py", STOCK.format(ip=str(folder / "kernel")))
    return folder


def released(folder: Path, changed=None) -> Path:
    """Put a course with the nine kinds into *folder*, released into its gradebook; solutions are left out.

    Scenarios that are *changed* stand in the notebooks instead of those of their ids.
    """
    root = lay(folder, [nine.NAME])
    known = load.course(root)
    assignment = known.assignments[nine.NAME]
    content = exercise.release(assignment, known.scenarios, root / "scenarios" / "pictures")
    source = exercise.source_notebook(assignment, {**known.scenarios, **(changed or {})}, content["release"])
    put(root / "source" / nine.NAME / f"{nine.NAME}.ipynb", exercise.notebook_text(source))
    convert(root, GenerateAssignment)
    return root


def convert(root: Path, kind, **changes) -> None:
    """Let nbgrader's converter *kind* work in the course *root*, with its configuration and *changes* of it."""
    found = settings.read(root)
    for name, value in changes.items():
        section, trait = name.split("__")
        found.config[section][trait] = value
    found.coursedir.assignment_id = nine.NAME
    converter = kind(coursedir=found.coursedir, config=found.config)
    converter.force = True
    with settings.hushed():
        converter.start()


def autograde(root: Path, **changes) -> dict[str, dict[str, float]]:
    """Grade the nine kinds in the course *root* as `nbgrader autograde --force` does; return the points."""
    convert(root, Autograde, **changes)
    return grades(root, nine.NAME)
