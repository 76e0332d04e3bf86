"""The kinds of item, one module each; a new module in this folder is a new kind."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from singmuk.scenario import Scenario


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Scenario]]:
    """Return every kind's class by the kind's name, in alphabetical order."""
    found: dict[str, type[Scenario]] = {}
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        room = import_module(f"{__name__}.{module.name}")
        found[module.name] = room.KIND
    return found
