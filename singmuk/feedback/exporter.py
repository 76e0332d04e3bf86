"""What `nbgrader generate_feedback` and the formgrader's button make: the same page as `singmuk feedback`.

`nbgrader_config.py` puts `FeedbackPage` where nbgrader would print the graded notebook.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from nbconvert.exporters import HTMLExporter

from singmuk.feedback import run


class FeedbackPage(HTMLExporter):
    """Makes a participant's page from the gradebook; the notebook is not read."""

    def from_file(  # type: ignore[override]  # a page, as HTMLExporter makes, and no notebook
        self,
        file_stream: IO[str] | str,  # noqa: ARG002
        resources: dict[str, Any] | None = None,
        **_: Any,
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of the participant whom *resources* name; raise `GradebookError`."""
        found = dict(resources or {})
        whose = found["nbgrader"]
        found["output_extension"] = self.file_extension
        # nbgrader stands in the course's folder meanwhile.
        return run.one(Path.cwd(), whose["assignment"], whose["student"]), found
