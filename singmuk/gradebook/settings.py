"""What nbgrader would use in a course's folder: its folders, its database, its plugin for late submissions."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from traitlets.config import Config


class GradebookError(Exception):
    """Why nothing can be graded: where, what, and what to do."""


@dataclass(frozen=True)
class Settings:
    """The settings that `nbgrader` reads in the folder *root*."""

    root: Path
    config: Config
    coursedir: CourseDirectory

    @property
    def db_url(self) -> str:
        """Return the gradebook's address; a file without a folder in it lies in the course's folder."""
        url = make_url(str(self.coursedir.db_url))
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            url = url.set(database=str(self.root / url.database))
        return url.render_as_string(hide_password=False)

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """Return the folder of a nbgrader *step*: `source`, `submitted`, `autograded`."""
        name = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(name, student, assignment))

    def late_plugin(self) -> Any:
        """Return the configured plugin that says what a late submission loses, ready to be asked."""
        preprocessor = AssignLatePenalties(config=self.config)
        preprocessor.log = _quiet()
        preprocessor.init_plugin()
        preprocessor.plugin_inst.log = _quiet()
        return preprocessor.plugin_inst


def _quiet() -> logging.Logger:
    log = logging.getLogger("singmuk.nbgrader")
    log.setLevel(logging.CRITICAL)
    log.propagate = False
    return log


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Keep what nbgrader logs in passing from the screen; what matters comes as an exception."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def read(root: Path) -> Settings:
    """Return the settings of the course in *root*, read as nbgrader reads them; raise `GradebookError`."""
    root = root.resolve()
    if not (root / "nbgrader_config.py").is_file():
        raise GradebookError(f"{root / 'nbgrader_config.py'}: does not exist; it names the gradebook, so restore it")
    app = NbGrader(raise_config_file_errors=True, log_level=logging.CRITICAL)
    try:
        with contextlib.chdir(root), hushed():
            app.initialize([], root=str(root))
        make_url(app.coursedir.db_url)
    except ArgumentError as fault:
        raise GradebookError(
            "nbgrader_config.py: c.CourseDirectory.db_url is no address; write sqlite:///… or postgresql+psycopg://…"
        ) from fault
    except Exception as fault:
        raise GradebookError(f"nbgrader_config.py: cannot be read: {fault}; mend it") from fault
    return Settings(root, app.config, app.coursedir)
