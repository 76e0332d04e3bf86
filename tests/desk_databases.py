"""The two sorts of database that a desk keeps things in, as fixtures."""

from __future__ import annotations

import os

import pytest

from tests.postgres import NoPostgresError, server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """Give a running server of PostgreSQL; without one skip, or fail where it is required."""
    try:
        with server(tmp_path_factory.mktemp("postgres")) as running:
            yield running
    except NoPostgresError as reason:
        if os.environ.get("SINGMUK_REQUIRE_POSTGRES"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """Give the address of an empty database, of each sort in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    return request.getfixturevalue("postgres").database("desk")
