"""The trainer's room opens on this machine alone, touches nobody's settings and leaves nothing running."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from singmuk.cli import main
from tests import rooms, submissions


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = submissions.lay(tmp_path_factory.mktemp("room") / "course")
    submissions.hand_in(root, 2)
    return root


@pytest.mark.parametrize("ip", ["0.0.0.0", "192.168.1.7", "::", "example.org"])
def test_an_address_that_others_can_reach_is_refused(course, ip):
    result = CliRunner().invoke(main, ["trainer", "--course", str(course), "--ip", ip])
    assert result.exit_code == 2 and "can be reached from other machines" in result.output


def test_a_folder_without_settings_is_told_without_a_traceback(course, tmp_path):
    for name in ("scenarios", "_config.yml"):
        (tmp_path / name).symlink_to(course / name)
    said = submissions.singmuk(tmp_path, "trainer", "--no-open", good=False)
    assert "nbgrader_config.py: does not exist" in said and "Traceback" not in said


def test_the_room_listens_on_this_machine_names_the_next_port_and_goes_with_ctrl_c(course):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 18800))
        taken.listen()
        with rooms.trainer(course) as (address, site):
            assert site != "http://127.0.0.1:18800" and "token=" in address
            with urlopen(address, timeout=10) as answer:
                assert answer.status == 200
            port = int(site.rpartition(":")[2])
            assert _listening(port) == {"127.0.0.1"}
    assert _listening(port) == set()


def _listening(port):
    """Return the addresses at which somebody listens on *port*, as the kernel lists them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            place, state = line.split()[1], line.split()[3]
            address, _, number = place.partition(":")
            if state == "0A" and int(number, 16) == port:
                found.add("127.0.0.1" if address == "0100007F" else address)
    return found


def test_ctrl_c_ends_well_and_leaves_no_process_and_no_file(course, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    before = {path for path in course.rglob("*") if path.is_file()}
    environment = os.environ | {"HOME": str(home), "TMPDIR": str(tmp_path)}
    command = [Path(sys.executable).parent / "singmuk", "trainer", "--no-open", "--port", "18800"]
    with subprocess.Popen(
        command, cwd=course, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        address, _ = rooms.address(process)
        urlopen(address, timeout=10).close()
        os.killpg(process.pid, 2)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and "Stopped." in rest
    assert not [path for path in home.rglob("*") if path.is_file()]
    assert not list(tmp_path.glob("singmuk-trainer-*"))
    new = {path.name for path in course.rglob("*") if path.is_file()} - {path.name for path in before}
    assert new <= {"gradebook.db"}
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_the_secret_stands_in_no_list_of_processes(course):
    with rooms.trainer(course) as (address, _):
        secret = address.partition("token=")[2]
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
        assert len(secret) > 40 and not [line for line in lines if secret.encode() in line]
