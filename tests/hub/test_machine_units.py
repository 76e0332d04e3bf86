"""The units and the seats' properties, judged by systemd's own programs; none of them is started here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from singmuk.hub.machine import seats
from singmuk.hub.machine.places import Places
from tests.hub import machines
from tests.hub.test_machine import MACHINE

UNITS = sorted((MACHINE / "units").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
#: What systemd itself calls well closed is below 4; ours are far below.
EXPOSED = 2.5
#: What install.sh puts there, and what is not on the machine that runs the tests.
PROGRAM = re.compile(r"\S+: Command (/opt/singmuk/\S+) is not executable: No such file or directory")
#: How the spawner says with properties what its own settings mean (systemdspawner 1.0.2, start()).
OF_SPAWNER = {"NoNewPrivileges": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "MemoryMax": "768M"}


def analyze(*arguments, folder=None):
    """Return what systemd-analyze says; skip where it is not there, or fail where SINGMUK_REQUIRE_SYSTEMD is set."""
    program = shutil.which("systemd-analyze")
    if program is None:
        reason = "systemd-analyze is not installed (Debian: apt-get install systemd)"
        pytest.fail(reason) if os.environ.get("SINGMUK_REQUIRE_SYSTEMD") else pytest.skip(reason)
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SYSTEMD_LOG_LEVEL": "warning"}
    if folder:
        environment["SYSTEMD_UNIT_PATH"] = f"{folder}:"
    done = subprocess.run([program, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def verified(folder):
    """Return what is wrong with the units in *folder*, and the programs that they would start."""
    units = sorted(path for path in Path(folder).iterdir())
    lines = analyze("verify", "--man=no", *units, folder=folder).splitlines()
    # The machine that runs the tests has neither nginx's nor PostgreSQL's unit, and need not.
    lines = [line for line in lines if PROGRAM.match(line) or str(folder) in line or "singmuk" in line]
    programs = {found.group(1) for line in lines if (found := PROGRAM.match(line))}
    return [line for line in lines if not PROGRAM.match(line)], programs


def exposure(path):
    """Return systemd's own number for how much the unit *path* may do, from 0 to 10."""
    said = analyze("security", "--offline=true", "--no-pager", path)
    return float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", said).group(1))


def test_the_units_are_sound_and_start_what_the_installer_lays(tmp_path_factory):
    faults, programs = verified(MACHINE / "units")
    assert faults == []
    root = machines.lay(tmp_path_factory.mktemp("machine")).parents[1]
    ours = {program for program in programs if not program.startswith("/opt/singmuk/venv/bin/")}
    assert ours == {f"/opt/singmuk/bin/{name}" for name in ("account", "backup", "proxy")}
    assert all(os.access(f"{root}{program}", os.X_OK) for program in ours)
    assert programs - ours == {"/opt/singmuk/venv/bin/python", "/opt/singmuk/venv/bin/singmuk"}


@pytest.mark.parametrize(
    ("unit", "old", "new", "said"),
    [
        pytest.param("singmuk-hub.service", "ProtectSystem=", "ProtectSytem=", "'ProtectSytem'", id="key"),
        pytest.param("singmuk-desk@.service", "Restart=always", "Restart=often", "Failed to parse", id="value"),
        pytest.param("singmuk-backup.timer", "02:30:00", "25:30:00", "Failed to parse calendar", id="calendar"),
    ],
)
def test_a_mistake_in_a_unit_would_be_found(tmp_path, unit, old, new, said):
    shutil.copytree(MACHINE / "units", tmp_path / "units")
    path = tmp_path / "units" / unit
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    faults, _ = verified(tmp_path / "units")
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_is_closed(path):
    assert exposure(path) <= EXPOSED
    text = path.read_text(encoding="utf-8")
    for line in ("ProtectSystem=strict", "NoNewPrivileges=yes", "ProtectHome=yes", "PrivateTmp=yes"):
        assert f"\n{line}\n" in text
    assert re.search(r"^UMask=00[027]7$|^UMask=0022$", text, re.MULTILINE)
    if "Type=oneshot" not in text:
        assert "Restart=always" in text


def test_each_service_has_an_account_of_its_own_and_no_way_to_the_hubs_secrets():
    said = {path.name: path.read_text(encoding="utf-8") for path in SERVICES}
    whose = {name: found.group(1) for name, text in said.items() if (found := re.search(r"^User=(\S+)", text, re.M))}
    assert whose == {
        "singmuk-proxy.service": "singmuk-proxy",
        "singmuk-desk@.service": "singmuk-desk",
        "singmuk-room@.service": "singmuk-grader",
        "singmuk-grader@.service": "singmuk-grader",
    }
    assert "DynamicUser=yes" in said["singmuk-culler.service"]
    for name in (*whose, "singmuk-culler.service"):
        closed = re.search(r"^InaccessiblePaths=(.*)$", said[name], re.MULTILINE).group(1).split()
        assert "-/etc/singmuk" in closed and {"-/var/lib/singmuk/hub", "-/var/lib/singmuk"} & set(closed), name
        assert "EnvironmentFile=/etc/singmuk/hub.env" not in said[name]


def test_a_seat_is_closed_and_systemd_knows_each_of_its_properties(tmp_path):
    home = Path("/var/lib/singmuk/homes") / seats.account("participant-01")
    properties = OF_SPAWNER | seats.properties(Places(Path("/")), home)
    lines = [f"{name}={value}" for name, value in properties.items()]
    unit = tmp_path / "singmuk-seat-1.service"
    text = "\n".join(["[Service]", "ExecStart=/bin/true", "User=nobody", *lines]) + "\n"
    unit.write_text(text, encoding="utf-8")
    assert verified(tmp_path) == ([], set())
    assert exposure(unit) <= 2.0
    assert properties["BindPaths"] == properties["ReadWritePaths"] == str(home)
    assert properties["TemporaryFileSystem"].startswith("/var/lib/singmuk:")
    # The spawner fills {USERNAME} into each value; a brace of ours would break it.
    assert not [value for value in properties.values() if {"{", "}"} & set(value)]


def test_an_account_says_nothing_of_whose_it_is_and_is_nobody_elses():
    names = ["kim", "Kim", "kim@course.example", "參與者", "a" * 64]
    found = {seats.account(name) for name in names}
    assert len(found) == len(names) and all(re.fullmatch(r"seat-[a-z2-7]{16}", one) for one in found)
    assert seats.account("kim") == seats.account("kim")
