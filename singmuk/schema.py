"""JSON Schemas of what authors write, so that an editor completes and checks while one types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from singmuk.assignment import Assignment
from singmuk.kinds import kinds
from singmuk.lang import Record
from singmuk.policy.record import Policy


def schemas() -> dict[str, str]:
    """Return the text of each file of schema/ by its name: one for each kind, the assignment's and the policy's."""
    classes: dict[str, type[Record]] = {**kinds(), "assignment": Assignment, "policy": Policy}
    return {f"{name}.json": _text(name, cls) for name, cls in classes.items()}


def _text(name: str, cls: type[Record]) -> str:
    schema: dict[str, Any] = cls.model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{name}.json", **schema}
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def first_line(kind: str) -> str:
    """Return the comment by which an editor finds the schema of *kind*."""
    return f"# yaml-language-server: $schema=../schema/{kind}.json"


def stale(root: Path) -> list[str]:
    """Return the files of schema/ that are not what the records say, missing and foreign ones included."""
    folder, wanted = root / "schema", schemas()
    present = {path.name for path in folder.glob("*.json")}
    unlike = [
        name
        for name, text in wanted.items()
        if name not in present or (folder / name).read_text(encoding="utf-8") != text
    ]
    return sorted(unlike + list(present - set(wanted)))


def write(root: Path) -> list[str]:
    """Bring schema/ up to date; return the names of the files that changed."""
    changed, wanted = stale(root), schemas()
    (root / "schema").mkdir(exist_ok=True)
    for name in changed:
        if name in wanted:
            (root / "schema" / name).write_text(wanted[name], encoding="utf-8")
        else:
            (root / "schema" / name).unlink()
    return changed
