"""Hand in through nbgrader's exchange, in process and without a word on stderr."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Any


class HandInError(Exception):
    """Why nothing was handed in; the message is nbgrader's or the system's."""


#: Two threads that import nbgrader at once see halves of its modules.
_importing = threading.Lock()


def _quiet() -> logging.Logger:
    logger = logging.getLogger("singmuk.handin")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


def settings(folder: Path) -> Any:
    """Return nbgrader's configuration as `nbgrader submit` finds it for the exercise in *folder*."""
    from jupyter_core.application import JupyterApp  # noqa: PLC0415  (slow, and needed at the end alone)
    from nbgrader.apps import NbGrader  # noqa: PLC0415

    app = NbGrader(log=_quiet())
    # The command is run in the folder above the assignment, and takes the settings that lie there.
    app.load_cwd_config = False
    app.load_config_file()
    super(JupyterApp, app).load_config_file("nbgrader_config", path=[str(folder.parent)])
    return app.config


def _parts(config: Any) -> tuple[Any, Any]:
    from nbgrader.auth import Authenticator  # noqa: PLC0415
    from nbgrader.coursedir import CourseDirectory  # noqa: PLC0415

    return CourseDirectory(config=config, log=_quiet()), Authenticator(config=config, log=_quiet())


def obstacle(folder: Path, assignment: str) -> str | None:
    """Return why the exercise in *folder* cannot be handed in: none, unwritable, unreleased; None when it can."""
    try:
        with _importing:
            from nbgrader.apps import NbGrader  # noqa: F401, PLC0415
            from nbgrader.exchange import ExchangeFactory  # noqa: PLC0415
        config = settings(folder)
        course, _ = _parts(config)
        root = Path(ExchangeFactory(config=config, log=_quiet()).exchange(config=config, log=_quiet()).root)
    except Exception:  # settings are code of their own; a faulty one is as good as none
        return "none"
    place = root / course.course_id
    if not course.course_id or not place.is_dir():
        return "none"
    if not all(os.access(one, os.W_OK | os.X_OK) for one in (root, place / "inbound")):
        return "unwritable"
    return None if (place / "outbound" / assignment).is_dir() else "unreleased"


def submit(folder: Path, assignment: str) -> None:
    """Hand in what lies in *folder* as *assignment*; raise `HandInError` when the exchange does not take it."""
    from nbgrader.exchange import ExchangeFactory  # noqa: PLC0415

    try:
        config = settings(folder)
        course, authenticator = _parts(config)
        course.assignment_id = assignment
        factory = ExchangeFactory(config=config, log=_quiet())

        class Submit(factory.submit):  # type: ignore[misc,name-defined]
            """The exchange's own way to submit, from the folder of this notebook whatever its name."""

            def init_src(self) -> None:
                self.src_path = str(folder)

        Submit(coursedir=course, authenticator=authenticator, parent=factory, log=_quiet()).start()
    except Exception as fault:  # an exchange may be a plug-in: whatever it raises, the participant reads a sentence
        raise HandInError(str(fault).strip() or type(fault).__name__) from fault
