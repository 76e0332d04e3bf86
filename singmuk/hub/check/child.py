"""Read a hub's configuration the way the hub does, and say what every setting is: `python -m … FILE OUTPUT`.

A process of its own, for a configuration is a program: it may print, stop or never end.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from copy import deepcopy
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any

from traitlets import HasTraits, TraitError
from traitlets.config import Config, Configurable
from traitlets.config.loader import JSONFileConfigLoader, LazyConfigValue, PyFileConfigLoader

from singmuk.hub.check import seat, versions

#: Sections that the server in a seat reads and the hub does not.
SEATS = ("ServerApp", "NotebookApp", "LabApp", "KernelManager", "MappingKernelManager", "SingleUserServerApp")
#: Renamed long ago; the hub still reads it.
OLD = {"JupyterHubApp": "JupyterHub"}


def load(file: Path) -> Config:
    """Return what the configuration *file* says; raise whatever it raises."""
    loader: Any = JSONFileConfigLoader if file.suffix == ".json" else PyFileConfigLoader
    config: Config = deepcopy(loader(file.name, path=str(file.resolve().parent)).load_config())
    for old, new in OLD.items():
        if old in config:
            config[new].merge(config.pop(old))
    return config


def read(file: Path) -> dict[str, Any]:
    """Return the finished configuration of *file* as plain data."""
    config = load(file)  # first: what is broken is told at once
    from jupyterhub.app import JupyterHub  # noqa: PLC0415  (takes seconds)

    refused: list[tuple[str, str]] = []
    hub = filled(JupyterHub, config, refused)
    parts = {"hub": hub}
    for name in ("authenticator", "spawner", "proxy"):
        try:
            parts[name] = filled(getattr(hub, f"{name}_class"), config, refused)
        except Exception as fault:  # a class that is not installed, or cannot be imported
            refused.append((f"JupyterHub.{name}_class", str(fault)))
            parts[name] = filled(JupyterHub.class_traits()[f"{name}_class"].klass, config, refused)
    values = {name: part(found, config) for name, found in parts.items()}
    spawner = values["spawner"]["values"]
    server, lab = seat.settings(spawner.get("cmd") or [], spawner.get("args") or [], spawner.get("environment") or {})
    return values | {
        "unknown": list(unknown(config, [type(one) for one in parts.values()])),
        "refused": refused,
        "seat": plain(server),
        "lab": lab,
        "environment": dict(os.environ),
        "versions": installed(),
        "root": os.geteuid() == 0,
        "python": sys.prefix,
        "processors": os.cpu_count() or 1,
    }


def filled(cls: type[HasTraits], config: Config, refused: list[tuple[str, str]]) -> Any:
    """Return a *cls* with the settings of *config*, not begun: nothing is opened, asked or started.

    A value that it does not take goes to *refused*, and the default stands.
    """
    found = cls.__new__(cls)
    traits = found.traits(config=True)
    given = {name: (section, value) for section, name, value in placed(cls, config) if name in traits}
    with contextlib.suppress(Exception):
        with found.hold_trait_notifications():
            for name, (_, value) in given.items():
                setattr(found, name, settled(found, name, value))
        return found
    found = cls.__new__(cls)
    for name, (section, value) in given.items():
        try:
            setattr(found, name, settled(found, name, value))
        except (TraitError, ValueError, TypeError) as fault:
            refused.append((f"{section}.{name}", str(fault).splitlines()[0]))
        except Exception as fault:  # an observer that needs a hub that runs
            del fault
    return found


def settled(found: HasTraits, name: str, value: Any) -> Any:
    """Return *value*, an addition to the default worked out."""
    return deepcopy(value.get_value(getattr(found, name)) if isinstance(value, LazyConfigValue) else value)


def placed(cls: type[HasTraits], config: Config) -> Iterator[tuple[str, str, Any]]:
    """Yield what *config* sets for *cls*, from the general section to the special one, which wins."""
    for parent in reversed(cls.mro()):
        if issubclass(parent, Configurable) and parent.__name__ in config:
            for name, value in config[parent.__name__].items():
                if not isinstance(value, Config):
                    yield parent.__name__, name, value


def part(found: Any, config: Config) -> dict[str, Any]:
    """Return the class of *found*, its ancestors and every setting."""
    values = {}
    for name in found.traits(config=True):
        try:
            values[name] = plain(getattr(found, name))
        except Exception:  # a default that only a hub that runs can work out
            values[name] = None
    kinds = [one for one in type(found).mro() if issubclass(one, Configurable)]
    return {
        "name": type(found).__name__,
        "kinds": [one.__name__ for one in kinds],
        "values": values,
        # The most general class that has the setting: so people write it.
        "owners": {name: one.__name__ for one in kinds for name in one.class_traits(config=True)},
        "placed": {name: section for section, name, _ in placed(type(found), config)},
    }


def unknown(config: Config, chosen: list[type[HasTraits]]) -> Iterator[tuple[str, str, str]]:
    """Yield the names in *config* that nothing reads: section, setting, and what was probably meant."""
    classes: dict[str, list[Any]] = {}
    for cls in _below(Configurable):
        classes.setdefault(cls.__name__, []).append(cls)
    for section in config:
        # A library of the seats' may have been loaded all the same.
        named = None if section in SEATS else classes.get(section)
        if named is None:
            meant = "a seat" if section in SEATS else next(iter(get_close_matches(section, classes, n=1)), "")
            yield section, "", meant
            continue
        # A setting of a special class may stand in the section of its general one.
        family = [*named, *(one for one in chosen if any(issubclass(one, cls) for cls in named))]
        names = {name for one in family for name in one.class_traits(config=True)}
        for name, value in config[section].items():
            if name not in names and not isinstance(value, Config):
                yield section, name, next(iter(get_close_matches(name, names, n=1)), "")


def _below(cls: type) -> set[Any]:
    found: set[Any] = {cls}
    below: list[Any] = cls.__subclasses__()
    return found.union(*map(_below, below))


def plain(value: Any) -> Any:  # noqa: PLR0911  (one line for each kind of value reads best)
    """Return *value* as JSON can say it; a function by its name."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Path):
        return str(value)
    return f"<{getattr(value, '__name__', type(value).__name__)}>"


def installed() -> dict[str, str]:
    """Return the versions of those packages that an advisory names."""
    found = {}
    for name in versions.packages():
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def main() -> None:
    """Write what is found, or the fault, to the file named second."""
    file, output = Path(sys.argv[1]), Path(sys.argv[2])
    answer: dict[str, Any]
    try:
        answer = {"found": read(file)}
    except SystemExit as fault:
        said = f":\n{fault.code}" if isinstance(fault.code, str) else f" (exit code {fault.code})"
        answer = {"fault": [0, f"ends the program{said}"]}
    except BaseException as fault:
        answer = {"fault": list(where(fault, file))}
    output.write_text(json.dumps(answer), encoding="utf-8")


def where(fault: BaseException, file: Path) -> tuple[int, str]:
    """Return the line of *file* in which the *fault* arose, 0 when in none, and what it is."""
    if isinstance(fault, SyntaxError):
        return fault.lineno or 0, f"is not Python: {fault.msg}"
    line, trace = 0, fault.__traceback__
    while trace:
        if Path(trace.tb_frame.f_code.co_filename).resolve() == file.resolve():
            line = trace.tb_lineno
        trace = trace.tb_next
    said = " ".join(str(fault).split())
    return line, f"stops with {type(fault).__name__}{': ' if said else ''}{said}"


if __name__ == "__main__":
    main()
