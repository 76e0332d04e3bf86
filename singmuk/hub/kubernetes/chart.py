"""The chart's own schema, held against values that lie over its defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

from singmuk.faults import Fault
from singmuk.hub.kubernetes.files import Values

#: What the file is called in the chart's archive.
FILE = "values.schema.json"


class SchemaError(Exception):
    """Why the schema cannot be used: where, what, what to do."""


def read(path: Path) -> dict[str, Any]:
    """Return the chart's schema in the file *path*; raise `SchemaError`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or "hub" not in found.get("properties", {}):
            raise ValueError("has no properties.hub")
        Draft7Validator.check_schema(found)
    except OSError as fault:
        advice = f"name {FILE} of the chart, as `helm pull --untar` lays it"
        raise SchemaError(f"{path}: {fault.strerror}; {advice}") from fault
    except Exception as fault:  # a schema of any shape may be named; jsonschema has an exception for each
        said = str(fault).splitlines()[0]
        raise SchemaError(f"{path}: is not the chart's schema: {said}; name {FILE} of the chart") from fault
    return found


def relaxed(schema: Any) -> Any:
    """Return *schema* for values that lie over the chart's defaults: nothing is required that may stand there.

    Only the keyword goes; a property of that name stays.
    """
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "required" and isinstance(value, list):
            continue
        if key in ("properties", "patternProperties"):
            found[key] = {name: relaxed(one) for name, one in value.items()}
        elif key in ("anyOf", "oneOf", "allOf"):
            if kept := [relaxed(one) for one in value if set(one) - {"required"}]:
                found[key] = kept
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            found[key] = relaxed(value)
        else:
            found[key] = value
    return found


def faults(values: Values, schema: dict[str, Any]) -> Iterator[Fault]:
    """Yield where *values* are none that the chart of the *schema* takes."""
    for fault in Draft7Validator(relaxed(schema)).iter_errors(values.data):
        place = tuple(fault.absolute_path)
        if fault.validator == "additionalProperties":
            known = sorted((fault.schema or {}).get("properties", {}))
            given = fault.instance if isinstance(fault.instance, dict) else {}
            for name in (one for one in given if one not in known):
                yield values.at((*place, name), unknown(name, known))
        else:
            yield values.at(place, _sentence(fault))


def unknown(name: str, known: list[str], what: str = "the chart knows no such field") -> str:
    """Return what to do about *name*, which is none of the *known*."""
    close = get_close_matches(name, known, n=1)
    return f"{what}; did you mean {close[0]!r}?" if close else f"{what}; check the spelling and where it stands"


def _sentence(fault: ValidationError) -> str:
    got = json.dumps(fault.instance, ensure_ascii=False, default=str)
    got = got if len(got) <= 60 else got[:57] + "…"
    allowed: Any = fault.validator_value
    match fault.validator:
        case "type":
            wanted: list[str] = allowed if isinstance(allowed, list) else [allowed]
            return f"must be {' or '.join(TYPES[one] for one in wanted)}, got {got}; write it so"
        case "enum":
            return f"must be one of {', '.join(str(one) for one in allowed if one)}, got {got}; use one of these"
        case _:
            return f"{fault.message.splitlines()[0][:200]}; mend it as the chart's reference says"


TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "object": "a group of fields",
    "array": "a list",
    "null": "nothing",
}
