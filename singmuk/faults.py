"""What is wrong in a file, said so that its author can mend it: where, what, what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from singmuk.lang import Path, field_name


@dataclass(frozen=True, order=True)
class Fault:
    """One thing to mend."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        """Return the fault as `file:line: field: what to do`."""
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


def dotted(path: Path, whole: str = "scenario") -> str:
    """Return *path* as people read it: `choices[1].text.en`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or whole


def _shown(value: object) -> str:
    words = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else repr(value)
    return words if len(words) <= 60 else words[:57] + "…"


def _expected(fault: ErrorDetails) -> str:
    """Return the closed set of an error as `a, b, c`."""
    expected = str(fault.get("ctx", {}).get("expected", fault.get("ctx", {}).get("expected_tags", "")))
    return expected.replace("'", "").replace(" or ", ", ")


def sentence(fault: ErrorDetails, known: list[str]) -> str:  # noqa: PLR0911  (one sentence per case reads best)
    """Return pydantic's *fault* as what is wrong and what to do; *known* are the fields at its place."""
    value, ctx, name = fault["input"], fault.get("ctx", {}), str(fault["loc"][-1] if fault["loc"] else "")
    quote = " put it in quotes" if not isinstance(value, list | dict) else " write a text"
    match fault["type"]:
        case "missing":
            return "is missing; add it" if name not in ("en", "zh") else "has no text in this language; add it"
        case "extra_forbidden":
            close = get_close_matches(name, known, n=1)
            return "is not a field we know; " + (f"did you mean {close[0]!r}?" if close else "check the spelling")
        case "string_type":
            return "is empty; write a text" if value is None else f"must be text, got {_shown(value)};{quote}"
        case "bool_type":
            return f"must be true or false, got {_shown(value)}; write one of them without quotes"
        case "int_type" | "float_type" | "int_from_float" | "finite_number":
            return f"must be a number, got {_shown(value)}; write it without quotes"
        case "literal_error" | "union_tag_invalid":
            return (
                f"{_shown(value)} is not known; use one of {_expected(fault)}"
                if not isinstance(value, dict)
                else (f"{_shown(value.get('kind'))} is not known; use one of {_expected(fault)}")
            )
        case "union_tag_not_found":
            return "has no kind; add one of text, message, table, picture"
        case "string_pattern_mismatch":
            if ctx.get("pattern") == r"\S":
                return "is blank; write a text"
            return f"{_shown(value)} is not a name we can use; lower-case words joined by hyphens"
        case "string_too_short":
            return "is empty; write a text"
        case "string_too_long":
            return f"is longer than {ctx['max_length']} characters; shorten it"
        case "too_short":
            return f"has {ctx['actual_length']} entries, at least {ctx['min_length']} are needed; add some"
        case "too_long":
            return f"has {ctx['actual_length']} entries, at most {ctx['max_length']} are allowed; remove some"
        case "tuple_type":
            return f"must be a list, got {_shown(value)}; begin each entry with a hyphen"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"must be a group of fields, got {_shown(value)}; write them below it, indented"
        case "date_from_datetime_parsing" | "date_parsing" | "date_type":
            return f"must be a date such as 2027-06-30, got {_shown(value)}"
        case _:
            return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, got {_shown(value)}; mend it"


def path_of(loc: tuple[int | str, ...], data: object) -> Path:
    """Return pydantic's *loc* without the steps that name a type and no place in *data*."""
    path: list[int | str] = []
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(data, dict):
            if step in data:
                path.append(step)
                data = data[step]
            elif last:
                path.append(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            path.append(step)
            data = data[step]
    return tuple(path)


def fields_at(cls: type[BaseModel], path: Path) -> list[str]:
    """Return the names of the fields that the record at *path* below *cls* may have."""
    schema = _schema(cls)
    places = [schema]
    for step in path[:-1]:
        places = [found for place in places for found in _below(place, step, schema)]
    places = [found for place in places for found in _resolved(place, schema)]
    return sorted({name for place in places for name in place.get("properties", {})})


@lru_cache(maxsize=32)
def _schema(cls: type[BaseModel]) -> dict[str, Any]:
    return cls.model_json_schema()


def _resolved(place: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in place:
        return _resolved(schema["$defs"][place["$ref"].rsplit("/", 1)[-1]], schema)
    options = place.get("anyOf") or place.get("oneOf")
    return [found for option in options for found in _resolved(option, schema)] if options else [place]


def _below(place: dict[str, Any], step: int | str, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for found in _resolved(place, schema):
        if isinstance(step, int) and isinstance(found.get("items"), dict):
            yield found["items"]
        elif step in found.get("properties", {}):
            yield found["properties"][step]


def field_faults(cls: type[BaseModel], data: object) -> list[tuple[Path, str]]:
    """Return where *data* is no *cls*, field by field; nothing when it is one."""
    try:
        cls.model_validate_json(json.dumps(data))
    except ValidationError as faults:
        found: dict[Path, str] = {}
        for fault in faults.errors(include_url=False):
            path = path_of(fault["loc"], data)
            found.setdefault(path, sentence(fault, fields_at(cls, path)))
        return list(found.items())
    return []


_NOTHING = object()


def partial(cls: type[BaseModel], data: Mapping[str, Any]) -> Any:
    """Return a *cls* made of the fields of *data* that are sound, so that the rest can be checked as well.

    A field that is unsound is absent from the record; reading it raises `AttributeError`.
    """
    values = {
        name: value
        for name, field in cls.model_fields.items()
        if (alias := field.alias or field_name(name)) in data
        and (value := _sound(field.annotation, data[alias])) is not _NOTHING
    }
    record = cls.model_construct(**values)
    for name, field in cls.model_fields.items():
        if name not in values and (field.is_required() or (field.alias or field_name(name)) in data):
            record.__dict__.pop(name, None)
    return record


def _sound(annotation: Any, raw: Any) -> Any:
    try:
        return TypeAdapter(annotation).validate_json(json.dumps(raw))
    except ValidationError:
        pass
    if get_origin(annotation) is tuple and isinstance(raw, list):
        inner = get_args(annotation)[0]
        return tuple(value for item in raw if (value := _sound(inner, item)) is not _NOTHING)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(raw, dict):
        return partial(annotation, raw)
    return _NOTHING
