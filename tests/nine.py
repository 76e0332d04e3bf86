"""A small exercise with one item of each kind, as a participant gets it."""

from __future__ import annotations

import re
from pathlib import Path

from singmuk import load
from singmuk.assignment import Assignment, PassMark, Place
from singmuk.exercise import notebook_text, release, release_text, source_notebook
from singmuk.kinds import kinds
from singmuk.lang import Text

ROOT = Path(__file__).resolve().parents[1]
COURSE = load.course(ROOT)
NAME = "nine-kinds"


def _scenarios():
    found = {}
    for kind in kinds():
        some = [one for one in COURSE.scenarios.values() if one.kind == kind and not one.graded]
        # Confidence is asked for where there is a choice.
        one = sorted(some, key=lambda scenario: (not scenario.confidence, scenario.id))[0]
        found[one.id] = one
    return found


SCENARIOS = _scenarios()
BY_KIND = {scenario.kind: scenario for scenario in SCENARIOS.values()}
ASSIGNMENT = Assignment(
    id=NAME,
    title=Text(en="One of each kind", zh="每種題型一題"),
    introduction=Text(en="Nine situations at work.\n\nTake your time.", zh="九個工作情境。\n\n不設時限。"),
    scenarios=tuple(Place(id=name, points=2.0) for name in SCENARIOS),
    **{"pass-mark": PassMark(points=12.0, method=Text(en="Set for a test.", zh="為測試而設。"))},
)
RELEASE = release(ASSIGNMENT, SCENARIOS, ROOT / "scenarios" / "pictures")
ITEMS = {place["item"]["id"]: place["item"] for place in RELEASE["items"]}


def notebook():
    """Return the notebook as released: without hidden tests and mark schemes."""
    made = source_notebook(ASSIGNMENT, SCENARIOS, RELEASE["release"])
    for cell in made["cells"]:
        source = re.sub(r"### BEGIN HIDDEN.*### END HIDDEN TESTS", "", cell["source"], flags=re.DOTALL)
        cell["source"] = re.sub(r"=== BEGIN MARK.*=== END MARK SCHEME ===", "", source, flags=re.DOTALL).rstrip()
    return made


def lay(folder, *, with_notebook=True):
    """Put the exercise into *folder*, as nbgrader's fetch would, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "items.json").write_text(release_text(RELEASE), encoding="utf-8")
    if with_notebook:
        (folder / f"{NAME}.ipynb").write_text(notebook_text(notebook()), encoding="utf-8")
    return folder
