"""Seats by systemd: an account, a home, a /tmp and limits for each, and nothing of the others in sight."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path
from typing import Any

from singmuk.hub.machine.places import Places

#: Seconds for an account to be made.
PATIENCE = 30
#: What systemd holds every seat to, beside the spawner's own settings.
PROPERTIES = {
    # The machine's files are read-only, and of what is kept here a seat sees its own home alone (BindPaths, below).
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "PrivateMounts": "yes",
    "UMask": "0077",
    # Nothing of the kernel, no other kind of process, no more rights than it begins with.
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "LockPersonality": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "SystemCallErrorNumber": "EPERM",
    # Hub, desk and kernels are on this machine; an exercise needs nothing else, and leaks nowhere.
    # ZeroMQ, by which a kernel speaks, asks the machine for its addresses through AF_NETLINK.
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "IPAddressDeny": "any",
    "IPAddressAllow": "localhost",
    # A loop that forks, or a list that grows, ends itself.
    "TasksMax": "256",
    "MemorySwapMax": "0",
    # Of a seat that takes too much its kernel ends, and its owner sees it begin anew; the seat itself stays.
    "OOMPolicy": "continue",
}


def account(name: str) -> str:
    """Return the machine's account of the hub's *name*: any name has one, and it tells nobody who it is."""
    digest = hashlib.sha256(name.encode("utf-8")).digest()[:10]
    return f"seat-{base64.b32encode(digest).decode('ascii').lower()}"


def seats(c: Any, places: Places) -> None:
    """Put the spawner's settings into the hub's configuration *c*."""
    c.JupyterHub.spawner_class = "systemd"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.isolate_devices = True
    c.SystemdSpawner.disable_user_sudo = True
    c.SystemdSpawner.default_shell = "/bin/sh"
    # A number, for a name could hold what a unit's may not.
    c.SystemdSpawner.unit_name_template = "singmuk-seat-{USERID}"
    c.SystemdSpawner.slice = "singmuk-seats.slice"
    c.SystemdSpawner.unit_extra_properties = properties(places)
    c.Spawner.pre_spawn_hook = hook(places)


def properties(places: Places, home: Path | None = None) -> dict[str, str]:
    """Return what systemd is told of every seat; with a *home*, of its owner's."""
    found = PROPERTIES | {
        "TemporaryFileSystem": f"{places.state}:mode=0755",
        "InaccessiblePaths": f"-{places.etc}",
    }
    if home:
        found |= {"BindPaths": str(home), "ReadWritePaths": str(home)}
    return found


def hook(places: Places) -> Any:
    """Return what the hub calls before it starts a seat: it makes the account where there is none."""

    async def prepare(spawner: Any) -> None:
        mine = account(spawner.user.name)
        await _make(mine)
        spawner.username_template = mine
        spawner.unit_extra_properties = properties(places, places.homes / mine)

    return prepare


async def _make(mine: str) -> None:
    """Have systemd make the account *mine*: the hub's own unit may not write to /etc. Raise `RuntimeError`."""
    unit = f"singmuk-account@{mine}.service"
    process = await asyncio.create_subprocess_exec("systemctl", "start", unit)
    try:
        code = await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        process.kill()
        raise RuntimeError(f"{unit}: did not end within {PATIENCE} seconds; see `journalctl -u {unit}`") from None
    if code:
        raise RuntimeError(f"{unit}: ended with code {code}; see `journalctl -u {unit}`")
