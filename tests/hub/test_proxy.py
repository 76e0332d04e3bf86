"""The proxy and its Node.js: locked, found, fetched once; and each way in which that fails, in words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from singmuk.hub import proxy
from tests.conftest import ROOT

#: Where nothing answers: as if there were no network.
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def program(folder, name, script):
    """Put a *script* called *name* into *folder*, which then is a path to find programs by."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    return folder


def test_the_lock_pins_every_package_by_its_sum_and_names_no_registry():
    text = (ROOT / "hub" / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert packages["node_modules/configurable-http-proxy"]["version"] == "5.3.0"
    assert all(one["integrity"].startswith("sha512-") for name, one in packages.items() if name)
    assert "resolved" not in text and not any(one.get("hasInstallScript") for one in packages.values())


def test_the_proxy_is_installed_once_and_runs():
    said = []
    command = proxy.find(ROOT, ROOT / "_build" / "hub", said.append)
    again = proxy.find(ROOT, ROOT / "_build" / "hub", said.append)
    assert again == command and len(said) <= 2
    assert subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.strip() == "5.3.0"


@pytest.mark.parametrize("script", ["echo v16.20.0", "exit 1", "echo what"], ids=["old", "broken", "no version"])
def test_without_a_new_node_and_a_network_it_is_said_what_to_install(work, tmp_path, monkeypatch, script):
    folder = program(tmp_path / "bin", "node", script)
    program(folder, "npm", "exit 0")
    monkeypatch.setenv("PATH", str(folder))
    for name, value in {"INDEX_URL": NOWHERE, "EXTRA_INDEX_URL": "", "FIND_LINKS": "", "RETRIES": "0"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(proxy.ProxyError, match=r"pip install: ended with code 1; install Node\.js 18 or newer and npm"):
        proxy.find(ROOT, work, lambda _: None)


def test_without_a_network_npm_is_named_and_nothing_passes_for_installed(work, tmp_path, monkeypatch):
    if not shutil.which("npm"):
        pytest.skip("npm is not installed (Debian: apt-get install npm)")
    for name, value in {"registry": NOWHERE, "cache": str(tmp_path / "cache"), "fetch_retries": "0"}.items():
        monkeypatch.setenv(f"npm_config_{name}", value)
    for _ in range(2):
        with pytest.raises(proxy.ProxyError, match=r"npm ci: ended with code \d+; is there a network"):
            proxy.find(ROOT, work, lambda _: None)


def test_a_missing_lock_and_a_folder_that_cannot_be_written_are_named(work, tmp_path):
    with pytest.raises(proxy.ProxyError, match=r"package-lock\.json: does not exist"):
        proxy.find(tmp_path, work)
    work.write_text("no folder", encoding="utf-8")
    with pytest.raises(proxy.ProxyError, match="work: File exists; it must be writable"):
        proxy.find(ROOT, work)
