"""A file of responses that nothing can be added to is set aside, never thrown away."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from singmuk.responses import Responses, ResponsesError, check, locked, read, write


def set_aside(path: Path, release: Mapping[str, Any]) -> Path | None:
    """Set the file *path* aside when nothing can be added to it, and return where it is now; None when it is sound.

    What still fits the *release* stays in a new file. Raises `OSError`; the file then is where it was.
    """
    with locked(path):
        found: Responses | None = None
        try:
            found = read(path)
            if found:
                check(found, release)
            return None
        except ResponsesError:
            own = found is None or (found.assignment, found.release) == (release["assignment"], release["release"])
        aside = _free(path, "damaged" if own else "older")
        path.rename(aside)
        try:
            if found and own and (fitting := _fitting(found, release)).responses:
                write(path, fitting)
        except OSError:
            aside.rename(path)
            raise
        return aside


def _free(path: Path, word: str) -> Path:
    """Return the first of `responses.WORD-1.json`, `-2` and so on that does not exist."""
    places = (path.with_name(f"{path.stem}.{word}-{number}{path.suffix}") for number in count(1))
    return next(place for place in places if not os.path.lexists(place))


def _fitting(found: Responses, release: Mapping[str, Any]) -> Responses:
    """Return *found* without what does not fit the *release*."""
    fitting = {}
    for name, given in found.responses.items():
        one = found.model_copy(update={"responses": {name: given}})
        with contextlib.suppress(ResponsesError):
            check(one, release)
            fitting[name] = given
    return found.model_copy(update={"responses": fitting})
