"""What a container of the cluster would have, on this machine: a closed root, a uid without rights, its environment.

There is no engine for containers here. The kernel's own parts of one are: a mount namespace in which everything is
read-only but /tmp, a uid that owns nothing, no capabilities, and no module that the image would not have.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import setuptools

from tests import bare_hub
from tests.conftest import ROOT
from tests.hub import view
from tests.hub.kube import HERE, pods

IMAGES = HERE / "images"
#: Where the course is in the container; empty on this machine, and hidden by nothing.
COURSE = "/mnt"
WALLS = """\
set -e
mount --bind "$1" /mnt
mount -o remount,bind,ro /mnt
if [ "$2" ]; then mount --bind "$2" /mnt/state; fi
mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp
mount -o remount,bind,ro /
shift 2
cd /mnt
exec setpriv --reuid=10001 --regid=10001 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs env -i "$@"
"""
#: What has only the packages that the image has.
ONLY = """\
import json, sys
absent = set(json.loads({absent!r}))
class Only:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in absent else self.finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self.finder, name)
sys.meta_path[:] = [Only(finder) for finder in sys.meta_path]
"""
#: What runs then.
COURSES = "from singmuk.cli import main; main()"
HUBS = "import runpy; runpy.run_module('jupyterhub', run_name='__main__', alter_sys=True)"


def locked() -> ModuleType:
    """Return the program that chooses an image's packages."""
    spec = importlib.util.spec_from_file_location("locked", IMAGES / "locked.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packages(image: str) -> set[str]:
    """Return the packages that the *image* has, as its Dockerfile would install them."""
    program = locked()
    lock, project = ((ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "pyproject.toml"))
    return set(program.entries(program.part(image, lock, project)))


def available(image: str) -> set[str]:
    """Return the packages that programs find in the *image*, as far as that is known.

    What lies over the chart's own image wants more; its build stops where the chart's has that not (`pip check`).
    """
    program, chosen = locked(), packages(image)
    lock = program.entries((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    return program.closure(chosen, lock) if image in program.OVER else chosen


def absent(image: str) -> list[str]:
    """Return the modules that are here and not in the *image*."""
    there, canonical = available(image) | {"singmuk", "pip", "setuptools"}, locked().canonical
    found = packages_distributions()
    # setuptools carries some within itself, under their own names.
    carried = {path.stem for path in (Path(setuptools.__file__).parent / "_vendor").iterdir()}
    return sorted(
        name for name, owners in found.items() if not {canonical(one) for one in owners} & there and name not in carried
    )


def only(image: str, then: str = COURSES) -> list[str]:
    """Return what runs *then* with a Python that has the *image*'s packages alone."""
    return [view.PYTHON, "-c", ONLY.format(absent=json.dumps(absent(image))) + then]


def environment(
    name: str, container: int, secrets: dict[str, str], given: list[dict[str, Any]] | None = None, **changed: str
) -> dict[str, str]:
    """Return what the *container* of the pod *name* finds, with the *secrets* by variable, and what is *changed*.

    The pod is of the manifests *given*, or of the first campaign's.
    """
    told: dict[str, Any] = pods(given)[name]["containers"][container]
    image = "desk" if name.startswith("desk") else "grader"
    found = dict(re.findall(r"(\w+)=(\S+)", _env(f"{image}.Dockerfile")))
    found.pop("PATH")
    for one in told["env"]:
        found[one["name"]] = one["value"] if "value" in one else secrets[one["name"]]
    assert set(changed) <= set(found), "only what the manifest sets may be other here"
    return found | changed


def _env(file: str) -> str:
    lines = (IMAGES / file).read_text(encoding="utf-8").splitlines()
    return " ".join(line for line in lines if line.startswith("ENV "))


@contextlib.contextmanager
def running(
    image: str, course: Path, arguments: list[str], found: dict[str, str], log: Path, state: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the *arguments* of `singmuk` as a container of the *image* would, on *course*, with a volume for *state*."""
    whole = [*only(image), *arguments]
    stage = log.with_suffix(".stage")
    stage.mkdir()
    outside = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    given = [f"{name}={value}" for name, value in (outside | found).items()]
    with log.open("ab") as said:
        process = subprocess.Popen(
            view.command(["sh", "-c", WALLS, "walls", str(course), str(state or ""), *given, *whole], stage),
            cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    try:
        yield process
    finally:
        bare_hub.end(process)
