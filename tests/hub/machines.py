"""A machine laid out below a folder by its own installer, and its hub's configuration with a mistake planted."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from singmuk.cli import main
from singmuk.hub.check import Finding, check, child, reading
from singmuk.hub.machine import files as writes
from singmuk.hub.machine.places import ROOT as VARIABLE
from tests.conftest import ROOT
from tests.desk_processes import clean

INSTALL = ROOT / "hub" / "machine" / "install.sh"
#: What the organisation's sign-in would give.
GIVEN = {"OAUTH_CLIENT_ID": "course", "OAUTH_CLIENT_SECRET": "f3c1" * 10}


def install(root: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the installer below the folder *root*, without fetching programs."""
    command = [INSTALL, "--root", str(root), "--no-programs", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lay(root: Path, address: str = "https://course.example") -> Path:
    """Lay a machine at *address* below *root* with all that a deployer puts in; return its folder of settings."""
    if os.geteuid():
        pytest.skip("the installer gives files to root: run this as root, or in a container")
    root.mkdir(exist_ok=True)
    done = install(root)
    assert done.returncode == 0, done.stderr
    etc = root / "etc" / "singmuk"
    path = etc / "hub.env"
    text = path.read_text(encoding="utf-8")
    for name, value in GIVEN.items():
        text = text.replace(f"{name}=\n", f"{name}={value}\n")
    path.write_text(text, encoding="utf-8")
    path = etc / "machine.yml"
    text = path.read_text(encoding="utf-8").replace("address: https://course.example\n", f"address: {address}\n")
    path.write_text(text, encoding="utf-8")
    written = files(root)
    assert written.exit_code == 0, written.output
    return etc


def files(root: Path, *more: str) -> Result:
    """Run what writes the units' environments."""
    return run(writes.main, ["--root", str(root), *more], {})


def run(command: click.Command, arguments: list[str], environment: dict[str, str]) -> Result:
    """Run *command* in this process, whose environment is clean but for *environment*; nothing may be raised."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(clean() | environment)
    try:
        done = CliRunner().invoke(command, arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@contextmanager
def given(etc: Path, **more: str) -> Iterator[dict[str, str]]:
    """Have this process's environment be the hub's while the block runs."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(clean() | reading.environment(etc / "hub.env"), **{VARIABLE: str(etc.parents[1])} | more)
    try:
        yield dict(os.environ)
    finally:
        os.environ.clear()
        os.environ.update(before)


def findings(etc: Path, planted: str = "", **environment: str) -> list[Finding]:
    """Return what the check finds in the hub's configuration below *etc* with *planted* at its end.

    It is read in this process: a child for each of so many would take a minute. That the command reads the same
    in a child of its own is another test.
    """
    config = etc / "jupyterhub_config.py"
    source = config.read_text(encoding="utf-8")
    try:
        config.write_text(f"{source}\n{planted}\n", encoding="utf-8")
        with given(etc, **environment):
            found = child.read(config)
        return check(reading.made(config, config.read_text(encoding="utf-8"), found, etc / "hub.env"))
    finally:
        config.write_text(source, encoding="utf-8")


def command(etc: Path, *arguments: str) -> Result:
    """Run `singmuk hub check` as a deployer does."""
    return run(main, ["hub", "check", *arguments], {VARIABLE: str(etc.parents[1]), "PYTHONPATH": str(ROOT)})


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of settings of a machine that all tests of a file read."""
    return lay(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def etc(laid: Path, tmp_path: Path) -> Path:
    """Give the folder of settings of a copy of that machine, for one test to change."""
    root = tmp_path / "machine"
    shutil.copytree(laid.parents[1], root, symlinks=True)
    return root / "etc" / "singmuk"
