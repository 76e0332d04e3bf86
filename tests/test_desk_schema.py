"""The desk against its own description: no made-up request breaks it, and it answers what the description says."""

from __future__ import annotations

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests import nine
from tests.desk_wire import NOTE, agree, desk, wears, written

__all__ = ["desk"]

WHOLE = [
    *(checks.not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance),
    *(response_schema_conformance, allow_header_conformance, unsupported_method),
]
MANY = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
API = "/api/assignments/{name}/"
OPERATIONS = [
    *((API + "responses", "GET"), (API + "responses/{item}", "PUT"), (API + "hand-in", "POST"), (API + "file", "POST")),
]
#: A request without a body and with any text as a name cannot be made wrongly.
TRIED = [(*one, mode) for one in OPERATIONS for mode in GenerationMode if "GET" not in one or mode.is_positive]
#: How often a participant's made-up requests were answered how.
REACHED: Counter[int] = Counter()


@pytest.fixture(scope="module")
def described(desk):
    """Give the description that the desk gives of itself."""
    return schemathesis.openapi.from_url(f"{desk.address}/openapi.json")


@pytest.fixture(scope="module")
def una(desk):
    client = desk.client("una")
    agree(desk, client)
    yield client
    client.close()


def try_out(described, path, method, mode, ask):
    """Have *ask* send many made-up requests of the sort *mode* to one operation."""

    @MANY
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def many(case):
        ask(case)

    many()


@pytest.mark.parametrize(("path", "method", "mode"), TRIED)
def test_a_stranger_gets_what_the_description_says(desk, described, path, method, mode):
    def ask(case):
        answer = case.call_and_validate(checks=WHOLE)
        assert answer.status_code in (401, 404, 405, 415, 422)

    try_out(described, path, method, mode, ask)


@pytest.mark.parametrize(("path", "method", "mode"), TRIED)
def test_a_participant_gets_what_the_description_says(desk, described, una, path, method, mode):
    held = {desk.service.session_cookie: una.cookies[desk.service.session_cookie]}
    session = {"x-person": "una", "x-xsrf-token": desk.xsrf(una), "x-singmuk": "notebook"}

    def ask(case):
        # Made-up names are tried by the stranger; here they lead to an assignment.
        size = len(str(case.body))
        name = "pdpo-basics" if size % 2 else nine.NAME
        case.path_parameters["name"] = name
        if "item" in case.path_parameters:
            kind = sorted(nine.BY_KIND)[size % 9]
            case.path_parameters["item"] = NOTE if name == "pdpo-basics" else written(kind)
        if isinstance(case.body, dict):
            if isinstance(case.body.get("release"), str) and size % 5:
                case.body["release"] = desk.release(name)["release"]
            if size % 3 and mode is GenerationMode.POSITIVE and "item" in case.path_parameters:
                case.body["response"] = None
        answer = case.call_and_validate(headers=session, cookies=held, checks=WHOLE)
        REACHED[answer.status_code] += 1

    try_out(described, path, method, mode, ask)


def test_the_made_up_requests_came_all_the_way():
    assert REACHED[200] >= 20 and REACHED[409] >= 1 and REACHED[422] >= 20, REACHED
    assert 401 not in REACHED and 403 not in REACHED


def test_the_description_names_what_may_happen(desk):
    described = desk.server.config.app.openapi()
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            assert about.get("description") and {"200", "401", "404"} <= set(about["responses"]), (method, path)
    wears(desk.client().get("/openapi.json"))
