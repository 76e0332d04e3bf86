"""What several tests share: the course of this repository, and the golden example of each kind."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from singmuk import load, template
from singmuk.kinds import kinds

# A busy machine is no fault: what is slow shows in --durations.
settings.register_profile("singmuk", deadline=None)
settings.load_profile("singmuk")

ROOT = Path(__file__).resolve().parents[1]


def golden_text(kind, name):
    """Return the template of *kind* as `singmuk new` writes it for the scenario *name*."""
    return template.text(kind, name)


def golden_data(kind):
    """Return the template of *kind* as plain data, to be changed at will."""
    data = yaml.safe_load((template.TEMPLATES / f"{kind}.yml").read_text(encoding="utf-8"))
    return copy.deepcopy(data) | {"review-by": data["review-by"].isoformat()}


def record(data):
    """Return the scenario that *data* is."""
    return kinds()[data["kind"]].model_validate_json(json.dumps(data))


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def course():
    return load.course(ROOT)


@pytest.fixture(scope="session")
def golden():
    """Give a function that returns the golden example of a kind, with some fields replaced."""
    return lambda kind, **changes: record(golden_data(kind) | changes)
