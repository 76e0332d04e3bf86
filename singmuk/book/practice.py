"""The directives `scenario` and `my-progress`: practice in a page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from singmuk import face
from singmuk.book.common import COURSE, Directive, short_language, word
from singmuk.face import static
from singmuk.load import Course

#: Which practice scenarios stand on which page, in the order of the page.
PLACES = "singmuk_places"


class ScenarioDirective(Directive):
    """Put the practice scenario whose id is the argument into the page."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the scenario as plain HTML with a folded answer, which the face brings to life."""
        name = self.arguments[0]
        scenario = self.course.scenarios.get(name)
        if scenario is None:
            raise self.error(f"{name!r} is no scenario; write scenarios/{name}.yml or mend the id")
        if scenario.graded:
            raise self.error(f"{name!r} is graded in {scenario.use!r}; a page would show its key. Use a practice one")
        found = places(self.env)
        others = [page for page, ids in found.items() if name in ids and page != self.env.docname]
        if others:
            raise self.error(f"{name!r} stands on {others[0]} already; a scenario has one page")
        found.setdefault(self.env.docname, []).append(name)
        self.depend_on(f"scenarios/{name}.yml")
        self.depend_on("course/references.bib")
        course, pictures = self.course, self.course.root / "scenarios" / "pictures"
        halves = face.halves(scenario, course.root, course.sources, practice=True)
        plain = static.page(scenario, self.language, course.sources, pictures)
        return [
            self.html(
                f'<div class="singmuk-scenario" data-id="{name}" id="scenario-{name}">{plain}'
                f'<script type="application/json">{face.inline_json(halves)}</script></div>'
            )
        ]


class ProgressDirective(Directive):
    """Show on one page which practice scenarios were answered in this browser, and clear it."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the place that the face fills in."""
        self.env.metadata[self.env.docname]["singmuk-progress"] = "yes"
        note = escape(word("progress-js", self.language))
        return [self.html(f'<div class="singmuk-progress"><p class="singmuk-static">{note}</p></div>')]


def places(env: BuildEnvironment) -> dict[str, list[str]]:
    """Return which practice scenarios stand on which page, in the order of the page."""
    if not hasattr(env, PLACES):
        setattr(env, PLACES, {})
    found: dict[str, list[str]] = getattr(env, PLACES)
    return found


def _purge(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    places(env).pop(docname, None)


def _merge(_app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    places(env).update({name: ids for name, ids in places(other).items() if name in set(docnames)})


def _reading_order(env: BuildEnvironment, docname: str, seen: list[str]) -> list[str]:
    if docname not in seen:
        seen.append(docname)
        for below in env.toctree_includes.get(docname, []):
            _reading_order(env, below, seen)
    return seen


def _chapter(env: BuildEnvironment, docname: str) -> str:
    title = env.titles.get(docname)
    return title.astext() if title else docname


def page_data(app: Sphinx, pagename: str) -> dict[str, Any] | None:
    """Return what the face needs to know on the page, or None where nothing of it stands."""
    env = app.env
    known = places(env)
    progress = "singmuk-progress" in env.metadata.get(pagename, {})
    if pagename not in known and not progress:
        return None
    course: Course = getattr(app, COURSE)
    language = short_language(app.config.language)
    listed = [
        {
            "id": name,
            "title": course.scenarios[name].title.model_dump(),
            "module": _chapter(env, page),
            "href": f"{app.builder.get_relative_uri(pagename, page)}#scenario-{name}",
        }
        for page in _reading_order(env, app.config.root_doc, [])
        for name in known.get(page, [])
    ]
    return {
        "course": app.config.singmuk_course,
        "version": app.config.release or app.config.version or "1",
        "language": language,
        "doc": pagename,
        "scenarios": listed if progress else None,
    }


def _data(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    data = page_data(app, pagename)
    if data is not None:
        script = f'<script type="application/json" id="singmuk-page">{face.inline_json(data)}</script>'
        # Here and not in the head: the scenarios come to life before the theme's scripts have loaded.
        address = context["pathto"]("_static/singmuk.js", 1)
        context["body"] = f'{context.get("body", "")}{script}<script src="{address}"></script>'
        preload = f'<link rel="preload" as="script" href="{address}">'
        context["metatags"] = f"{context.get('metatags', '')}\n{preload}\n"
        app.add_css_file("singmuk.css")


def setup(app: Sphinx) -> None:
    """Add the directives and the data of each page to *app*."""
    app.add_directive("scenario", ScenarioDirective)
    app.add_directive("my-progress", ProgressDirective)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("html-page-context", _data)
