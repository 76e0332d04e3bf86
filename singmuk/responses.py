"""The file that travels: what a participant chose, read with suspicion and written so that nothing is lost."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from singmuk.faults import dotted, path_of, sentence
from singmuk.kinds import kinds
from singmuk.lang import Record
from singmuk.scenario import Id, ResponseError

FORMAT: Literal[1] = 1
NAME = "responses.json"
#: A file with more bytes is no set of selections; forty long texts fit.
LARGEST = 1_000_000
#: Deeper nesting is in no response of any kind.
DEEPEST = 8
#: No release has more scenarios; a file with more of them is not read further.
MOST = 200
#: A JSON string, also one that never ends: without looking back, since a hostile file is all quotes.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
#: The language of a participant as the file names it, by the course's short name.
TAGS: dict[str, Literal["en", "zh-Hant"]] = {"en": "en", "zh": "zh-Hant"}


class ResponsesError(ValueError):
    """A file that cannot be taken; `reasons` say why and what to do, one each."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


class Given(Record):
    """What was given to one scenario: the response, the first one, how sure, and on which day."""

    response: Any = None
    first: Any = None
    confidence: int | None = Field(None, ge=50, le=100)
    day: date


class Responses(Record):
    """A participant's responses to one release of an assignment: selections only."""

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]  # no Literal: true would pass for 1
    assignment: Id
    release: str = Field(pattern=r"^[0-9a-f]{8,64}$")
    language: Literal["en", "zh-Hant"] = "en"
    responses: dict[Id, Given]

    def text(self) -> str:
        """Return the file's text, the same for the same responses."""
        data = self.model_dump(mode="json", by_alias=True)
        return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _no_constant(name: str) -> Any:
    raise ResponsesError(f"{name} is no figure that can be given; hand in again from the assignment's page")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ResponsesError("a name stands twice in one group; hand in again from the assignment's page")
    return found


def _depth(content: bytes) -> int:
    """Return how deeply brackets nest outside strings, without building anything."""
    deepest = depth = 0
    for mark in _STRING.sub(b"", content):
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest


def parse(content: bytes) -> Responses:
    """Return the responses in *content*; raise `ResponsesError` with every reason why they cannot be taken."""
    return _record(decode(content))


def decode(content: bytes) -> Any:
    """Return the JSON in *content*, bounded in size and depth, names single, texts text; raise `ResponsesError`."""
    if len(content) > LARGEST:
        raise ResponsesError(f"has {len(content):,} bytes; at most {LARGEST:,} are taken")
    if _depth(content) > DEEPEST:
        raise ResponsesError("is nested more deeply than any response; hand in again from the assignment's page")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise ResponsesError(f"is not UTF-8 text (byte {fault.start}); hand in the file as it was written") from fault
    try:
        data = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as fault:
        if isinstance(fault, ResponsesError):
            raise
        where = f" (line {fault.lineno})" if isinstance(fault, json.JSONDecodeError) else ""
        raise ResponsesError(f"is not whole JSON{where}; hand in the file as it was written") from fault
    if not _plain(data):
        raise ResponsesError("has characters that are no text; hand in again from the assignment's page")
    return data


def _plain(value: Any) -> bool:
    """Return whether no string of *value* has NUL or half of a surrogate pair, which no database takes."""
    if isinstance(value, str):
        return "\0" not in value and not re.search(r"[\ud800-\udfff]", value)
    if isinstance(value, dict):
        return all(_plain(key) and _plain(item) for key, item in value.items())
    return all(_plain(item) for item in value) if isinstance(value, list) else True


def _place(fault: ErrorDetails, data: Any) -> tuple[str | int, ...]:
    return path_of(fault["loc"], data, missing=fault["type"] == "missing")[0]


def _record(data: Any) -> Responses:
    if not isinstance(data, dict):
        raise ResponsesError("holds no responses; hand in again from the assignment's page")
    if isinstance(data.get("responses"), dict) and len(data["responses"]) > MOST:
        raise ResponsesError(f"names {len(data['responses']):,} scenarios; at most {MOST} are in an assignment")
    try:
        return Responses.model_validate_json(json.dumps(data))
    except ValidationError as faults:
        reasons = [
            f"{dotted(_place(fault, data), 'file')}: {sentence(fault, [])}"
            for fault in faults.errors(include_url=False)[:20]
        ]
        raise ResponsesError(*reasons) from faults
    except ValueError as fault:
        raise ResponsesError("has a figure too large to be read; hand in again from the assignment's page") from fault


def belongs(responses: Responses, release: Mapping[str, Any]) -> None:
    """Return when *responses* name the assignment and the id of the *release*; raise `ResponsesError`."""
    if responses.assignment != release["assignment"]:
        raise ResponsesError(
            f"is for {responses.assignment!r}, not for {release['assignment']!r}; hand in the other file"
        )
    if responses.release != release["release"]:
        raise ResponsesError(
            f"was made with release {responses.release}, the present one is {release['release']}; "
            "open the assignment again and hand in from there"
        )


def check(responses: Responses, release: Mapping[str, Any]) -> None:
    """Return when *responses* fit the *release* (the content of its items.json).

    Raises `ResponsesError` with every reason: another assignment or release, an unknown scenario, a response
    that the face cannot have given.
    """
    belongs(responses, release)
    items = {place["item"]["id"]: place["item"] for place in release["items"]}
    reasons = []
    for name, given in responses.responses.items():
        if name not in items:
            reasons.append(f"responses.{name}: is no scenario of this assignment; hand in from its page")
            continue
        for field in ("response", "first"):
            try:
                accept(items[name], getattr(given, field))
            except ResponseError as fault:
                reasons.append(f"responses.{name}.{field}: {fault}")
    if reasons:
        raise ResponsesError(*reasons[:20])


def accept(item: Mapping[str, Any], response: Any) -> Any:
    """Return *response* in its plain form for the public half *item*, None for none; raise `ResponseError`."""
    return None if response is None else kinds()[item["kind"]].accept(item, response)


def read(path: Path) -> Responses | None:
    """Return the responses in the file *path*, None when there is no file; raise `ResponsesError`."""
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise ResponsesError("is no plain file; hand in the file itself")
        with path.open("rb") as file:
            return parse(file.read(LARGEST + 1))
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise ResponsesError(f"cannot be read: {fault.strerror or fault}; mend its permissions") from fault


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock beside the file *path*, so that two tabs write one after the other."""
    with (path.parent / f".{path.name}.lock").open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield  # closing the file lets the lock go, a crash included


def write(path: Path, responses: Responses) -> bool:
    """Write *responses* to the file *path* whole or not at all; return whether it changed.

    Raises `OSError`, for instance on a full disk; the file then is what it was.
    """
    content = responses.text().encode("utf-8")
    with contextlib.suppress(OSError):
        if path.read_bytes() == content:
            return False
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return True


def keep(path: Path, release: Mapping[str, Any], name: str, given: Given, language: str) -> Responses:
    """Add what was *given* to the scenario *name* to the file *path* and return all responses in it.

    What another tab wrote meanwhile stays. Raises `ResponsesError` when the file is damaged, of another release,
    or the response is none, and `OSError` when it cannot be written.
    """
    with locked(path):
        found = read(path)
        if found:
            check(found, release)  # what was made with another release is not written over
        known = found.responses if found else {}
        before = known.get(name)
        first = before.first if before and before.first is not None else given.response
        merged = Responses(
            format=FORMAT,
            assignment=release["assignment"],
            release=release["release"],
            language=TAGS[language],
            responses={**known, name: given.model_copy(update={"first": first})},
        )
        check(merged, release)
        write(path, merged)
        return merged


def keep_language(path: Path, release: Mapping[str, Any], language: str) -> None:
    """Note the *language* in the file *path*, if there is one; raise as `keep` does."""
    with locked(path):
        found = read(path)
        if found:
            check(found, release)
            write(path, found.model_copy(update={"language": TAGS[language]}))
