"""A hub's finished configuration: what every setting is in the end, whoever set it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

#: Spawners whose seats run on the hub's own machine, and those among them that hold a seat to its limits.
LOCAL = {"LocalProcessSpawner", "SystemdSpawner", "SudoSpawner"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: How a setting is named whose name may hold a secret.
SECRET_WORDS = ("secret", "token", "password", "crypt", "private_key", "api_key")


@dataclass(frozen=True)
class Part:
    """One of the hub's parts: its class, that class's ancestors, and what its settings are."""

    name: str
    kinds: tuple[str, ...]
    values: Mapping[str, Any]
    #: Names of settings that the configuration sets, and by which section.
    placed: Mapping[str, str]
    #: The most general class that has each setting.
    owners: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        """Return what the setting *name* is; None where this class has no such setting."""
        return self.values.get(name)

    def at(self, name: str) -> str:
        """Return the setting *name* as the configuration writes it."""
        return f"{self.placed.get(name, self.owners.get(name, self.name))}.{name}"


@dataclass(frozen=True)
class Finished:
    """What the hub would be started with."""

    file: str
    source: str
    hub: Part
    authenticator: Part
    spawner: Part
    proxy: Part
    #: What a seat's server and its lab read: section, setting, value; and the disabled parts of the lab.
    seat: Mapping[str, Mapping[str, Any]]
    lab: Mapping[str, bool]
    #: Names that nothing reads (section, setting, what was meant), and values that are refused.
    unknown: tuple[tuple[str, str, str], ...]
    refused: tuple[tuple[str, str], ...]
    #: The environment in which the hub would be started, and the file that gives it.
    environment: Mapping[str, str] = field(repr=False)
    environment_file: str
    versions: Mapping[str, str]
    #: Who runs the check, where its Python lies, and how many processors there are.
    root: bool
    python: str
    processors: int

    @property
    def folder(self) -> Path:
        """Return the folder that relative names are below: the configuration's."""
        return Path(self.file).resolve().parent

    @property
    def local(self) -> bool:
        """Return whether seats run on the hub's machine."""
        return bool(LOCAL & set(self.spawner.kinds))

    @property
    def accounts(self) -> bool:
        """Return whether seats run on the hub's machine, each under an account of its own."""
        kinds = set(self.spawner.kinds)
        return "SystemdSpawner" in kinds or (
            "LocalProcessSpawner" in kinds and "SimpleLocalProcessSpawner" not in kinds
        )

    @property
    def limiting(self) -> bool:
        """Return whether the spawner holds a seat to its limits."""
        return not self.local or "SystemdSpawner" in self.spawner.kinds

    @property
    def oauth(self) -> bool:
        """Return whether people sign in at somebody else's page."""
        return bool({"OAuthenticator", "LTI13Authenticator", "LTI11Authenticator"} & set(self.authenticator.kinds))

    @property
    def bind(self) -> SplitResult:
        """Return where people come in."""
        return urlsplit(str(self.hub["bind_url"]))

    @property
    def address(self) -> str:
        """Return how people reach the hub, as far as the configuration says."""
        return str(self.hub["subdomain_host"] or self.hub["public_url"] or "")

    @property
    def secure(self) -> bool:
        """Return whether people reach the hub by https."""
        return bool(self.hub["ssl_key"]) or self.address.startswith("https://")

    @property
    def services(self) -> list[dict[str, Any]]:
        """Return the hub's services."""
        return [one for one in self.hub["services"] or [] if isinstance(one, dict)]

    @property
    def roles(self) -> list[dict[str, Any]]:
        """Return the roles that the configuration defines."""
        return [one for one in self.hub["load_roles"] or [] if isinstance(one, dict)]

    @property
    def database(self) -> URL | None:
        """Return the database's address; None when it is none."""
        try:
            return make_url(str(self.hub["db_url"]))
        except (ArgumentError, ValueError):
            return None

    def path(self, name: str) -> Path:
        """Return the file *name* of the configuration."""
        return self.folder / name

    def secrets(self) -> Iterator[tuple[str, str]]:
        """Yield what is secret in the configuration: the setting and its value."""
        for part in (self.hub, self.authenticator, self.proxy):
            for name, value in part.values.items():
                secret = any(word in name for word in SECRET_WORDS) and not name.endswith(("_file", "_url", "_method"))
                if secret and isinstance(value, str) and value and name in part.placed:
                    yield part.at(name), value
        for one in self.services:
            if one.get("api_token"):
                yield f"JupyterHub.services[{one.get('name')}].api_token", str(one["api_token"])
        if self.database and self.database.password:
            yield self.hub.at("db_url"), str(self.database.password)


def is_open(host: str | None) -> bool:
    """Return whether others than this machine reach *host*; no host at all means every address."""
    return host not in LOOPBACK


def mode(path: Path) -> int | None:
    """Return the permissions of *path*; None when it is not there or may not be seen."""
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        return None


def readable(path: Path) -> bool:
    """Return whether this account may read *path*."""
    return os.access(path, os.R_OK)
