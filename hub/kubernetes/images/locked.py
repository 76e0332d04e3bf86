"""Print the part of requirements.lock that an image needs: `python locked.py desk > desk.lock`.

An image is built with nothing but Python, so this file needs nothing else. pip-compile wrote beside each package
which others want it ("via"), and pyproject.toml says which ones the course wants itself.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

#: Packages that the course wants and an image does not, with what is added for it.
WITHOUT: dict[str, set[str]] = {
    "single-user": {"jupyter-book", "livereload", "psycopg", "fastapi", "uvicorn", "alembic", "prometheus-client"},
    "desk": {"jupyter-book", "livereload", "matplotlib", "ipywidgets", "anywidget"},
    "grader": {"jupyter-book", "livereload", "matplotlib"},
}
ALSO = {"single-user": ["jupyterhub"], "desk": ["jupyterhub"], "grader": ["jupyterhub"]}
#: What is put over the chart's own image, without what it wants in turn: the image has that.
OVER = {"hub": ["jupyterhub", "oauthenticator", "jupyterhub-ltiauthenticator"]}
#: What makes the package out of its source.
BUILD = "build"
IMAGES = (*WITHOUT, *OVER, BUILD)

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==\S+", re.MULTILINE)


def canonical(name: str) -> str:
    """Return *name* as every index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, str]:
    """Return each package of the text *lock* with its own lines; one may be there once for each Python."""
    starts = [(found.start(), canonical(found.group(1))) for found in _PIN.finditer(lock)]
    ends = [start for start, _ in starts[1:]] + [len(lock)]
    found: dict[str, str] = {}
    for (start, name), end in zip(starts, ends, strict=True):
        found[name] = found.get(name, "") + lock[start:end]
    return found


def wanted_by(entry: str) -> set[str]:
    """Return the packages that want the one of an *entry*, as its "via" says."""
    lines = re.findall(r"^\s+#(?: +via)? +(\S+)", entry, re.MULTILINE)
    return {canonical(re.sub(r"\[.*", "", line)) for line in lines if line != "via"}


def names(requirements: Iterable[str]) -> set[str]:
    """Return the packages that *requirements* name."""
    return {canonical(re.match(r"[A-Za-z0-9._-]+", one).group()) for one in requirements}  # type: ignore[union-attr]


def closure(roots: Iterable[str], parts: dict[str, str]) -> set[str]:
    """Return *roots* and whatever they want, of the lock's *parts*."""
    found = {canonical(root) for root in roots}
    while more := {name for name, entry in parts.items() if name not in found and wanted_by(entry) & found}:
        found |= more
    return found


def part(image: str, lock: str, project: str) -> str:
    """Return the lines of *lock* for the *image*; raise `KeyError` for what the lock does not have."""
    parts = entries(lock)
    described = tomllib.loads(project)
    if image in OVER:
        chosen = set(OVER[image])
    elif image == BUILD:
        chosen = closure(names(described["build-system"]["requires"]), parts)
    else:
        roots = names(described["project"]["dependencies"]) - WITHOUT[image]
        chosen = closure([*roots, *ALSO[image]], parts)
    return "".join(parts[name] for name in sorted(chosen))


def main() -> None:
    """Print the part for the image that the command line names."""
    image = sys.argv[1] if len(sys.argv) == 2 else ""
    if image not in IMAGES:
        sys.exit(f"locked.py: name one of {', '.join(IMAGES)}")
    try:
        text = part(image, Path("requirements.lock").read_text("utf-8"), Path("pyproject.toml").read_text("utf-8"))
    except OSError as fault:
        sys.exit(f"locked.py: {fault.filename}: {fault.strerror}; start it beside pyproject.toml")
    except KeyError as fault:
        sys.exit(f"locked.py: requirements.lock: has no {fault}; run `make lock`")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
