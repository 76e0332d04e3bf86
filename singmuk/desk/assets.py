"""The desk's own files: scripts, a style sheet, a picture; each under an address that changes with its content."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from singmuk.face import desk as face
from singmuk.face import reading_script

LOGO = Path(face.__file__).parent / "logo.svg"


@lru_cache(maxsize=1)
def assets() -> dict[str, tuple[str, str]]:
    """Return the desk's own files by name: what is in them, and what they are."""
    return {
        "desk.js": (face.assignment_script(), "text/javascript"),
        "my.js": (face.my_script(), "text/javascript"),
        "reading.js": (reading_script(), "text/javascript"),
        "desk.css": (face.style(), "text/css"),
        "logo.svg": (LOGO.read_text(encoding="utf-8"), "image/svg+xml"),
    }


def asset(base: str, file: str) -> str:
    """Return the address below *base* of one of the desk's own files, another one when its content is another."""
    mark = hashlib.sha256(assets()[file][0].encode("utf-8")).hexdigest()[:12]
    return f"{base}static/{file}?v={mark}"
