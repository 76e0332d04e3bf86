"""An assignment as notebooks: what is released, what holds the key, and what is shown once it is graded.

All of it is pure: records and texts in, notebooks and texts out. `singmuk build` writes the first two,
nbgrader and `singmuk grade` write the third.
"""

from singmuk.exercise.cells import source_notebook
from singmuk.exercise.graded import graded_notebook, points_of
from singmuk.exercise.items import Node, notebook_text, release, release_text

__all__ = ["Node", "graded_notebook", "notebook_text", "points_of", "release", "release_text", "source_notebook"]
