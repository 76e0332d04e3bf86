"""Responses files that are none, and responses that no face can have given."""
# ruff: noqa: ARG005  (every builder is given the kit, whether or not it needs it)

from __future__ import annotations

import json

from tests.hostile.cases import COURSE, NAME, Hostile, Kit

WHOLE = "not whole JSON"


def _file(identity: str, content, reason: str) -> Hostile:
    """Return a case whose responses.json has the bytes that *content* makes of the kit."""
    return Hostile(identity, lambda kit, student: kit.hand_in(student, responses__json=content(kit)), reason=reason)


def _changed(identity: str, reason: str, **fields) -> Hostile:
    return _file(identity, lambda kit: json.dumps(kit.data() | fields).encode(), reason)


def _raw(identity: str, value: str, reason: str) -> Hostile:
    """Return a case in which *value* stands as it is, for a response of the kind number."""

    def content(kit: Kit) -> bytes:
        return json.dumps(kit.data(small_groups="@@")).replace('"@@"', value).encode()

    return _file(identity, content, reason)


def _text(identity: str, value: str, reason: str) -> Hostile:
    def content(kit: Kit) -> bytes:
        return json.dumps(kit.data(notice_for_the_new_tool="@@")).replace("@@", value).encode()

    return _file(identity, content, reason)


def _given(identity: str, reason: str, **fields) -> Hostile:
    def content(kit: Kit) -> bytes:
        data = kit.data()
        data["responses"]["small-groups"] |= fields
        return json.dumps(data).encode()

    return _file(identity, content, reason)


def _million_keys(kit: Kit) -> bytes:
    return b"{" + b",".join(b'"k%d":1' % n for n in range(10**6)) + b"}"


def _too_many(kit: Kit) -> bytes:
    data = kit.data()
    data["responses"] |= {f"k{n}": 1 for n in range(60_000)}
    return json.dumps(data, separators=(",", ":")).encode()


FILES = [
    _file("empty-file", lambda kit: b"", WHOLE),
    _file("truncated-json", lambda kit: kit.honest()[:-7], WHOLE),
    _file("two-documents", lambda kit: kit.honest() * 2, WHOLE),
    _file("binary", lambda kit: bytes(range(256)) * 20, "not UTF-8"),
    _file("utf-16", lambda kit: kit.honest().decode().encode("utf-16"), "not UTF-8"),
    _file("byte-order-mark", lambda kit: b"\xef\xbb\xbf" + kit.honest(), WHOLE),
    _file("pickle", lambda kit: b"cos\nsystem\n(S'touch ran'\ntR.", WHOLE),
    _file("million-keys", _million_keys, "bytes; at most"),
    _file("sixty-thousand-scenarios", _too_many, "at most 200"),
    _file("brackets-a-million", lambda kit: b"[" * 999_999, "nested"),
    _file("braces-never-closed", lambda kit: b'{"a":' * 150_000, "nested"),
    _file("quotes-a-million", lambda kit: b'"' * 999_999, WHOLE),
    _file("escaped-quotes-never-ending", lambda kit: b'"' + b'\\"' * 499_000, WHOLE),
    _file("ten-megabytes", lambda kit: kit.honest() + b" " * 10_000_000, "bytes; at most"),
    _file("top-level-list", lambda kit: b"[" + kit.honest() + b"]", "no responses"),
    _file("top-level-null", lambda kit: b"null", "no responses"),
    _file("top-level-text", lambda kit: b'"<script>"', "no responses"),
    _file("key-twice", lambda kit: kit.honest()[:-1] + b', "assignment": "other"}', "stands twice"),
    _file(
        "scenario-twice",
        lambda kit: kit.honest().replace(b'"responses": {', b'"responses": {"small-groups": {"day": "2026-11-22"},'),
        "stands twice",
    ),
    _changed("format-of-the-future", "format", format=2),
    _changed("format-a-text", "format", format="1"),
    _changed("format-true", "format", format=True),
    _changed("other-assignment", f"not for '{NAME}'", assignment="other"),
    _changed("assignment-a-path", "assignment", assignment="../../gradebook.db"),
    _changed("assignment-with-escapes", "assignment", assignment="\x1b[2J\x1b]0;owned\x07"),
    _changed("other-release", "was made with release", release="0" * 16),
    _changed("release-a-path", "release", release="../" * 5),
    _changed("other-language", "language", language="<script>"),
    _changed("score-added", "score", score=26.0),
    _changed("prototype", "__proto__", __proto__={"points": 26}),
    _changed("responses-a-list", "responses", responses=["small-groups"]),
    _changed("responses-null", "responses", responses=None),
    _changed("unknown-scenario", "no scenario", responses={"other-one": {"day": "2026-11-22"}}),
    _changed("scenario-a-path", "responses", responses={"../../gradebook.db": {"day": "2026-11-22"}}),
    _changed("given-a-number", "small-groups", responses={"small-groups": 26}),
    _given("points-added", "points", points=2.0),
    _given("confidence-huge", "confidence", confidence=10**9),
    _given("confidence-true", "confidence", confidence=True),
    _given("no-such-day", "day", day="2026-13-45"),
    _given("day-a-number", "day", day=0),
    _given("first-of-another-kind", "first", first={"a": 1}),
]

VALUES = [
    _raw("not-a-number", "NaN", "NaN"),
    _raw("infinity", "-Infinity", "Infinity"),
    _raw("overflows-to-infinity", "1e999", "must be a number"),
    _raw("five-thousand-digits", "9" * 5000, "JSON"),
    _raw("four-thousand-digits", "9" * 4000, "must be a number"),
    _raw("nested-thirty-deep", "[" * 30 + "]" * 30, "nested"),
    _text("lone-surrogate", "\\ud800", "no text"),
    _text("nul-in-text", "a\\u0000b", "no text"),
    _text("nul-raw", "a\0b", WHOLE),
    _text("text-too-long", "x" * 20_001, "characters"),
    _text("text-of-two-megabytes", "x" * 2_000_000, "bytes; at most"),
]

#: For a scenario of each kind what its face cannot give.
WRONG = {
    "sick-leave-summary": {"list": ["a"], "number": 1, "true": True, "unknown": "other", "empty": ""},
    "transcripts-for-marketing": {"text": "a", "unknown": ["other"], "numbers": [1, 2], "nested": [["a"]], "map": {}},
    "may-it-go-in": {"list": [], "unknown-case": {"other": "stop"}, "unknown-verdict": {"x": "y"}, "number": 0},
    "which-principle-fails": {"list": [], "text": "a", "unknown-row": {"other": "x"}},
    "appraisal-prompt": {"text": "all", "unknown": ["other"], "map": {"a": "b"}, "nulls": [None]},
    "access-request-steps": {"text": "a", "too-few": ["a"], "map": {}, "unknown": ["a", "b", "c"]},
    "small-groups": {"text": "103", "true": True, "list": [103], "map": {}},
    "wrong-recipient": {"text": "a", "unknown": ["other"], "empty": [], "numbers": [0, 1]},
    "notice-for-the-new-tool": {"list": ["<script>"], "number": 6, "map": {"points": 6}, "true": True},
}


def _twice(kit: Kit) -> bytes:
    steps = COURSE.scenarios["access-request-steps"].best()
    return kit.honest(access_request_steps=[*steps[:-1], steps[0]])


def _beyond_the_end(kit: Kit) -> bytes:
    way = COURSE.scenarios["wrong-recipient"].best()
    return kit.honest(wrong_recipient=[*way, way[-1]])


CASES = [
    *FILES,
    *VALUES,
    *(
        _file(
            f"{COURSE.scenarios[scenario].kind}-{what}",
            lambda kit, scenario=scenario, value=value: kit.honest(**{scenario.replace("-", "_"): value}),
            f"responses.{scenario}.response",
        )
        for scenario, values in WRONG.items()
        for what, value in values.items()
    ),
    _file("order-step-twice", _twice, "access-request-steps"),
    _file("branch-beyond-the-end", _beyond_the_end, "wrong-recipient"),
]
