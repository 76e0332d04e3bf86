"""`singmuk preview` as an author uses it: save, and the page follows, faults included; Ctrl-C leaves nothing."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture
def previewed(tmp_path):
    for name in ("scenarios", "assignments", "course", "schema"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, tmp_path)
    command = [Path(sys.executable).parent / "singmuk", "preview", "--course", tmp_path, "first-hour", "--no-open"]
    process = subprocess.Popen([*command, "--port", "18790"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = next(line for line in process.stdout if "http:" in line)
    address = re.search(r"http://127\.0\.0\.1:\d+/", line)
    yield tmp_path / "scenarios" / "first-hour.yml", address, process
    if process.poll() is None:
        process.kill()


def test_a_save_is_seen_at_once_and_so_is_a_fault(previewed, watched):
    file, address, process = previewed
    page = watched().page
    for _ in range(40):
        try:
            page.goto(address.group())
            break
        except Exception:  # it says where it will be just before it is there
            page.wait_for_timeout(250)
    page.locator("article.singmuk").wait_for()
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("I pasted it. Now what?", "A changed title"), encoding="utf-8")
    page.get_by_text("A changed title").first.wait_for()
    file.write_text(text.replace("level: apply", "level: aply"), encoding="utf-8")
    page.locator(".faults").wait_for()
    assert "scenarios/first-hour.yml:8: level: 'aply' is not known" in page.locator(".faults").inner_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert "Traceback" not in process.stderr.read()
