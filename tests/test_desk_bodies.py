"""Bodies and connections that no page sends: large, deep, broken, slow; each refused, and nothing is kept of it."""

from __future__ import annotations

import json

import pytest

from singmuk import responses
from singmuk.desk import guard
from tests import nine
from tests.desk_wire import CHANGES, NOTE, desk, file_text, raw, wears, written

__all__ = ["desk"]

PUT = CHANGES["/api/assignments/{name}/responses/{item}"][1].rpartition("/")[0]
HOLE = "@@"


@pytest.fixture(scope="module")
def sam(desk):
    """Give a client of a participant who has one response."""
    client = desk.client("sam")
    assert desk.save(client, NOTE, "before").status_code == 200
    yield client
    client.close()


def kept(desk):
    return desk.service.store.begun("sam"), desk.service.store.receipts("sam")


def send(desk, client, content, item=NOTE, kind="application/json", name="pdpo-basics"):
    """Return the answer to a save whose body is *content*."""
    headers = {"x-xsrf-token": desk.xsrf(client), "content-type": kind}
    return client.put(f"/api/assignments/{name}/responses/{item}", content=content, headers=headers)


def around(desk, text, name="pdpo-basics", **changes):
    """Return a right body but for the *text* that stands, as it is, where the response does."""
    return json.dumps(desk.change(HOLE, name, **changes)).replace(f'"{HOLE}"', text).encode("utf-8", "surrogatepass")


BROKEN = {
    "nothing": b"",
    "a space": b" ",
    "half": b'{"release": "05',
    "no JSON": b"release=1",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "deep lists": b"[" * 100_000,
    "deep groups": b'{"a":' * 50_000,
    "deep in a text's guise": b'["\\"' + b"[" * 9,
    "no UTF-8": b'{"release": "\xff"}',
    "UTF-16": '{"release": "x"}'.encode("utf-16"),
    "a mark of order": b"\xef\xbb\xbf{}",
    "a name twice": b'{"release": "0547", "release": "0548"}',
    "two values": b"{}{}",
    "a comment": b"{} // x",
    "NUL": b'{"a": "\\u0000"}',
    "half a pair": b'{"a": "\\ud800"}',
    "half a pair in a name": b'{"\\udfff": 1}',
    "many digits": b"1" * 10_000,
    "all quotes": b'"' * 100_000,
    "all backslashes": b'"' + b"\\" * 100_001,
}
HOLES = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "too large": "1e999",
    "huge": "9" * 400,
    "huge digits": "9" * 5000,
    "a raw half pair": '"\ud800"',
    "a NUL": '"a\\u0000b"',
    "nine deep": "[" * 9 + "]" * 9,
    "a number": "5",
    "a list": '["a"]',
    "a group": '{"a": "b"}',
    "true": "true",
    "too long": json.dumps("x" * 20_001),
}
FIELDS = {
    "no release": {"release": None},
    "a release that is none": {"release": "x" * 16},
    "a number for one": {"release": 1},
    "too sure": {"confidence": 101},
    "not sure at all": {"confidence": 49},
    "half sure": {"confidence": 60.5},
    "sure in words": {"confidence": "60"},
    "truly sure": {"confidence": True},
    "no day": {"day": None},
    "a day in words": {"day": "yesterday"},
    "a day with an hour": {"day": "2026-11-22T10:00:00"},
    "a year": {"day": 10**30},
    "another language": {"language": "fr"},
    "a field more": {"points": 100},
    "a revision": {"revision": 1},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("change", ["responses/{item}", "hand-in", "file"])
def test_a_body_that_is_none_is_refused_in_words(desk, sam, content, change):
    before = kept(desk)
    method, place = CHANGES[f"/api/assignments/{{name}}/{change}"]
    headers = {"x-xsrf-token": desk.xsrf(sam), "content-type": "application/json", "x-singmuk": "x"}
    answer = sam.request(method, place, content=content, headers=headers)
    assert answer.status_code == 422 and answer.json()["error"] == "refused"
    assert answer.json()["reasons"] and len(answer.text) < 4_000
    wears(answer)
    assert kept(desk) == before


@pytest.mark.parametrize("text", HOLES.values(), ids=HOLES)
def test_a_response_that_is_none_is_refused(desk, sam, text):
    before = kept(desk)
    answer = send(desk, sam, around(desk, text))
    assert (answer.status_code, answer.json()["error"]) == (422, "refused")
    if text != "5":
        answer = send(desk, sam, around(desk, text, "nine-kinds"), written("number"), name="nine-kinds")
        assert answer.status_code == 422
    assert kept(desk) == before


@pytest.mark.parametrize("changes", FIELDS.values(), ids=FIELDS)
def test_a_field_that_is_wrong_is_named(desk, sam, changes):
    before = kept(desk)
    answer = send(desk, sam, json.dumps(desk.change("x", **changes)))
    assert answer.status_code == 422 and next(iter(changes)) in answer.json()["reasons"][0], answer.text
    assert kept(desk) == before


@pytest.mark.parametrize("kind", sorted(nine.BY_KIND))
def test_every_kind_takes_its_own_responses_and_no_others(desk, sam, kind):
    name, item = "nine-kinds", nine.BY_KIND[kind]
    mine = item.best() if kind != "write" else "words of my own"
    assert desk.save(sam, item.id, mine, name).status_code == 200
    assert desk.save(sam, item.id, None, name).status_code == 200
    for wrong in (
        "no-such-choice",
        ["no-such"],
        {"no": "such"},
        [[]],
        {"a": {}},
        1.5,
        True,
        [None],
        {"": ""},
        ["a"] * 5000,
    ):
        if (kind, type(wrong)) in (("write", str), ("number", float)):
            continue
        answer = desk.save(sam, item.id, wrong, name)
        assert answer.status_code == 422, (wrong, answer.text)
        assert len(answer.text) < 4_000
    assert desk.save(sam, "no-such-item", mine, name).status_code == 404


def test_another_release_and_nothing_to_hand_in_are_told_apart(desk, sam):
    answer = send(desk, sam, json.dumps(desk.change("x", release="0" * 16)))
    assert (answer.status_code, answer.json()) == (409, {"error": "release"})
    with_nothing = desk.client("tess")
    assert (desk.hand_in(with_nothing).status_code, desk.hand_in(with_nothing).json()) == (409, {"error": "nothing"})
    headers = {"x-singmuk": "x", "content-type": "application/json"}
    place = CHANGES["/api/assignments/{name}/file"][1]
    assert with_nothing.post(place, content=file_text(desk, {NOTE: None}), headers=headers).json() == {
        "error": "nothing"
    }
    stale = file_text(desk, {NOTE: "x"}).replace(desk.release()["release"], "0" * 16)
    answer = with_nothing.post(place, content=stale, headers=headers)
    assert answer.status_code == 422 and "open the assignment again" in answer.json()["reasons"][0]
    strange = with_nothing.post(place, content=file_text(desk, {"no-such": "x"}), headers=headers)
    assert strange.status_code == 422 and "is no scenario of this assignment" in strange.json()["reasons"][0]
    with_nothing.close()


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp"],
)
def test_a_body_of_another_type_is_refused(desk, sam, kind):
    answer = send(desk, sam, json.dumps(desk.change("x")), kind=kind)
    assert (answer.status_code, answer.json()) == (415, {"error": "type"})


def test_a_day_far_off_is_the_clocks_fault(desk, sam):
    for day in ("1970-01-01", "2999-12-31"):
        answer = desk.save(sam, NOTE, "x", day=day)
        assert answer.status_code == 200 and answer.json()["given"]["day"] not in (day,)


def test_a_body_may_be_as_large_as_the_longest_text_and_not_much_larger(desk, sam):
    longest = json.dumps("字" * 20_000).encode()  # each character as six: the longest spelling there is
    assert send(desk, sam, around(desk, longest.decode())).status_code == 200
    room = guard.LARGEST_BODY - len(around(desk, '""'))
    assert send(desk, sam, around(desk, '""') + b" " * room).status_code == 200
    for content in (b" " * (guard.LARGEST_BODY + 1), (b" " * 1000 for _ in range(300))):
        answer = send(desk, sam, content)
        assert (answer.status_code, answer.json()) == (413, {"error": "large"})
        wears(answer)


def test_a_notebooks_file_may_be_as_large_as_in_the_exchange(desk):
    client = desk.client("lee")

    def hand(text):
        headers = {"x-singmuk": "notebook", "content-type": "application/json"}
        return client.post("/api/assignments/pdpo-basics/file", content=text, headers=headers)

    text = file_text(desk, {NOTE: "x"}).encode("utf-8")
    whole = text + b" " * (responses.LARGEST - len(text))
    assert len(whole) > guard.LARGEST_BODY and hand(whole).status_code == 200
    for content in (whole + b" ", (whole[:1000] for _ in range(1_100))):
        answer = hand(content)
        assert (answer.status_code, answer.json()) == (413, {"error": "large"})
        wears(answer)
    # No other address takes as much.
    assert send(desk, client, b" " * (guard.LARGEST_BODY + 1), name="pdpo-basics/responses/file").status_code == 413
    client.close()


@pytest.mark.parametrize("length", ["-1", "+5", "5 5", "1e3", "٣", "²", "0x10", "9" * 5000, "999999999999", ""])
def test_a_length_that_is_none_is_refused(desk, length):
    sent = f"PUT {PUT}/{NOTE} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{{}}".encode()
    code = int(raw(desk, sent).split(b" ", 2)[1])
    assert code in (400, 401, 413, 415), code


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("Content-Length: 5\r\nContent-Length: 6", id="two lengths"),
        pytest.param("Content-Length: 5\r\nTransfer-Encoding: chunked", id="a length and pieces"),
        pytest.param("Transfer-Encoding: chunked, identity", id="an unknown coding"),
        pytest.param("Transfer-Encoding : chunked", id="a space before the colon"),
    ],
)
def test_a_request_that_two_servers_would_read_differently_is_refused(desk, head):
    sent = (
        f"PUT {PUT}/{NOTE} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n0\r\n\r\nGET /my HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    )
    got = raw(desk, sent)
    assert got.startswith(b"HTTP/1.1 400 ") and got.count(b"HTTP/1.1 ") == 1
