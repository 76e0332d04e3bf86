"""From what was handed in to points: intake, nbgrader's preprocessors, grading in bulk."""
