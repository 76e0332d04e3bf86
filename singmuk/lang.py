"""Texts in the course's languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

#: Course languages by their short name in files, with the tag a page gives its reader's software.
LANGUAGES: dict[str, str] = {"en": "en-HK", "zh": "zh-Hant-HK"}

Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


def field_name(name: str) -> str:
    """Return the name of a field as files spell it: `review_by` is `review-by`, `from_` is `from`."""
    return name.rstrip("_").replace("_", "-")


class Record(BaseModel):
    """Base of every class read from a file: immutable, no unknown or coerced fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=field_name, allow_inf_nan=False)


class Text(Record):
    """One passage in both course languages; Markdown is allowed."""

    en: Words = Field(description="English (en-HK)")
    zh: Words = Field(description="Traditional Chinese (zh-Hant-HK)")


Path = tuple[str | int, ...]


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Record]]:
    """Yield every record inside *value*, itself included, with its path as files spell it."""
    if isinstance(value, Record):
        yield path, value
        for name in type(value).model_fields:
            yield from walk(getattr(value, name, None), (*path, field_name(name)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))
