"""The directive `assignment`, and the list of what is in the book that the desk shows on *my course*."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from singmuk.book.common import Directive, short_language, word
from singmuk.book.practice import places

#: Which assignment stands at the end of which page.
ASSIGNMENTS = "singmuk_assignments"
CONTENTS = "singmuk.json"


class AssignmentDirective(Directive):
    """Say at the end of a module that the assignment whose id is the argument is next.

    Where the desk serves the book, the page's script makes a link of it.
    """

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the passage."""
        name = self.arguments[0]
        assignment = self.course.assignments.get(name)
        if assignment is None:
            raise self.error(f"{name!r} is no assignment; write assignments/{name}.yml or mend the id")
        found = _places(self.env)
        if others := [page for page, names in found.items() if name in names and page != self.env.docname]:
            raise self.error(f"{name!r} stands on {others[0]} already; an assignment has one page")
        found.setdefault(self.env.docname, []).append(name)
        self.depend_on(f"assignments/{name}.yml")
        title = assignment.title.model_dump()
        say = {
            key: escape(word(f"assignment-{key}", self.language, n=len(assignment.scenarios), id=name))
            for key in ("next", "size", "where")
        }
        return [
            self.html(
                f'<section class="singmuk-assignment" id="assignment-{name}" data-assignment="{name}" '
                f'data-title-en="{escape(title["en"])}" '
                f'data-title-zh="{escape(title["zh"])}" aria-label="{say["next"]}">'
                f'<p class="singmuk-assignment-next">{say["next"]}</p>'
                f'<p class="singmuk-assignment-title"><strong>{escape(title[self.language])}</strong></p>'
                f'<p class="singmuk-assignment-size">{say["size"]}</p>'
                f'<p class="singmuk-static">{say["where"]}</p></section>'
            )
        ]


def page_of(env: BuildEnvironment, name: str) -> str | None:
    """Return the page on which the assignment *name* stands, or None."""
    return next((page for page, names in _places(env).items() if name in names), None)


def _places(env: BuildEnvironment) -> dict[str, list[str]]:
    if not hasattr(env, ASSIGNMENTS):
        setattr(env, ASSIGNMENTS, {})
    found: dict[str, list[str]] = getattr(env, ASSIGNMENTS)
    return found


def _purge(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _places(env).pop(docname, None)


def _merge(_app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    _places(env).update({name: ids for name, ids in _places(other).items() if name in set(docnames)})


def _files(entry: dict[str, Any]) -> Iterator[str]:
    """Yield every page below an *entry* of the table of contents, in reading order."""
    if "file" in entry:
        yield str(entry["file"])
    for below in [*entry.get("chapters", []), *entry.get("sections", [])]:
        yield from _files(below)


def contents(app: Sphinx) -> dict[str, Any]:
    """Return the parts of the book with their pages, practice scenarios and assignments."""
    toc = yaml.safe_load(Path(app.config.external_toc_path).read_text(encoding="utf-8"))
    parts = []
    for part in toc.get("parts", []):
        files = [file for file in _files(part) if file in app.env.titles]
        pages = [
            {"doc": file, "title": app.env.titles[file].astext(), "href": app.builder.get_target_uri(file)}
            for file in files
        ]
        parts.append(
            {
                "caption": part.get("caption", ""),
                "pages": pages,
                "scenarios": [name for file in files for name in places(app.env).get(file, [])],
                "assignments": [name for file in files for name in _places(app.env).get(file, [])],
            }
        )
    return {
        "course": app.config.singmuk_course,
        "version": app.config.release or app.config.version or "1",
        "language": short_language(app.config.language),
        "parts": parts,
    }


def _write(app: Sphinx, fault: Exception | None) -> None:
    if fault is None and app.builder.name == "html":
        text = json.dumps(contents(app), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (Path(app.outdir) / CONTENTS).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Add the directive and the list to *app*."""
    app.add_directive("assignment", AssignmentDirective)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("build-finished", _write)
