"""Write a new scenario from the template of its kind."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from singmuk.scenario import Scenario

TEMPLATES = Path(__file__).parent / "kinds" / "templates"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class TemplateError(ValueError):
    """A scenario that cannot be written; the message says why and what to do."""


def text(kind: str, name: str) -> str:
    """Return the template of *kind* for the scenario *name*."""
    template = (TEMPLATES / f"{kind}.yml").read_text(encoding="utf-8")
    template = template.replace("\nid: new-scenario", f"\nid: {name}", 1)
    return re.sub(r"^review-by: \S+", f"review-by: {date.today() + timedelta(days=365)}", template, count=1, flags=re.M)


def write(root: Path, kind: str, name: str) -> Path:
    """Write the template of *kind* to scenarios/NAME.yml below *root* and return its path.

    Raises `TemplateError` for a name that is no id, and when the file exists already.
    """
    limit = next(meta.max_length for meta in Scenario.model_fields["id"].metadata if hasattr(meta, "max_length"))
    if not NAME.fullmatch(name) or len(name) > limit:
        raise TemplateError(
            f"{name!r} is no name for a scenario; use up to {limit} lower-case letters, digits, hyphens"
        )
    path = root / "scenarios" / f"{name}.yml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text(kind, name))
    except FileExistsError as fault:
        raise TemplateError(f"{path} exists already; choose another name, or edit it") from fault
    except OSError as fault:
        raise TemplateError(f"{path} cannot be written: {fault.strerror}; make room or mend permissions") from fault
    return path
