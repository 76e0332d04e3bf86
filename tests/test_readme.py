"""What the README tells a newcomer to type works, and what it shows exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def test_it_opens_with_what_it_is_a_picture_and_the_two_commands():
    head = README.split("\n## ")[0]
    assert head.index("course kit") < head.index("](pictures/practice.png)") < head.index("make start")
    assert (ROOT / "pictures" / "practice.png").stat().st_size > 50_000
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("line", [line for block in BLOCKS for line in block.splitlines() if line.startswith("make ")])
def test_each_word_of_make_is_a_target(line):
    target = line.split()[1]
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", [block for block in BLOCKS if "singmuk " in block])
def test_the_commands_of_a_block_run_one_after_the_other(tmp_path, block):
    for name in ("scenarios", "assignments", "course", "schema"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, tmp_path)
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = f"set -e\n{block}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": search},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_each_link_leads_to_a_file(name):
    assert (ROOT / name).exists()


@pytest.mark.parametrize("name", ["face", "grading", "desk"])
def test_the_figures_are_those_that_were_measured(name):
    table = (ROOT / "benchmarks" / "results" / f"{name}.md").read_text(encoding="utf-8").split("\n\n")[0]
    assert table.strip() in README
