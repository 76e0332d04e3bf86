"""Rules about versions: no package below what its advisories call safe. The list is advisories.yml beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import Field

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished
from singmuk.lang import Record


class Advisory(Record):
    """What is known of some versions of a package."""

    id: str = Field(min_length=1)
    what: str = Field(min_length=1)
    #: Ranges of versions, of which one is enough.
    affects: tuple[str, ...] = Field(min_length=1)
    source: str = Field(pattern=r"^https://\S+$")


class Package(Record):
    """A package, the version from which all that is known is mended, and what is known."""

    name: str = Field(min_length=1)
    safe: str = Field(min_length=1)
    advisories: tuple[Advisory, ...] = Field(min_length=1)


@cache
def known() -> tuple[Package, ...]:
    """Return the packages of advisories.yml."""
    data = yaml.safe_load(Path(__file__).with_name("advisories.yml").read_text(encoding="utf-8"))
    return tuple(Package.model_validate(one, strict=False) for one in data)


def packages() -> list[str]:
    """Return the names of the packages that an advisory names."""
    return [one.name for one in known()]


def _range(text: str) -> SpecifierSet:
    return SpecifierSet(text, prereleases=True)


@rule("advisories", "error")
def advisories(hub: Finished) -> Iterator[Said]:
    """What is published about an old version is known to everybody who looks for a way in."""
    for package in known():
        found = hub.versions.get(package.name)
        if found is None:
            continue
        try:
            version = Version(found)
        except InvalidVersion:
            continue
        told = [one for one in package.advisories if any(version in _range(affected) for affected in one.affects)]
        if told:
            said = "; ".join(f"{one.id}, {one.what} ({one.source})" for one in told)
            yield package.name, f"is {found}: {said}", f"install {package.safe} or newer"
