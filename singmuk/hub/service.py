"""What a program of ours finds when it is a hub's service: its own address, its campaign, and where the others are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from singmuk.desk import settings as configuration
from singmuk.desk.settings import Settings, SettingsError
from singmuk.gradebook import settings as gradebook
from singmuk.gradebook.settings import GradebookError
from singmuk.hub.names import Campaign, Part

#: What the hub tells a service that it starts.
BASE, URL, HUB_BASE = configuration.HUB_BASE, "JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_BASE_URL"
#: What begins so is the service's own, its token among it, and nothing for what the service starts.
SECRETS = ("JUPYTERHUB_", "JPY_", "CONFIGPROXY_")
#: By these the room is told where desk and formgrader are, when not at their usual places of this host.
PLACES: dict[Part, str] = {"desk": "SINGMUK_ROOM_DESK", "grader": "SINGMUK_ROOM_FORMGRADER"}


@dataclass(frozen=True)
class Service:
    """One service of a hub: the settings of its campaign, where it listens, and the path it answers at."""

    settings: Settings
    base: str
    host: str
    port: int
    desk: str
    grader: str

    @property
    def cookie(self) -> str:
        """Return the name of the service's cookie."""
        return self.settings.model_copy(update={"base": self.base}).cookie("hub")

    @property
    def hosts(self) -> set[str] | None:
        """Return the names by which it may be asked; None: those that the front lets through."""
        return {urlsplit(self.settings.origin).netloc} if self.settings.origin else None

    @property
    def address(self) -> str:
        """Return where a browser finds it, as far as that is known."""
        return f"{self.settings.origin or ''}{self.base}"


def read(root: Path, host: str, port: int | None, usual: int, environment: Mapping[str, str] | None = None) -> Service:
    """Return the service on the course *root*, at *port*, at the one the hub names, or at the *usual* one.

    Raises `SettingsError` with all that is wrong in the course, its settings and the environment.
    """
    environment = os.environ if environment is None else environment
    faults = []
    try:
        found = configuration.read(root, environment)
    except SettingsError as fault:
        faults.append(str(fault))
    try:
        gradebook.read(root)
    except GradebookError as fault:
        faults.append(str(fault))
    base = environment.get(BASE, "")
    if not (base.startswith("/") and base.endswith("/") and len(base) > 1):
        faults.append(f"{BASE}: must be the path that the hub gives the service, such as /services/room/")
    url = environment.get(URL, "")
    try:
        told = urlsplit(url).port
    except ValueError:
        faults.append(f"{URL}: must be a scheme, a host and a port, such as http://127.0.0.1:8510")
        told = None
    places = {part: environment.get(name, "") for part, name in PLACES.items()}
    for part, name in PLACES.items():
        if places[part] and not places[part].startswith(("/", "https://", "http://")):
            faults.append(f"{name}: must be a path such as {Campaign().prefix(part)}, or the whole address")
    if faults:
        raise SettingsError("\n".join(faults))
    campaign, top = Campaign(found.campaign or ""), environment.get(HUB_BASE, "/").rstrip("/")
    return Service(
        settings=found,
        base=base,
        host=host,
        port=port if port is not None else told or usual,
        desk=places["desk"] or f"{top}{campaign.prefix('desk')}",
        grader=places["grader"] or f"{top}{campaign.prefix('grader')}",
    )


def without_hub(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the *environment* without what is between the hub and its service."""
    return {name: value for name, value in environment.items() if not name.startswith(SECRETS)}
