"""What nbgrader runs in the place of a participant's notebook: the release, filled in from the responses.

`nbgrader_config.py` puts `Unread` where nbgrader would read a submission, `Rebuild` where it would clean and
`Score` where it would execute it. No kernel starts, and nothing of the submitted notebook is run, shown or kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from singmuk import exercise, responses
from singmuk.grading.materials import Materials, materials, submitted, taken
from singmuk.responses import Responses

Resources = dict[str, Any]


class Unread(NotebookExporter):
    """Hands nbgrader's preprocessors an empty notebook: a submitted one may be anything, a gigabyte included."""

    def from_file(self, file_stream: Any, resources: Resources | None = None, **options: Any) -> Any:  # noqa: ARG002
        """Return what the preprocessors make of nothing; the file is not read."""
        nothing = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        return self.from_notebook_node(nothing, resources=resources, **options)  # type: ignore[no-untyped-call]


class _Filled(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Replaces a submission's notebook by the release's, filled in."""

    scored = False

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:  # noqa: ARG002
        """Return the graded notebook; the submitted one is not looked at."""
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        coursedir = self._coursedir()
        known = materials(
            Path(coursedir.root), name, source=coursedir.source_directory, released=coursedir.release_directory
        )
        folder = Path(coursedir.format_path(coursedir.submitted_directory, student, name))
        found, reason = taken(submitted(folder / responses.NAME), known.release)
        if reason:
            self.log.warning("%s: %s/%s", student, name, reason)
        graded = exercise.graded_notebook(
            known.template, known.scenarios, found, sources=known.sources, reason=reason, scored=self.scored
        )
        self._note(known, found, resources["nbgrader"])
        return nbformat.from_dict(graded), resources  # type: ignore[no-untyped-call]

    def _coursedir(self) -> CourseDirectory:
        place = self
        while not hasattr(place, "coursedir"):
            place = place.parent
        return place.coursedir

    def _note(self, known: Materials, found: Responses | None, submission: dict[str, str]) -> None:
        """Do what is to be done beside the notebook."""


class Rebuild(_Filled):
    """Puts the release's notebook in the place of the submitted one, with what was given as plain text."""


class Score(_Filled):
    """Puts the points of each automatic cell into it, and what is best and why beside what was given.

    nbgrader reads the points from the cells. A written task it leaves alone: a blank one is worth 0 and done,
    any other waits for a trainer, and points that a trainer gave stay.
    """

    scored = True

    def _note(self, known: Materials, found: Responses | None, submission: dict[str, str]) -> None:
        points = exercise.points_of(known.template, known.scenarios, found)
        tasks = [name for name in points if not known.scenarios[name].automatic]
        if not tasks:
            return
        with Gradebook(submission["db_url"]) as gradebook:
            for name in tasks:
                grade = gradebook.find_grade(
                    name, submission["notebook"], submission["assignment"], submission["student"]
                )
                grade.auto_score = points[name]
                # The rule by which nbgrader treats a cell that is marked by hand.
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            gradebook.db.commit()
