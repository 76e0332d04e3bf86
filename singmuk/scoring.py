"""What a graded cell calls: the points that a participant's response earns, as a plain float."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

from singmuk import responses
from singmuk.kinds import kinds
from singmuk.scenario import Scenario


def solving() -> bool:
    """Return whether a solution is being made: model answers are shown, and no file is read or written."""
    return os.environ.get("SINGMUK_SOLUTION") == "1"


def points(name: str, most: float) -> None:
    """Say what the scenario *name* is worth; its visible line in a released notebook does no more."""


def worth(share: float | None, most: float) -> float:
    """Return the points of a *share*, a plain float from 0.0 to *most*; what a trainer has to mark is 0.0."""
    return float(min(max(most * (share or 0.0), 0.0), most))


def scenario_of(scenario_json: str) -> Scenario:
    """Return the scenario that `singmuk build` wrote as *scenario_json* into a hidden test."""
    return kinds()[json.loads(scenario_json)["kind"]].model_validate_json(scenario_json)


def grade(name: str, most: float, scenario_json: str, *, release: tuple[str, str] | None = None) -> float:
    """Return the points that the response to the scenario *name* earns, from 0.0 to *most*.

    The response is read from `responses.json` in the current folder. It never raises, and a file that cannot
    be read or belongs to another *release* (an assignment and its release's id) earns 0.0: nbgrader pays
    nothing after a warning, and everything for a cell that ends in no number.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            scenario = scenario_of(scenario_json)
            if solving():
                return worth(scenario.share(scenario.best()), most)
            found = responses.read(Path(responses.NAME))
            if found is None or release not in (None, (found.assignment, found.release)) or name not in found.responses:
                return 0.0
            return worth(scenario.share(found.responses[name].response), most)
        except Exception:  # whatever a file holds, the cell ends in a number
            return 0.0
