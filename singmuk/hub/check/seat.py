"""What the server in a seat would read: its files of settings in order, and the words after its command."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from traitlets.config.loader import Config, JSONFileConfigLoader, PyFileConfigLoader

NAME = "jupyter_server_config"
#: The program of our own seats, which puts its folder of settings before all others.
OURS = "singmuk.hub.seat"
ARGUMENT = re.compile(r"--([A-Z]\w+)\.(\w+)=(.*)", re.DOTALL)


def folders(command: Sequence[str], environment: Mapping[str, Any]) -> list[Path]:
    """Return the folders of settings of a seat started by *command*, the strongest first.

    What its owner may put into the home comes before them, and is none of the deployer's: `disable_user_config`.
    """
    found = []
    if OURS in command:
        found.append(Path(__file__).resolve().parents[1] / "lab")
    path = environment.get("JUPYTER_CONFIG_PATH", "")
    found += [Path(one) for one in str(path).split(os.pathsep) if one]
    if command and Path(command[0]).is_absolute():
        found.append(Path(command[0]).parent.parent / "etc" / "jupyter")
    return [*found, Path("/usr/local/etc/jupyter"), Path("/etc/jupyter")]


def settings(
    command: Sequence[str], arguments: Sequence[str], environment: Mapping[str, Any]
) -> tuple[Config, dict[str, bool]]:
    """Return what the server of a seat reads, and which parts of the lab are switched off."""
    config, lab = Config(), dict[str, bool]()
    for folder in reversed(folders(command, environment)):
        for file in sorted((folder / f"{NAME}.d").glob("*.json")):
            config.merge(_read(file))
        for suffix in (".py", ".json"):
            config.merge(_read(folder / f"{NAME}{suffix}"))
        lab |= _disabled(folder / "labconfig" / "page_config.json")
    for argument in [*command, *arguments]:
        if found := ARGUMENT.fullmatch(argument):
            section, name, text = found.groups()
            config[section][name] = _value(text)
    return config, lab


def _read(file: Path) -> Config:
    """Return what *file* says; a server that cannot read it goes on without it, and so does this."""
    if not file.is_file():
        return Config()
    loader = JSONFileConfigLoader if file.suffix == ".json" else PyFileConfigLoader
    try:
        found: Config = loader(file.name, path=str(file.parent)).load_config()
    except Exception:
        return Config()
    return found


def _disabled(file: Path) -> dict[str, bool]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["disabledExtensions"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(name): bool(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _value(text: str) -> Any:
    """Return the word *text* of a command as the value it stands for."""
    if text in ("True", "False"):
        return text == "True"
    return int(text) if text.isdecimal() else text
