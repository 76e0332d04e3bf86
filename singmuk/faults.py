"""What is wrong in a file, said so that its author can mend it: where, what, what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any, get_args, get_origin

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


def shown(text: str, most: int = 200) -> str:
    """Return *text* so that a terminal shows it and does nothing else."""
    safe = text if text.isprintable() else repr(text)
    return safe if len(safe) <= most else safe[: most - 1] + "…"


def _shown(value: object) -> str:
    words = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else repr(value)
    return words if len(words) <= 60 else words[:57] + "…"


def _expected(fault: ErrorDetails) -> str:
    """Return the closed set of an error as `a, b, c`."""
    expected = str(fault.get("ctx", {}).get("expected", fault.get("ctx", {}).get("expected_tags", "")))
    return expected.replace("'", "").replace(" or ", ", ")


def _group(value: object, record: str, cell: bool) -> str:
    """Return what is wrong with *value* where a *record* is wanted."""
    got = f"got {_shown(value)}"
    if value is None:
        return "is empty; write its fields below it, indented"
    if cell:
        return f"must be a number or a text in each language, got {_shown(value)}; write {{en: …, zh: …}}"
    if record == "Text":
        return f"must be a text in each language, {got}; write en: and zh: below it"
    return f"must be a group of fields, {got}; write them below it, indented"


def _close(name: str, known: list[str]) -> list[str]:
    """Return the one field of *known* that *name* misspells, if there is one."""
    return [] if name in known else get_close_matches(name, known, n=1)


def _unknown(name: str, known: list[str]) -> str:
    """Return what to do about the field *name* where the fields *known* may stand."""
    if name in known:
        return "does not belong to this kind; remove it or change the kind"
    for close in _close(name, known):
        return f"is not a field we know; did you mean {close!r}?"
    if " " in name or not name.isascii():
        return "is not a field we know; between { and } a text with a comma needs quotes"
    return "is not a field we know; check the spelling"


def sentence(  # noqa: PLR0911, PLR0912  (one sentence per case reads best)
    fault: ErrorDetails, known: list[str], *, cell: bool = False
) -> str:
    """Return pydantic's *fault* as what is wrong and what to do.

    *known* are the fields at its place; a *cell* of a table may be a number as well.
    """
    value, ctx, name = fault["input"], fault.get("ctx", {}), str(fault["loc"][-1] if fault["loc"] else "")
    got = f"got {_shown(value)}"
    match fault["type"]:
        case "missing":
            return "has no text in this language; add it" if name in ("en", "zh") else "is missing; add it"
        case "extra_forbidden":
            return _unknown(name, known)
        case "string_type" | "string_too_short" if value in (None, ""):
            return "is empty; write a text"
        case "string_type":
            advice = "write one text" if isinstance(value, list | dict) else "put it in quotes"
            return f"must be text, {got}; {advice}"
        case "bool_type":
            return f"must be true or false, {got}; write one of them without quotes"
        case "int_type" | "int_from_float":
            return f"must be a whole number, {got}; write digits without quotes"
        case "float_type" | "finite_number":
            return f"must be a number, {got}; write digits without quotes"
        case "greater_than_equal" | "less_than_equal":
            limit = f"at least {ctx['ge']:g}" if "ge" in ctx else f"at most {ctx['le']:g}"
            return f"must be {limit}, {got}; change it"
        case "greater_than":
            return f"must be more than {ctx['gt']:g}, {got}; change it"
        case "literal_error":
            return f"{_shown(value)} is not known; use one of {_expected(fault)}"
        case "union_tag_invalid":
            return f"{ctx['tag']!r} is not known; use one of {_expected(fault)}"
        case "union_tag_not_found":
            return "is missing; add one of text, message, table, picture"
        case "string_pattern_mismatch":
            if ctx.get("pattern") == r"\S":
                return "is blank; write a text"
            if name == "file":
                return f"{_shown(value)} is no name of a picture; use lower-case words, hyphens and .svg or .png"
            return f"{_shown(value)} is not a name we can use; lower-case words joined by hyphens"
        case "string_too_long":
            return f"is longer than {ctx['max_length']} characters; shorten it"
        case "too_short":
            return f"has {ctx['actual_length']} entries, fewer than {ctx['min_length']}; add some"
        case "too_long":
            return f"has {ctx['actual_length']} entries, more than {ctx['max_length']}; remove some"
        case "tuple_type":
            return f"must be a list, {got}; begin each entry with a hyphen"
        case "dict_type" | "model_type" | "model_attributes_type":
            return _group(value, ctx.get("class_name", ""), cell)
        case "date_from_datetime_parsing" | "date_parsing" | "date_type" | "date_from_datetime_inexact":
            return f"must be a date such as 2027-06-30, {got}; write year, month and day"
        case _:
            return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, {got}; mend it"


def path_of(loc: tuple[int | str, ...], data: object, *, missing: bool = False) -> tuple[Path, list[str]]:
    """Return the place in *data* that pydantic's *loc* names, and the types it names on the way.

    The last step of *loc* stands in no data when a field is *missing*.
    """
    path: list[int | str] = []
    types: list[str] = []
    for index, step in enumerate(loc):
        last = missing and index == len(loc) - 1
        kind = data.get("kind") if isinstance(data, dict) and path and isinstance(loc[index - 1], int) else None
        if step == kind and not last:  # an exhibit's kind, by which pydantic names its type
            continue
        named = step in data if isinstance(data, dict) else isinstance(data, list) and isinstance(step, int)
        if named or last:
            path.append(step)
            data = data[step] if named else None  # type: ignore[index]
        else:
            types.append(str(step))
    return tuple(path), types


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
    """Return where *data* is no *cls*, field by field, a place once; nothing when it is one."""
    try:
        cls.model_validate_json(json.dumps(data))
    except ValidationError as faults:
        found: dict[Path, str] = {}
        absent: dict[Path, str] = {}
        meant: set[Path] = set()
        for fault in faults.errors(include_url=False):
            path, types = path_of(fault["loc"], data, missing=fault["type"] == "missing")
            # A cell that is neither number nor text: the text's own fault tells more.
            number_too = bool(types) and types[-1] in ("int", "float")
            # Entries that are unsound do not count for pydantic; each has a fault of its own.
            enough = fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]
            if number_too or enough:
                continue
            if fault["type"].startswith("union_tag"):
                path = (*path, "kind")
            known = fields_at(cls, path)
            if fault["type"] == "extra_forbidden":
                meant |= {(*path[:-1], name) for name in _close(str(path[-1]), known)}
            told = absent if fault["type"] == "missing" else found
            told.setdefault(path, sentence(fault, known, cell="Text" in types))
        # A misspelt field is not missing as well.
        return [*found.items(), *((path, message) for path, message in absent.items() if path not in meant)]
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
        and (value := _sound(field.annotation, data[alias], field.metadata)) is not _NOTHING
    }
    record = cls.model_construct(**values)
    for name, field in cls.model_fields.items():
        if name not in values and (field.is_required() or (field.alias or field_name(name)) in data):
            record.__dict__.pop(name, None)
    return record


def _sound(annotation: Any, raw: Any, limits: Sequence[Any] = ()) -> Any:
    try:
        limited: Any = Annotated[annotation, *limits] if limits else annotation
        value = TypeAdapter(limited).validate_json(json.dumps(raw), strict=True)
    except ValidationError:
        pass
    else:
        return _NOTHING if isinstance(value, float) and not isfinite(value) else value
    inner = get_args(annotation)[:1] if get_origin(annotation) is tuple and isinstance(raw, list) else ()
    for cls in inner:
        if isinstance(cls, type) and issubclass(cls, BaseModel):
            # Every entry keeps its place: a fault names the place.
            return tuple(_sound(cls, item if isinstance(item, dict) else {}) for item in raw)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(raw, dict):
        return partial(annotation, raw)
    return _NOTHING
