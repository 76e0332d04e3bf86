"""Receipts: what was handed in and when, as a file that the participant keeps."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from singmuk import responses
from singmuk.lang import Record
from singmuk.scenario import Id, ResponseError

State = Literal["blank", "begun", "whole"]
Way = Literal["exchange", "file", "desk"]
_HAN = re.compile("[⺀-⿟々〇〡-〩〸-〻぀-ヿㇰ-ㇿ㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")


class Receipt(Record):
    """One handing in: when, of what, how much of it was answered, and the fingerprint of the responses."""

    time: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="UTC")
    assignment: Id
    release: str
    answered: int = Field(ge=0)
    of: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of responses.json as it was handed in")
    way: Way


def count_words(text: str) -> int:
    """Return the number of words as the face counts them: each Chinese character is one."""
    return len(_HAN.findall(text)) + len(_WORD.findall(_HAN.sub(" ", text)))


def state(item: Mapping[str, Any], response: Any) -> State:
    """Return how far the response to the public half *item* has come."""
    try:
        plain = responses.accept(item, response)
    except ResponseError:
        return "begun" if response else "blank"
    whole: bool
    match item["kind"]:
        case "judge":
            whole = plain is not None and len(plain) == len(item["cases"])
        case "sort":
            whole = plain is not None and len(plain) == len(item["rows"])
        case "write":
            whole = plain is not None and count_words(plain) >= item["words"]["least"]
        case _:
            whole = plain is not None and plain != []
    if whole:
        return "whole"
    return "begun" if plain else "blank"


def make(found: responses.Responses, release: Mapping[str, Any], way: Way, now: datetime | None = None) -> Receipt:
    """Return the receipt for the responses *found*, handed in *now*."""
    given = found.responses
    whole = [
        place["item"]["id"]
        for place in release["items"]
        if place["item"]["id"] in given and state(place["item"], given[place["item"]["id"]].response) == "whole"
    ]
    return Receipt(
        time=(now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        assignment=found.assignment,
        release=found.release,
        answered=len(whole),
        of=len(release["items"]),
        sha256=hashlib.sha256(found.text().encode("utf-8")).hexdigest(),
        way=way,
    )


def write(folder: Path, receipt: Receipt) -> Path:
    """Write *receipt* to a new file in *folder* and return it; no former one is written over."""
    text = json.dumps(receipt.model_dump(), indent=1) + "\n"
    moment = re.sub(r"[-:]", "", receipt.time)
    number = 1
    while True:
        path = folder / f"receipt-{moment}{f'-{number}' if number > 1 else ''}.json"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            number += 1
            continue
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()  # half a receipt says nothing
            raise
        return path


def listed(folder: Path, assignment: str) -> list[tuple[Path, Receipt]]:
    """Return the receipts for *assignment* in *folder*, the newest first; what is none is passed over."""
    found = []
    for path in folder.glob("receipt-*.json"):
        try:
            receipt = Receipt.model_validate_json(path.read_bytes()[:10_000])
        except (OSError, ValueError):
            continue
        if receipt.assignment == assignment:
            found.append((path, receipt))
    return sorted(found, key=lambda pair: (pair[1].time, _number(pair[0])), reverse=True)


def _number(path: Path) -> int:
    """Return the place of *path* among the receipts of one second."""
    again = re.fullmatch(r"receipt-\w+-(\d+)", path.stem)
    return int(again.group(1)) if again else 1
