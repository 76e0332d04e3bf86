"""What several tests share: the course of this repository, and the golden example of each kind."""

from __future__ import annotations

import copy
import fcntl
import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from singmuk import load, publish, template
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
def playwright():
    """Run Playwright, once for all tests of a process: in one thread a second one would not start."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (most tests need no browser)

    with sync_playwright() as running:
        yield running


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


@pytest.fixture(scope="session")
def pages():
    """Give the folder of the built book; the processes of one test run build it once between them."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    work = ROOT / "_build"
    work.mkdir(exist_ok=True)
    stamp = work / ".built-for-tests"
    with (work / ".tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != run:
            publish.build(ROOT)
            stamp.write_text(run, encoding="utf-8")
    return work / "html"
