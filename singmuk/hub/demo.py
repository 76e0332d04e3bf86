"""A hub for demonstration and tests: made-up people, one password, this machine alone."""

from __future__ import annotations

import ctypes
import hmac
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.auth import Authenticator
from jupyterhub.spawner import SimpleLocalProcessSpawner

from singmuk.hub import stored, words
from singmuk.hub.configure import configure
from singmuk.hub.laptop import FIRST, HOMES, PASSWORD

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Linux's number of the wish to be told when one's parent is gone (prctl(2)).
PARENT_GONE = 1


class Demonstration(Authenticator):  # type: ignore[misc]
    """Lets the made-up people in with the password of this start, and nobody where others could come."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        app = self.parent
        for name in ("bind_url", "hub_bind_url"):
            host = urlsplit(str(getattr(app, name, ""))).hostname or ""
            if app is not None and host not in LOOPBACK:
                sys.exit(
                    f"JupyterHub.{name}: {host or 'every address'} lets others in, and this hub is for demonstration "
                    "and tests only; use 127.0.0.1, or hub/machine/ for a hub that others reach"
                )

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:  # noqa: ARG002
        """Return the name of whoever gave the password, None for anybody else."""
        wanted = os.environ.get(PASSWORD, "")
        good = bool(wanted) and hmac.compare_digest(data["password"].encode(), wanted.encode())
        return data["username"] if good else None


class Seat(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """A seat with a home of its own and, where root starts it, a uid of its own; it ends with the hub."""

    @property
    def _uid(self) -> int | None:
        """Return the seat's uid, None where all seats share the one that runs the hub."""
        first = os.environ.get(FIRST)
        return int(first) + int(self.user.id) if first else None

    def make_preexec_fn(self, name: str) -> Callable[[], None]:  # noqa: ARG002
        """Make the home; return what a seat does before it becomes its program."""
        home, uid = Path(os.environ[HOMES]) / str(self.user.name), self._uid
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if uid is not None:
            os.chown(home, uid, uid)
        library = ctypes.CDLL(None) if sys.platform == "linux" else None

        def before() -> None:
            if uid is not None:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
            if library is not None:
                library.prctl(PARENT_GONE, signal.SIGTERM)
            os.chdir(home)

        return before

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Return *env* with whose seat it is."""
        name = str(self.user.name)
        return env | {"USER": name, "HOME": str(Path(os.environ[HOMES]) / name), "SHELL": "/bin/sh"}


def demonstrate(c: Any) -> None:
    """Put all settings of a hub for demonstration into its configuration *c*."""
    site = stored.read(Path(os.environ[stored.VARIABLE]))
    configure(c, site)
    c.JupyterHub.authenticator_class = Demonstration
    c.JupyterHub.spawner_class = Seat
    # Here the hub ends with everything else.
    c.JupyterHub.cleanup_servers = True
    c.JupyterHub.template_vars = {
        **c.JupyterHub.template_vars,
        "singmuk_demo": words.words()["demo"],  # on every page, the one to sign in on above all
        "singmuk_people": sorted(name for names in (site.groups or {}).values() for name in names),
    }
    if not os.environ.get(FIRST):
        c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
