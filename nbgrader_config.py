"""What nbgrader does in this course: its folders, and our preprocessors in its lists.

With it `nbgrader autograde`, the formgrader's button and `nbgrader export` work as in any other course.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  (nbgrader gives it)

HERE = Path(__file__).resolve().parent
# Whatever a campaign leaves lies in this one folder; `make clean-state` removes it.
STATE = "state"
(HERE / STATE).mkdir(mode=0o700, exist_ok=True)  # what people answered is for nobody else on this machine
# To make a gradebook nbgrader runs `alembic`; it lies beside the interpreter, whether or not that is on the path.
TOOLS = str(Path(sys.executable).parent)
if TOOLS not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join((TOOLS, os.environ.get("PATH", os.defpath)))

c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = "singmuk"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.solution_directory = "solutions"
c.CourseDirectory.submitted_directory = Path(STATE, "submitted").as_posix()
c.CourseDirectory.autograded_directory = Path(STATE, "autograded").as_posix()
c.CourseDirectory.feedback_directory = Path(STATE, "feedback").as_posix()
c.CourseDirectory.db_url = f"sqlite:///{HERE / STATE / 'gradebook.db'}"

# Grading runs no participant's code: the release is rebuilt from the responses, the points are computed.
c.Autograde.exporter_class = "singmuk.grading.preprocessors.Unread"
c.Autograde.sanitize_preprocessors = ["singmuk.grading.preprocessors.Rebuild"]
c.Autograde.autograde_preprocessors = [
    "singmuk.grading.preprocessors.Score",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader generate_feedback` makes the page that `singmuk feedback` makes; nothing of a notebook is in it.
c.GenerateFeedback.exporter_class = "singmuk.feedback.exporter.FeedbackPage"

# What lies in source/ is copied over submissions; a forgotten file must not become everybody's responses.
c.Autograde.exclude_overwriting = {
    path.stem: ["responses.json", "items.json"] for path in sorted((HERE / "assignments").glob("*.yml"))
}

# `nbgrader generate_assignment` empties the release's folder first; items.json goes back beside the notebook.
c.GenerateAssignment.post_convert_hook = "singmuk.grading.hooks.put_items"

# Where a notebook is executed all the same (`singmuk build` makes solutions): the same bytes each time.
c.Execute.record_timing = False
c.Execute.store_widget_state = False
c.ClearSolutions.code_stub = {"python": ""}
