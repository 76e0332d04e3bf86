"""Rules about the server in a seat. Where seats run in containers, an image holds their settings, and none is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import SECRET_WORDS, Finished

FORMGRADER = "nbgrader.server_extensions.formgrader"
#: Settings with their own default in a seat: section, name, default.
DEFAULTS = {("ServerApp", "terminals_enabled"): True}


def of(hub: Finished, section: str, name: str) -> Any:
    """Return the setting *name* of a seat's server."""
    return hub.seat.get(section, {}).get(name, DEFAULTS.get((section, name)))


@rule("kernel-in-the-open", "error")
def kernel(hub: Finished) -> Iterator[Said]:
    """A kernel speaks over a port of the machine: any other account could listen to what somebody types."""
    if not hub.local:
        return
    for section in ("KernelManager", "AsyncKernelManager"):
        if of(hub, section, "transport_encryption") == "required" or of(hub, section, "transport") == "ipc":
            return
    advice = "set it to 'required' in the seats' jupyter_server_config.py"
    yield "KernelManager.transport_encryption", "is not required: others on the machine read along", advice


@rule("terminals", "warning")
def terminals(hub: Finished) -> Iterator[Said]:
    """The exercises need no shell; whoever has one looks around."""
    if hub.local and of(hub, "ServerApp", "terminals_enabled"):
        fact = "is on in seats"
        yield "ServerApp.terminals_enabled", fact, "set it to False in the seats' jupyter_server_config.py"


@rule("extension-manager", "warning")
def extensions(hub: Finished) -> Iterator[Said]:
    """A lab that installs extensions runs what somebody found somewhere."""
    off = hub.lab.get("@jupyterlab/extensionmanager-extension")
    if hub.local and not off and of(hub, "LabApp", "extension_manager") != "readonly":
        advice = "set it to readonly, or switch @jupyterlab/extensionmanager-extension off in page_config.json"
        yield "LabApp.extension_manager", "installs extensions in seats", advice


@rule("announcements", "warning")
def news(hub: Finished) -> Iterator[Said]:
    """The lab asks people on their first day whether to fetch news from somebody else's host."""
    off = hub.lab.get("@jupyterlab/apputils-extension:announcements")
    if hub.local and not off:
        advice = "switch @jupyterlab/apputils-extension:announcements off in the seats' labconfig/page_config.json"
        yield "labconfig/page_config.json", "lets the lab ask for news elsewhere", advice


@rule("formgrader-in-seats", "error")
def formgrader(hub: Finished) -> Iterator[Said]:
    """Nbgrader switches the formgrader on for everybody; a participant's seat is no place for it."""
    if hub.local and of(hub, "ServerApp", "jpserver_extensions") is None:
        found: Any = None
    else:
        found = (of(hub, "ServerApp", "jpserver_extensions") or {}).get(FORMGRADER)
    if hub.local and found is not False:
        advice = f"set {{'{FORMGRADER}': False}} in the seats' jupyter_server_config.json"
        yield "ServerApp.jpserver_extensions", "leaves the formgrader on in participants' seats", advice


@rule("seat-forgery", "error")
def forgery(hub: Finished) -> Iterator[Said]:
    """Without this check any page that somebody opens may run code in their seat."""
    if of(hub, "ServerApp", "disable_check_xsrf"):
        fact = "is on: any page may write into a seat"
        yield "ServerApp.disable_check_xsrf", fact, "remove it"
    for name in ("allow_origin", "allow_origin_pat"):
        if of(hub, "ServerApp", name):
            fact = f"is {of(hub, 'ServerApp', name)}: pages from elsewhere may read a seat"
            yield f"ServerApp.{name}", fact, "remove it"


@rule("seat-as-root", "error")
def as_root(hub: Finished) -> Iterator[Said]:
    """A notebook as root is the machine's."""
    if of(hub, "ServerApp", "allow_root"):
        yield "ServerApp.allow_root", "is on: a seat may run as root", "remove it"


@rule("secret-in-seats", "error")
def secrets(hub: Finished) -> Iterator[Said]:
    """Every notebook reads its environment: what is the hub's has no place there."""
    values = {value for _, value in hub.secrets()}
    for name in hub.spawner["env_keep"] or ():
        if any(word in str(name).lower() for word in SECRET_WORDS):
            yield hub.spawner.at("env_keep"), f"hands {name} to every seat", "take it from the list"
    for name, value in (hub.spawner["environment"] or {}).items():
        if value in values or any(word in str(name).lower() for word in SECRET_WORDS):
            yield hub.spawner.at("environment"), f"hands {name} to every seat", "remove it"
