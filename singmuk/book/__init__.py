"""The Sphinx extension that brings scenarios, the register, the glossary and figures into the book."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from singmuk import __version__, face, law, load
from singmuk.book import assignments, figure, pages, policy, practice, reference, tracks
from singmuk.book.common import COURSE, TERMS
from singmuk.policy import read as read_policy


def _read(app: Sphinx) -> None:
    """Read the course once before any page is read; stop with every fault when it has any."""
    root = Path(app.srcdir)
    course = load.course(root)
    statements, found = law.register(root)
    terms, more = law.glossary(root)
    rules, unsound = read_policy(root)
    if faults := sorted([*course.faults, *found, *more, *unsound]):
        listing = "\n".join(str(fault) for fault in faults)
        raise ExtensionError(f"the course has {len(faults)} fault(s); `singmuk check` lists them too:\n{listing}")
    setattr(app, COURSE, course)
    setattr(app, TERMS, (statements, terms))
    setattr(app, policy.READ, rules)


def _assets(app: Sphinx) -> None:
    """Write the face beside the pages: a classic script, since a module does not load from `file://`."""
    folder = Path(app.doctreedir).parent / "singmuk-assets"
    folder.mkdir(parents=True, exist_ok=True)
    own = (Path(__file__).parent / "book.css").read_text(encoding="utf-8")
    for name, text in {"singmuk.js": face.script(), "singmuk.css": face.style(), "book.css": own}.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    if str(folder) not in app.config.html_static_path:
        app.config.html_static_path.append(str(folder))
    app.add_css_file("book.css")


def _edition_of_code() -> int:
    """Return a number that changes with the code that makes pages, so that no page of an older code stays."""
    here = Path(__file__).parents[1]
    files = [path for room in ("book", "face") for path in sorted((here / room).rglob("*")) if path.is_file()]
    return zlib.crc32(b"".join(path.read_bytes() for path in files if path.suffix != ".pyc"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives, roles and page parts to *app*."""
    app.add_config_value("singmuk_course", "singmuk", "env", str)
    app.add_config_value("singmuk_editions", {}, "html", dict)
    app.connect("builder-inited", _read)
    app.connect("builder-inited", _assets)
    for room in (practice, assignments, reference, policy, figure, pages, tracks):
        room.setup(app)
    return {
        "version": __version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
        "env_version": _edition_of_code(),
    }
