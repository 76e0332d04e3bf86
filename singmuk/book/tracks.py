"""The directive `tracks`: for each role, which pages and assignments, how long they take, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from pydantic import Field
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

from singmuk import yaml_lines
from singmuk.book.assignments import page_of
from singmuk.book.common import Directive, untranslated, word
from singmuk.faults import dotted, field_faults
from singmuk.lang import Record, Text, Words
from singmuk.scenario import Id

FILE = "course/tracks.yml"
#: What begins so is a page; any other step is an assignment.
PAGES = "course/"
_say = logging.getLogger(__name__)


class Track(Record):
    """What people of one role read and do, in order, and why."""

    id: Id
    title: Text
    why: Text
    after: Id | None = Field(None, description="The track that comes first")
    steps: tuple[Words, ...] = Field(min_length=1, description="Pages (course/…) and ids of assignments")


class Tracks(Record):
    """The file: how long a page or an assignment takes, and the tracks."""

    minutes: dict[str, int]
    tracks: tuple[Track, ...] = Field(min_length=1)

    def length(self, track: Track) -> int:
        """Return the minutes that *track* takes by itself."""
        return sum(self.minutes[step] for step in track.steps)


class TracksError(ValueError):
    """A file that cannot be used; the message says why, a line each."""


def read(root: Path) -> Tracks:
    """Return the tracks of the course in the folder *root*; raise `TracksError` with every fault."""
    document = yaml_lines.read(root / FILE)
    faults = [f"{FILE}:{line}: {dotted(path, 'file')}: {message}" for line, path, message in document.faults]
    if not faults:
        found = field_faults(Tracks, document.data)
        faults = [f"{FILE}:{document.line(path)}: {dotted(path, 'file')}: {message}" for path, message in found]
    if faults:
        raise TracksError("\n".join(faults))
    return Tracks.model_validate_json(json.dumps(document.data))


def missing(tracks: Tracks, pages: set[str], assignments: set[str]) -> Iterator[str]:
    """Yield what the tracks name that is neither in *pages* nor in *assignments*, each with what to do."""
    known = {track.id for track in tracks.tracks}
    for track in tracks.tracks:
        if track.after is not None and track.after not in known:
            yield f"{FILE}: track {track.id!r} comes after {track.after!r}, which is no track; mend the id"
        for step in track.steps:
            if step.startswith(PAGES) and step not in pages:
                yield f"{FILE}: track {track.id!r} names the page {step!r}, which is not in _toc.yml; mend or add it"
            elif not step.startswith(PAGES) and step not in assignments:
                yield f"{FILE}: track {track.id!r} names the assignment {step!r}, which does not exist; mend the id"
            if step not in tracks.minutes:
                yield f"{FILE}: {step!r} has no minutes; add them under `minutes`"


class TracksDirective(Directive):
    """Print every track as a section: why, how long, and its steps as links."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return a section for each track; fail when a page or an assignment is not there."""
        self.depend_on(FILE)
        try:
            tracks = read(Path(self.env.srcdir))
        except TracksError as fault:
            raise self.error(str(fault)) from fault
        if found := list(missing(tracks, set(self.env.found_docs), set(self.course.assignments))):
            raise self.error("\n".join(dict.fromkeys(found)))
        return [self._section(tracks, track) for track in tracks.tracks]

    def _section(self, tracks: Tracks, track: Track) -> nodes.section:
        own = f"track-{track.id}"
        title = untranslated(nodes.title("", getattr(track.title, self.language)))
        section = nodes.section("", title, ids=[own], names=[own])
        section += untranslated(nodes.paragraph("", getattr(track.why, self.language)))
        long = word("track-minutes", self.language, n=tracks.length(track))
        first = next((one for one in tracks.tracks if one.id == track.after), None)
        if first:
            before = getattr(first.title, self.language)
            long = word("track-after", self.language, n=tracks.length(track), first=before)
        section += untranslated(nodes.paragraph("", "", nodes.strong("", long)))
        steps = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".", classes=["track-steps"])
        steps.extend(self._step(step, tracks.minutes[step]) for step in track.steps)
        section += steps
        self.set_source_info(section)
        return section

    def _step(self, step: str, minutes: int) -> nodes.list_item:
        said = untranslated(nodes.paragraph())
        if step.startswith(PAGES):
            link = addnodes.pending_xref(
                "", nodes.inline("", "", classes=["std", "std-doc"]), refdomain="std", reftype="doc",
                reftarget=f"/{step}", refexplicit=False, refwarn=True, refdoc=self.env.docname,
            )  # fmt: skip
            said += link
        else:
            title: str = getattr(self.course.assignments[step].title, self.language)
            said += nodes.Text(word("track-assignment", self.language))
            said += nodes.reference("", title, internal=True, refuri="", assignment=step)
        said += nodes.inline("", word("track-step", self.language, n=minutes), classes=["track-minutes"])
        return nodes.list_item("", said)


def _lead_to_assignments(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Have each link to an assignment lead to the page on which it stands."""
    for link in doctree.findall(nodes.reference):
        if name := link.attributes.pop("assignment", None):
            page = page_of(app.env, name)
            if page is None:
                _say.warning("%s: %r stands on no page; write {assignment} %s on one", FILE, name, name)
            elif app.builder.format == "html":
                link["refuri"] = f"{app.builder.get_relative_uri(docname, page)}#{escape(f'assignment-{name}')}"


def setup(app: Sphinx) -> None:
    """Add the directive to *app*."""
    app.add_directive("tracks", TracksDirective)
    app.connect("doctree-resolved", _lead_to_assignments)
