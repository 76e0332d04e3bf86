"""What tests of the cluster's files share: where they are, and the chart's schema, which is not ours to keep here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from singmuk.hub.kubernetes import chart
from tests.conftest import ROOT

HERE = ROOT / "hub" / "kubernetes"
VALUES = HERE / "values.yaml"
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
    names = folders or ("desk", "room", "monitoring", ".")
    paths = sorted(path for name in names for path in (HERE / name).glob("*.yaml"))
    given = [path for path in paths if path.name not in ("kustomization.yaml", "values.yaml", "groups.yaml")]
    return [one for path in given for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def pods() -> dict[str, dict[str, Any]]:
    """Return each pod's specification by the name of what makes it."""
    found = {}
    for one in manifests():
        if one["kind"] == "Deployment":
            found[one["metadata"]["name"]] = one["spec"]["template"]["spec"]
        elif one["kind"] == "Pod":
            found[one["metadata"]["name"]] = one["spec"]
    return found
