"""Hand in from a notebook: to the desk where the environment names one, else through nbgrader's exchange."""

from __future__ import annotations

import logging
import os
import re
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


#: Where the desk is, for a notebook on the same machine or hub.
DESK = "SINGMUK_DESK"
#: What a hub gives a notebook to say whose it is.
TOKEN = "JUPYTERHUB_API_TOKEN"
#: Seconds for the desk to answer.
PATIENCE = 30.0


def desk() -> str | None:
    """Return the desk's address when the environment names one, with a slash at its end."""
    address = os.environ.get(DESK, "").strip()
    return f"{address.rstrip('/')}/" if re.match(r"https?://[^\s/]", address) else None


def submit_to_desk(address: str, assignment: str, text: str) -> dict[str, Any]:
    """Hand the file's *text* in to the desk at *address* and return its receipt; raise `HandInError`."""
    import httpx  # noqa: PLC0415  (needed at the end alone)

    headers = {"content-type": "application/json", "x-singmuk": "notebook"}
    if token := os.environ.get(TOKEN):
        headers["authorization"] = f"token {token}"
    try:
        answer = httpx.post(
            f"{address}api/assignments/{assignment}/file",
            content=text.encode("utf-8"),
            headers=headers,
            timeout=PATIENCE,
        )
        said: Any = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        raise HandInError(f"the desk does not answer ({type(fault).__name__}); try again in a moment") from fault
    if answer.status_code == httpx.codes.OK:
        found: dict[str, Any] = said["receipt"]
        return found
    error = said.get("error", answer.status_code) if isinstance(said, dict) else answer.status_code
    reasons = "; ".join(said.get("reasons") or []) if isinstance(said, dict) else ""
    raise HandInError(reasons or SAID.get(str(error), f"the desk says {error}"))


#: The desk's words for programs, as a participant reads them.
SAID = {
    "closed": "the assignment is closed",
    "signed-out": "the desk does not know you; restart your server and try again",
    "release": "the assignment was changed; get the exercise again",
    "unknown": "the desk does not have this assignment; ask your trainer",
    "full": "the desk's disk is full; tell your trainer, and try again later",
    "fast": "too many attempts; wait a minute",
    "large": "your texts are longer than the desk takes; shorten them",
    "busy": "the desk is busy; your answers are kept here, try again in a moment",
    "refused-person": "this account is not let into the course; ask your trainer",
}
