"""A participant's seat: the released exercises are laid into the home, then JupyterLab starts for its owner.

`python -m singmuk.hub.seat` stands where a hub would start `jupyterhub-singleuser`, and takes the same arguments.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from singmuk.hub import words

#: What a seat finds in its environment: the desk's address, and the folder of the releases.
DESK, RELEASES = "SINGMUK_DESK", "SINGMUK_RELEASES"
#: The folder in somebody's home that a seat opens, and the page in it that leads on.
FOLDER, START = "singmuk", "START.md"
#: Where the settings of every seat lie, before any other.
SETTINGS = Path(__file__).with_name("lab")
#: The public halves: an exercise's notebook and its items, and nothing else that may lie beside them.
ITEMS = "items.json"


def main() -> None:
    """Lay the exercises, and become the seat's server."""
    # What somebody writes is theirs alone, in /tmp as well, where the spawner gives everybody the same one.
    os.umask(0o077)
    folder = Path.home() / FOLDER
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
        [str(SETTINGS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    )
    try:
        folder.mkdir(exist_ok=True)
        prepare(folder, os.environ.get(RELEASES, ""))
    except OSError as fault:
        # Without room for another file, what is there can still be answered and handed in.
        _say(f"{fault.filename or folder}: {fault.strerror}; make room in the home, or mend its permissions")
    command = [sys.executable, "-m", "jupyterhub.singleuser", f"--ServerApp.root_dir={folder}", *sys.argv[1:]]
    os.execv(sys.executable, command)


def prepare(folder: Path, releases: str) -> None:
    """Lay what is in *releases* into *folder* and write the page that leads to it; raise `OSError`."""
    source = Path(releases) if releases else None
    found = dict(_released(source)) if source else {}
    if not found:
        _say(f"{RELEASES}={releases!r}: holds no exercises that this account may read; name the folder exercises/")
    places = {name: lay(folder, path) for name, path in found.items()}
    text = words.start([(title(path), places[name].name, name) for name, path in found.items()])
    _write(folder / START, text)


def _released(source: Path) -> Iterator[tuple[str, Path]]:
    """Yield each exercise in *source*: its name and its folder."""
    # What measures the course stands at its beginning and at its end.
    order = {"before": 0, "after": 2}
    for path in sorted(source.glob(f"*/{ITEMS}"), key=lambda path: (order.get(path.parent.name, 1), path)):
        name = path.parent.name
        if (path.parent / f"{name}.ipynb").is_file():
            yield name, path.parent


def lay(folder: Path, release: Path) -> Path:
    """Return where the *release* lies in *folder*, laid there if it was missing; raise `OSError`.

    What lies there is never written over: a newer release goes beside the older one, under a name with its id.
    """
    name = release.name
    for target in (folder / name, folder / f"{name}-{_release(release / ITEMS)[:8]}"):
        if (target / ITEMS).is_file() and filecmp.cmp(target / ITEMS, release / ITEMS, shallow=False):
            return target
        if not target.exists():
            _copy(release, target)
            return target
    return target  # its owner has changed the items; both are theirs to throw away


def _copy(release: Path, target: Path) -> None:
    """Copy the public halves of *release* to *target*, whole or not at all."""
    half = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        half.chmod(0o700)
        for name in (f"{release.name}.ipynb", ITEMS):
            shutil.copyfile(release / name, half / name)
        half.rename(target)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def _content(items: Path) -> dict[str, Any]:
    """Return what stands in the file *items*; empty when it is none of ours."""
    try:
        found = json.loads(items.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _release(items: Path) -> str:
    """Return the id of the release in the file *items*."""
    return str(_content(items).get("release") or "unknown")


def title(release: Path) -> dict[str, str]:
    """Return the title of the *release* in each language; its name where it has none."""
    found = _content(release / ITEMS).get("title")
    given = found if isinstance(found, dict) else {}
    return {language: str(given.get(language) or release.name) for language in words.LANGUAGES}


def _write(path: Path, text: str) -> None:
    """Write *text* to the file *path* whole or not at all, and never through a link."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
