"""What all kinds of scenario share: the head, the exhibits, the notes that explain a choice."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import Field

from singmuk.lang import Path, Record, Text, Words, walk

HERE = FilePath(__file__).parent

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Cites = Annotated[tuple[Words, ...], Field(min_length=1, description="Keys of course/references.bib")]


@lru_cache(maxsize=1)
def codes() -> dict[str, Text]:
    """Return what a scenario can decide: PDPO principles and parts, PCPD Checklist items, by code."""
    read = yaml.safe_load((HERE / "codes.yml").read_text(encoding="utf-8"))
    return {code: Text(**text) for code, text in read.items()}


class ResponseError(ValueError):
    """A response that no participant can give in the face; the message says why."""


class Note(Record):
    """Why something is right or wrong, what makes the wrong one tempting, and who says so."""

    rationale: Text
    tempting: Text | None = Field(None, description="What the wrong choice gets right; why people pick it")
    cite: Cites


class Option(Note):
    """Something a participant can pick or place, with its note."""

    id: Id
    text: Text


class Passage(Record):
    """A text to read."""

    kind: Literal["text"]
    title: Text | None = None
    text: Text


class Message(Record):
    """An e-mail, a chat message, a note."""

    kind: Literal["message"]
    channel: Text
    from_: Text
    to: Text | None = None
    subject: Text | None = None
    body: Text


class Table(Record):
    """A table with a caption; a cell is a text or a number."""

    kind: Literal["table"]
    caption: Text
    head: tuple[Text, ...] = Field(min_length=1)
    rows: tuple[tuple[Text | int | float, ...], ...] = Field(min_length=1)


class Picture(Record):
    """A picture of scenarios/pictures/ with a text by which the same decision can be made."""

    kind: Literal["picture"]
    file: str = Field(pattern=r"^[a-z0-9-]+\.(svg|png)$")
    alt: Text


Exhibit = Annotated[Passage | Message | Table | Picture, Field(discriminator="kind")]


@dataclass(frozen=True)
class Line:
    """One row of feedback: what it is about, what was given, what is best, and why."""

    text: Text
    yours: Text | None
    best: Text | None
    right: bool | None  # None: nothing to judge, as for a consequence that was not reached
    note: Note | None


#: A check yields where and what to do; `scenario` is the path of the whole.
Check = Callable[[], Iterable[tuple[Path, str]]]
Role = Literal["all", "hr", "marketing", "finance", "service", "it", "managers"]
Level = Literal["recall", "apply", "evaluate"]


class Scenario(Record):
    """A situation with one thing to decide; its kind says how it is answered."""

    #: The share that a response earns without any judgement; False for work that a trainer marks.
    automatic: ClassVar[bool] = True
    #: Words of this kind that people see, by name, in both languages.
    words: ClassVar[dict[str, Text]] = {}

    id: Id
    kind: str
    module: Id = Field(description="A part of the course")
    codes: tuple[str, ...] = Field(
        min_length=1,
        max_length=3,
        description="What it decides; the first is the primary code (singmuk/codes.yml)",
    )
    roles: tuple[Role, ...] = Field(min_length=1)
    level: Level
    use: Id = Field(description="`practice`, or the id of an assignment; never both")
    review_by: date = Field(description="When its sources must be looked at again")
    confidence: bool = Field(False, description="Ask how sure the participant is")
    title: Text
    stem: Text
    exhibits: tuple[Exhibit, ...] = ()
    silence: dict[str, Words] = Field({}, description="Lint rules not applied here, each with its reason")

    @property
    def graded(self) -> bool:
        """Whether the scenario belongs to an assignment, so that its key is secret."""
        return self.use != "practice"

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see: fields are listed, never removed."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title.model_dump(),
            "stem": self.stem.model_dump(),
            "exhibits": [exhibit.model_dump(by_alias=True) for exhibit in self.exhibits],
            "confidence": self.confidence,
            "review_by": self.review_by.isoformat(),
        }

    @abstractmethod
    def answer(self) -> dict[str, Any]:
        """Return the secret half: what is best and every note."""

    @abstractmethod
    def best(self) -> Any:
        """Return a response that earns the full share."""

    @classmethod
    @abstractmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> Any:
        """Return *response* in its plain form, as the public half *item* allows it.

        It needs no key, so that those who take responses in need not know one. Raises `ResponseError` when the
        face cannot have given the response.
        """

    @cached_property
    def item(self) -> dict[str, Any]:
        """Return the public half, made once."""
        return self.public()

    def read(self, response: object) -> Any:
        """Return *response* in its plain form; raise `ResponseError` when the face cannot have given it."""
        return self.accept(self.item, response)

    @abstractmethod
    def measure(self, response: Any) -> float | None:
        """Return the share from 0 to 1 of a response that was read; None when a trainer has to mark it."""

    @abstractmethod
    def explain(self, response: object = None) -> list[Line]:
        """Return the feedback on *response*, a line for every choice; for None, the model answer."""

    def share(self, response: object) -> float | None:
        """Return the share from 0 to 1 that *response* earns; no response and a malformed one earn 0.

        Returns None only for written work that waits for a trainer.
        """
        if response is None:
            return 0.0
        try:
            return self.measure(self.read(response))
        except ResponseError:
            return 0.0

    def given(self, response: object) -> Any:
        """Return *response* in its plain form, or None when there is none or it is malformed."""
        try:
            return None if response is None else self.read(response)
        except ResponseError:
            return None

    def checks(self) -> list[Check]:
        """Return what must hold between fields, each as a check that can run alone."""
        return [self._codes_known, self._rows_fit]

    def alternatives(self) -> list[tuple[Path, Text, bool]]:
        """Return the texts among which one is picked, each with its path and whether it is a key."""
        return []

    def stop_share(self) -> float | None:
        """Return the share of cases to stop at, where the kind asks for verdicts; else None."""
        return None

    def notes(self) -> Iterator[tuple[Path, Note]]:
        """Yield every note with its path."""
        for path, record in walk(self):
            if isinstance(record, Note):
                yield path, record

    def _codes_known(self) -> Iterator[tuple[Path, str]]:
        for index, code in enumerate(self.codes):
            if code not in codes():
                close = get_close_matches(code, codes(), n=1, cutoff=0.5)
                hint = f"did you mean {close[0]!r}?" if close else f"use one of {listed(codes())}"
                yield ("codes", index), f"{code!r} is not a code we know; {hint}"

    def _rows_fit(self) -> Iterator[tuple[Path, str]]:
        for number, exhibit in enumerate(self.exhibits):
            if isinstance(exhibit, Table):
                wanted = len(exhibit.head)
                for index, row in enumerate(exhibit.rows):
                    if len(row) != wanted:
                        path = ("exhibits", number, "rows", index)
                        yield path, f"has {len(row)} cells, the head has {wanted}; make them as many"


def twice(options: Iterable[Any], path: str) -> Iterator[tuple[Path, str]]:
    """Yield a fault for each id of *options* that was used before."""
    seen: set[str] = set()
    for index, option in enumerate(options):
        if option.id in seen:
            yield (path, index, "id"), f"{option.id!r} is used twice; give each its own id"
        seen.add(option.id)


def listed(ids: Iterable[str]) -> str:
    """Return *ids* as a readable list."""
    return ", ".join(ids)


def note_of(note: Note) -> dict[str, Any]:
    """Return the parts of *note* that feedback shows."""
    return {
        "rationale": note.rationale.model_dump(),
        "tempting": note.tempting.model_dump() if note.tempting else None,
        "cite": list(note.cite),
    }


def ids_of(options: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the public *options*."""
    return [str(option["id"]) for option in options]


def shown(options: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the public part of *options*: id and text."""
    return [{"id": option.id, "text": option.text.model_dump()} for option in options]


def read_id(response: object, known: Iterable[str]) -> str:
    """Return *response* if it is one of the *known* ids; raise `ResponseError` otherwise."""
    if not isinstance(response, str) or response not in set(known):
        raise ResponseError(f"must be one of {listed(known)}")
    return response


def read_ids(response: object, known: Iterable[str]) -> list[str]:
    """Return *response* without repeats if it is a list of *known* ids; raise `ResponseError` otherwise."""
    allowed = set(known)
    if not isinstance(response, list) or not all(isinstance(one, str) and one in allowed for one in response):
        raise ResponseError(f"must be a list of some of {listed(known)}")
    return list(dict.fromkeys(response))


def read_places(response: object, known: Iterable[str], places: Iterable[str]) -> dict[str, str]:
    """Return *response* if it maps *known* ids to *places*; raise `ResponseError` otherwise."""
    allowed, where = set(known), set(places)
    if not isinstance(response, dict) or not all(
        isinstance(key, str) and key in allowed and isinstance(value, str) and value in where
        for key, value in response.items()
    ):
        raise ResponseError(f"must give to some of {listed(known)} one of {listed(places)}")
    return dict(response)


def dumps(value: object) -> str:
    """Return *value* as JSON, the same bytes for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
