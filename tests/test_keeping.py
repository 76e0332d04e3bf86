"""The disk at its worst: full, read-only, several writers at once, and a process that dies while it saves."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import pytest

from singmuk import responses
from singmuk.face import exercise
from singmuk.sitting import Sitting, read_release

from . import nine

CHOOSE, WRITE, NUMBER = (nine.BY_KIND[kind] for kind in ("choose", "write", "number"))


def run(program, *arguments, **options):
    """Run *program* in a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=nine.ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@contextlib.contextmanager
def mounted(place, *options):
    """Mount a small disk in memory at *place*; skip where this user may not."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip("only root may mount a disk; the limit on file sizes is tested without")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_loses_nothing_and_the_next_change_after_it_keeps_everything(tmp_path):
    with mounted(tmp_path / "disk", "size=512k") as disk:
        folder = nine.lay(disk / nine.NAME)
        sitting = Sitting(folder, read_release(folder))
        choose, write = sitting.show(CHOOSE.id), sitting.show(WRITE.id)
        choose.response = CHOOSE.best()
        before = (folder / responses.NAME).read_bytes()
        junk = disk / "junk"
        with contextlib.suppress(OSError), junk.open("wb") as file:
            while True:
                file.write(b"x" * 1024)
                file.flush()
        write.response = "y" * 9_000
        assert write.status == exercise.say("status.full", "en")
        assert (folder / responses.NAME).read_bytes() == before
        assert sorted(path.name for path in folder.iterdir() if path.name.endswith(".new")) == []
        # Shown again while the disk is full: what is not kept yet is still there, and still says so.
        again = sitting.show(WRITE.id)
        assert again.response == write.response and again.status == write.status
        junk.unlink()
        choose.confidence = 75
        assert write.status == choose.status == "kept"
        found = responses.read(folder / responses.NAME)
        assert found.responses[WRITE.id].response == "y" * 9_000
        assert found.responses[CHOOSE.id].confidence == 75


LIMITED = """
import resource, signal, sys
from pathlib import Path
from singmuk import responses
from singmuk.sitting import Sitting, read_release
from tests import nine
folder = nine.lay(Path(sys.argv[1]))
sitting = Sitting(folder, read_release(folder))
live = sitting.show(nine.BY_KIND["write"].id)
live.response = "short"
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
live.response = "z" * 5000
print(live.status)
assert responses.read(folder / responses.NAME).responses[live.item["id"]].response == "short"
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
sitting.show(nine.BY_KIND["choose"].id).confidence = 50
print(live.status)
"""


def test_a_limit_on_file_sizes_is_said_like_a_full_disk(tmp_path):
    printed = run(["-c", LIMITED], str(tmp_path / nine.NAME)).splitlines()
    assert printed == [exercise.say("status.full", "en"), "kept"]


def test_a_read_only_folder_is_said_and_what_was_kept_is_shown(tmp_path):
    with mounted(tmp_path / "disk", "size=1m") as disk:
        folder = nine.lay(disk / nine.NAME)
        Sitting(folder, read_release(folder)).show(CHOOSE.id).response = CHOOSE.best()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        sitting = Sitting(folder, read_release(folder))
        live = sitting.show(CHOOSE.id)
        assert live.response == CHOOSE.best() and live.status == ""
        live.confidence = 90
        assert live.status == exercise.say("status.locked", "en")
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        sitting.show(WRITE.id).response = "at last"
        assert live.status == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; the read-only disk is tested instead")
def test_a_folder_without_permission_is_said(tmp_path):
    folder = nine.lay(tmp_path / nine.NAME)
    folder.chmod(0o555)
    live = Sitting(folder, read_release(folder)).show(CHOOSE.id)
    live.response = CHOOSE.best()
    assert live.status == exercise.say("status.locked", "en")
    folder.chmod(0o755)


HAMMER = """
import sys
from pathlib import Path
from singmuk.sitting import Sitting, read_release
folder, name, values = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
live = Sitting(folder, read_release(folder)).show(name)
for value in values:
    live.response = value if sys.argv[4] == "text" else float(value)
    assert live.status == "kept"
"""


def test_kernels_that_save_at_once_lose_nothing_of_each_other(tmp_path):
    folder = nine.lay(tmp_path / nine.NAME)
    values = ",".join(str(number) for number in range(150))
    running = [
        subprocess.Popen([sys.executable, "-c", HAMMER, str(folder), name, values, how], cwd=nine.ROOT)
        for name, how in ((WRITE.id, "text"), (NUMBER.id, "number"))
    ]
    assert [one.wait(timeout=300) for one in running] == [0, 0]
    found = responses.read(folder / responses.NAME)
    assert (found.responses[WRITE.id].response, found.responses[NUMBER.id].response) == ("149", 149.0)
    assert not list(folder.glob("responses.*-*.json"))


def test_a_process_killed_at_200_random_moments_loses_no_acknowledged_answer(tmp_path):
    folder = tmp_path / nine.NAME
    report = json.loads(run(["-m", "tests.saver"], str(folder), "200"))
    assert report["aside"] == []  # never damaged: there was nothing to set aside
    assert min(report["acknowledged"].values()) > 100
    # What the killed writes left is swept away when the exercise is opened again.
    Sitting(folder, read_release(folder))
    assert {path.suffix for path in folder.iterdir()} == {".json", ".ipynb", ".lock"}
