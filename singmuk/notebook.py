"""What an exercise's cells call: `ask` shows an item, `finish` hands in, `points` and `grade` count."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from IPython import display as ipython
from IPython.core.getipython import get_ipython

from singmuk.face import exercise
from singmuk.scoring import grade, points, solving

__all__ = ["ask", "finish", "grade", "points"]

#: The sittings of this kernel by folder: every item of an exercise shares one.
_sittings: dict[Path, Any] = {}


def ask(name: str) -> None:
    """Show the item *name* of the exercise in this folder, as it was left, and keep each change of it."""
    if solving():
        from singmuk import solution  # noqa: PLC0415  (a course is read, which no participant has)

        solution.shown(name)
        return
    from singmuk import sitting  # noqa: PLC0415

    try:
        if live():
            _show(_sitting().show(name))
            return
        release = sitting.read_release(Path.cwd())
        items = {place["item"]["id"]: place["item"] for place in release["items"]}
        if name not in items:
            raise sitting.ReleaseError("missing.item", name=repr(name))
        _say(exercise.as_text(items[name]))
    except sitting.ReleaseError as fault:
        _say("\n".join(exercise.both(fault.place, **fault.values).values()))


def finish() -> None:
    """Show what is still open, hand in, and list the receipts."""
    if solving():
        return
    from singmuk import finish as end  # noqa: PLC0415
    from singmuk import sitting  # noqa: PLC0415

    try:
        if live():
            here = _sitting()
            here.panels.append(panel := end.Finish(here))
            _show(panel)
        else:
            _say(end.as_text(sitting.Sitting(Path.cwd(), sitting.read_release(Path.cwd()))))
    except sitting.ReleaseError as fault:
        _say("\n".join(exercise.both(fault.place, **fault.values).values()))


def live() -> bool:
    """Return whether somebody may be looking: in a kernel, and not while nbgrader runs the notebook."""
    return "NBGRADER_EXECUTION" not in os.environ and getattr(get_ipython(), "kernel", None) is not None


def _sitting() -> Any:
    """Return this folder's sitting; a changed release begins a new one."""
    from singmuk import sitting  # noqa: PLC0415

    folder = Path.cwd()
    release = sitting.read_release(folder)
    known = _sittings.get(folder)
    if known is None or known.release != release:
        known = _sittings[folder] = sitting.Sitting(folder, release)
    return known


def _show(widget: Any) -> None:
    ipython.display(widget)  # type: ignore[no-untyped-call]


def _say(text: str) -> None:
    """Show *text* as a cell's output, or print it where there are no cells."""
    if get_ipython() is None:
        print(text)
    else:
        ipython.display({"text/plain": text}, raw=True)  # type: ignore[no-untyped-call]
