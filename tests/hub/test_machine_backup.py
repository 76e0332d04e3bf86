"""The machine's scripts for backup and restore: a campaign that has run comes back on a fresh machine."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from singmuk.desk import settings as configuration
from singmuk.desk.secret import find as secret_of
from singmuk.hub.machine.places import Places
from singmuk.hub.names import Campaign
from tests.conftest import ROOT
from tests.desk_processes import clean
from tests.hub import campaign, machines
from tests.hub.test_machine import MACHINE, variables
from tests.submissions import ask

YAML = """\
address: https://course.example
sign-in: {authorize: https://a.example/a, token: https://a.example/t, userinfo: https://a.example/u}
"""


def script(name, root, *arguments, **more):
    """Run a script of the machine below *root*; return what it said and how it ended."""
    environment = clean() | {"PYTHONPATH": str(ROOT), "SINGMUK_PYTHON": str(ROOT / ".venv" / "bin" / "python")} | more
    line = [MACHINE / f"{name}.sh", *map(str, arguments), "--root", str(root)]
    return subprocess.run(line, cwd="/", env=environment, capture_output=True, text=True, check=False)


def one_campaign(root):
    """Have the machine below *root* be the hub of the one campaign without a name."""
    etc = machines.lay(root)
    shutil.rmtree(etc / "services")
    (etc / "machine.yml").write_text(YAML, encoding="utf-8")
    (etc / "roster.yml").write_text(
        "campaigns:\n- participants: [kim, lee, mo]\n  trainers: [tara]\n", encoding="utf-8"
    )
    return etc


def counts(places):
    """Return how much of what lies in the three databases of the machine."""
    course = places.course(Campaign())
    tables = {
        f"sqlite:///{places.desk(Campaign()) / 'desk.db'}": ("responses", "handins", "feedback"),
        f"sqlite:///{course / 'state' / 'gradebook.db'}": ("submitted_assignment", "grade"),
        f"sqlite:///{places.hub / 'hub.sqlite'}": ("users", "groups", "api_tokens"),
    }
    return {f"{url[-12:]} {name}": ask(url, f'select count(*) from "{name}"') for url in tables for name in tables[url]}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """Give a machine on which a campaign has run."""
    root = tmp_path_factory.mktemp("machine")
    etc, places = one_campaign(root), Places(root)
    ran = campaign.run(tmp_path_factory.mktemp("ran"), {})
    secret = secret_of(configuration.read(ran.root, {}))._key.decode()
    with (etc / "hub.env").open("a", encoding="utf-8") as file:
        file.write(f"SINGMUK_SECRET_DESK={secret}\n")
    assert machines.files(root).exit_code == 0
    desk = places.desk(Campaign())
    desk.mkdir(parents=True)
    for path in (ran.root / "state").glob("desk.db*"):
        path.rename(desk / path.name)
    shutil.move(ran.root, places.course(Campaign()))
    for old, new in {"hub.sqlite": "hub.sqlite", "cookie": "cookie-secret"}.items():
        shutil.move(ran.folder / "hub" / old, places.hub / new)
    return root


def test_a_fresh_machine_gets_all_of_it_back(machine, tmp_path):
    to, places = tmp_path / "archives", Places(machine)
    before = counts(places)
    assert all(before.values()), before
    done = script("backup", machine, to)
    assert done.returncode == 0, done.stdout + done.stderr
    archives = [path for path in to.rglob("*") if path.is_file()]
    assert {path.parent.name for path in archives} == {"default", "settings"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in archives} == {0o600}
    assert counts(places) == before

    fresh = tmp_path / "fresh"
    etc = machines.lay(fresh)
    done = script("restore", fresh, to, "--settings")
    assert done.returncode == 1 and "is in use" in done.stderr
    shutil.rmtree(etc / "services")
    done = script("restore", fresh, to, "--settings")
    assert done.returncode == 0, done.stderr
    assert (etc / "hub.env").read_bytes() == (machine / "etc/singmuk/hub.env").read_bytes()
    assert stat.S_IMODE((etc / "hub.env").stat().st_mode) == 0o600
    shutil.rmtree(etc / "services")
    assert machines.files(fresh).exit_code == 0
    campaign.course(Places(fresh).course(Campaign()), {})
    Places(fresh).desk(Campaign()).mkdir(parents=True)
    done = script("restore", fresh, to)
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts(Places(fresh)) == before
    secret = "SINGMUK_DESK_SECRET"
    mine, theirs = (variables(Path(root, "etc/singmuk/services/desk-default.env")) for root in (fresh, machine))
    assert mine[secret] == theirs[secret]
    cookies = [Places(root).hub / "cookie-secret" for root in (fresh, machine)]
    assert cookies[0].read_bytes() == cookies[1].read_bytes()

    # Again: nothing is written over.
    done = script("restore", fresh, to)
    assert done.returncode != 0 and counts(Places(fresh)) == before


def test_only_so_many_are_kept(machine, tmp_path):
    to = tmp_path / "archives"
    (to / "settings").mkdir(parents=True)
    old = [to / "settings" / f"settings-2020010{day}T000000Z.tar.gz" for day in (1, 2, 3)]
    for path in old:
        path.write_bytes(b"")
    done = script("backup", machine, to, SINGMUK_BACKUP_KEEP="2")
    assert done.returncode == 0, done.stderr
    left = sorted(path.name for path in (to / "settings").iterdir())
    assert len(left) == 2 and left[0] == old[2].name
    done = script("backup", machine, to, SINGMUK_BACKUP_KEEP="all")
    assert done.returncode == 2 and "SINGMUK_BACKUP_KEEP=all is no number" in done.stderr


def test_what_cannot_be_kept_or_put_back_is_said(machine, tmp_path):
    assert os.geteuid() == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    done = script("restore", machine, empty)
    assert done.returncode == 1 and "holds no archive" in done.stderr and "nothing was put back" in done.stderr
    done = script("restore", machine, empty, "--settings")
    assert done.returncode == 1 and "holds no archive" in done.stderr
    done = script("restore", machine, empty, "--all")
    assert done.returncode == 2 and "--all is no option" in done.stderr
    bare = tmp_path / "bare"
    (bare / "etc" / "singmuk" / "services").mkdir(parents=True)
    done = script("backup", bare, tmp_path / "to")
    assert done.returncode == 1 and "holds no desk-….env; run /opt/singmuk/bin/apply first" in done.stderr
