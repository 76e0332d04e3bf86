"""What the desk may show: the released halves of assignments. It reads exercises/, and never scenarios/."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from singmuk import responses
from singmuk.desk.settings import SettingsError
from singmuk.page import MARK
from singmuk.receipt import state

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: Fields of a release that a page gets; what is not named here stays on the desk.
PUBLIC = ("assignment", "release", "title", "introduction", "points")


@dataclass(frozen=True)
class Release:
    """One assignment as it was released, and what is often asked of it."""

    content: Mapping[str, Any]
    items: Mapping[str, Mapping[str, Any]]

    @property
    def name(self) -> str:
        """Return the assignment's id."""
        return str(self.content["assignment"])

    @property
    def id(self) -> str:
        """Return the release's id: other texts, another id."""
        return str(self.content["release"])

    def public(self) -> dict[str, Any]:
        """Return what a page shows of it: fields are listed, never removed."""
        return {
            **{name: self.content[name] for name in PUBLIC},
            "pass_mark": {name: self.content["pass_mark"][name] for name in MARK if name in self.content["pass_mark"]},
            "items": [{"points": place["points"], "item": place["item"]} for place in self.content["items"]],
        }

    def whole(self, given: Mapping[str, Any]) -> int:
        """Return how many items *given* (responses by item) answers wholly."""
        return sum(state(item, given.get(name)) == "whole" for name, item in self.items.items())

    def fitting(self, item: str, response: Any) -> bool:
        """Return whether *response* is one that the *item* takes."""
        try:
            return item in self.items and responses.accept(self.items[item], response) is not None
        except ValueError:
            return False


class Releases:
    """The releases in a folder, read again when one changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[tuple[int, int], Release]] = {}
        faults = []
        for path in self._files():
            try:
                self._load(path)
            except (OSError, ValueError, KeyError, TypeError) as fault:
                faults.append(f"{path}:1: release: cannot be read ({fault!r}); run `singmuk build`")
        if not folder.is_dir():
            faults.append(f"{folder}:1: releases: is no folder; run `singmuk build`, or set `releases`")
        if faults:
            raise SettingsError("\n".join(faults))

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*/items.json"))

    def _load(self, path: Path) -> Release:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        known = self._read.get(path.parent.name)
        if known and known[0] == stamp:
            return known[1]
        content = json.loads(path.read_text(encoding="utf-8"))
        items = {place["item"]["id"]: place["item"] for place in content["items"]}
        release = Release(content, items)
        if release.name != path.parent.name:
            raise ValueError(f"is the release of {release.name}")
        release.public()
        self._read[path.parent.name] = (stamp, release)
        return release

    def names(self) -> list[str]:
        """Return the assignments that are there, in the order of their names."""
        return [path.parent.name for path in self._files()]

    def all(self) -> list[Release]:
        """Return the releases that can be read, in the order of their names."""
        return [release for release in map(self.get, self.names()) if release is not None]

    def get(self, name: str) -> Release | None:
        """Return the release of the assignment *name*, None when there is none.

        While a build replaces it, the one before is given.
        """
        known = self._read.get(name)
        if not _NAME.fullmatch(name):
            return None
        try:
            return self._load(self._folder / name / "items.json")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return known[1] if known else None
