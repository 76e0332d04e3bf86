"""What nbgrader calls before or after its own work."""

from __future__ import annotations

from pathlib import Path

from singmuk import exercise, load
from singmuk.grading.materials import notebook


def put_items(assignment: str, **_: object) -> None:
    """Write items.json beside the release of *assignment* in the present folder, if it fits that release.

    nbgrader generates a release only after emptying its folder, and stands in the course's folder meanwhile.
    """
    root = Path.cwd()
    folder = root / "exercises" / assignment
    course = load.course(root)
    known = course.assignments.get(assignment)
    if known is None or not (folder / f"{assignment}.ipynb").is_file():
        return
    content = exercise.release(known, course.scenarios, root / "scenarios" / "pictures")
    made_for = notebook(folder / f"{assignment}.ipynb")["metadata"].get("singmuk", {}).get("release")
    if made_for == content["release"]:  # otherwise the course was changed since: `singmuk build` makes both anew
        (folder / "items.json").write_text(exercise.release_text(content), encoding="utf-8")
