"""A site as a file that nobody else may read: whoever starts a hub and its programs hands it on so."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import TypeAdapter

from singmuk.hub.site import Site

#: Where a hub's configuration finds the file.
VARIABLE = "SINGMUK_HUB_SITE"
_SITE = TypeAdapter(Site)


def write(path: Path, site: Site) -> None:
    """Write *site* with its secrets to the file *path*; raise `OSError`."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_SITE.dump_json(site))


def read(path: Path) -> Site:
    """Return the site in the file *path*; raise `OSError`, or `ValueError` when it is none."""
    return _SITE.validate_json(path.read_bytes())
