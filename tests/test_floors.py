"""The package is a house of four floors: a module imports from its own floor or one below."""

from __future__ import annotations

import ast

import pytest

from singmuk.kinds import kinds
from tests.conftest import ROOT

PACKAGE = ROOT / "singmuk"

#: What stands on which floor; a new module is added here, where it can be seen.
FLOORS = [
    {  # model: files, read only
        *("assignment", "cite", "codes", "coverage", "faults", "kinds", "lang", "law", "lint", "load", "markdown"),
        *("policy", "scenario", "schema", "template", "yaml_lines"),
    },
    {  # activity: what a participant does, in Jupyter and on pages
        *("book", "damage", "exercise", "face", "finish", "grading", "handin", "notebook", "page", "receipt"),
        *("responses", "scoring", "sitting", "solution", "widget"),
    },
    {"campaign", "feedback", "gradebook", "report"},  # campaign: numbers without names
    {  # shell: a few lines over all of it
        *("build", "cli", "commands", "desk", "hub", "preview", "publish", "serving", "trainer", "translations"),
    },
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}

#: Files that may be longer than 300 lines, with the reason.
LONG: dict[str, str] = {}


def sources():
    """Return every Python file of the package by its path below it."""
    return {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(path):
    """Return the module or folder of the package in which the file *path* stands."""
    return path.split("/")[0].removesuffix(".py")


def imports(path):
    """Return the full names of what the file *path* of the package imports from the package, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(sources()[path].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"singmuk/{path}:{node.lineno}: name the module in full; no import is relative"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name.removeprefix("singmuk.") for name in found if name.startswith("singmuk.")}


def test_no_module_stands_on_two_floors():
    assert sum(len(names) for names in FLOORS) == len(FLOOR)


@pytest.mark.parametrize("path", [path for path in sources() if path != "__init__.py"])
def test_every_module_has_a_floor_and_imports_point_down(path):
    assert room(path) in FLOOR, f"singmuk/{path}: say in FLOORS on which floor {room(path)!r} stands"
    for name in sorted(imports(path)):
        below = FLOOR.get(name.split(".")[0], 0)  # what is no module stands in singmuk/__init__.py, under all
        assert below <= FLOOR[room(path)], f"singmuk/{path} imports {name}, which stands higher; move one of them"


def test_the_ground_imports_nothing_of_the_package():
    assert imports("__init__.py") == set()
    assert imports("lang.py") == set()


@pytest.mark.parametrize("kind", list(kinds()))
def test_a_kind_knows_no_other_kind(kind):
    assert not [name for name in imports(f"kinds/{kind}.py") if name.startswith("kinds")]


def test_a_kind_has_a_template_and_a_face():
    for folder, suffix in ((PACKAGE / "kinds" / "templates", "yml"), (PACKAGE / "face" / "kinds", "js")):
        assert {path.stem for path in folder.glob(f"*.{suffix}")} == set(kinds())


@pytest.mark.parametrize("folder", ["singmuk", "tests"])
def test_no_file_passes_300_lines(folder):
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for suffix in ("py", "js", "css")
        for path in (ROOT / folder).rglob(f"*.{suffix}")
        if "__pycache__" not in path.parts and "node_modules" not in path.parts
    }
    assert {name: length for name, length in lengths.items() if length > 300 and name not in LONG} == {}
    assert [name for name in LONG if name.startswith(folder) and lengths.get(name, 0) <= 300] == []
