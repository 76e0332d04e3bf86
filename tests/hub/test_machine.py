"""The machine's files: laid out with their modes, changed by nobody but their owner, sound for bash and for systemd."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess

import pytest
import yaml

from singmuk.hub.check import reading
from singmuk.hub.machine import files as writes
from singmuk.hub.machine import run, seats, settings
from singmuk.hub.machine.places import Places
from singmuk.hub.names import Campaign
from tests.conftest import ROOT
from tests.desk_processes import clean
from tests.hub import machines
from tests.hub.machines import etc, laid

__all__ = ["etc", "laid"]

MACHINE = ROOT / "hub" / "machine"
SCRIPTS = sorted(MACHINE.glob("*.sh"))
#: What must be closed, and what must be open, below a machine's root.
MODES = {
    "etc/singmuk": 0o755,
    "etc/singmuk/jupyterhub_config.py": 0o644,
    "etc/singmuk/machine.yml": 0o644,
    "etc/singmuk/hub.env": 0o600,
    "etc/singmuk/roster.yml": 0o600,
    "etc/singmuk/services": 0o700,
    "etc/singmuk/services/desk-default.env": 0o600,
    "etc/singmuk/services/grader-spring.env": 0o600,
    "etc/singmuk/services/proxy.env": 0o600,
    "etc/singmuk/services/culler.env": 0o600,
    "etc/singmuk/tls": 0o700,
    "etc/singmuk/nginx.conf": 0o644,
    "opt/singmuk": 0o755,
    "opt/singmuk/bin/account": 0o755,
    "opt/singmuk/bin/apply": 0o755,
    "opt/singmuk/bin/backup": 0o755,
    "opt/singmuk/bin/proxy": 0o755,
    "opt/singmuk/bin/publish": 0o755,
    "opt/singmuk/bin/restore": 0o755,
    "srv/singmuk": 0o755,
    "var/lib/singmuk": 0o755,
    "var/lib/singmuk/hub": 0o700,
    "var/lib/singmuk/homes": 0o711,
    "var/lib/singmuk/backup": 0o700,
}
SECRET = re.compile(r"[0-9a-f]{64}")


def tree(root):
    """Return each file below *root* with its mode and content."""
    return {
        str(path.relative_to(root)): (stat.S_IMODE(path.lstat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in sorted(root.rglob("*"))
    }


def variables(path):
    """Return the variables of an environment file."""
    return reading.environment(path)


# The installer ------------------------------------------------------------------------------------------------------


def test_the_installer_lays_every_file_with_its_mode(laid):
    root = laid.parents[1]
    assert {name: stat.S_IMODE((root / name).stat().st_mode) for name in MODES} == MODES
    units = {path.name for path in (MACHINE / "units").iterdir()}
    assert units == {path.name for path in (root / "etc/systemd/system").iterdir()} and len(units) > 8
    assert str((root / "etc/nginx/conf.d/singmuk.conf").readlink()) == "/etc/singmuk/nginx.conf"


def test_a_second_run_changes_nothing_and_keeps_what_is_the_deployers(etc):
    root = etc.parents[1]
    with (etc / "machine.yml").open("a", encoding="utf-8") as file:
        file.write("# ours\n")
    before = tree(root)
    done = machines.install(root)
    assert done.returncode == 0, done.stderr
    after = tree(root)
    added = {name for name in after if name not in before}
    assert added == {"etc/singmuk/machine.yml.new", "etc/singmuk/hub.env.new"}
    assert {name: after[name] for name in before} == before
    assert "kept " in done.stdout and after["etc/singmuk/hub.env.new"][0] == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--rot", "/tmp"], "install: --rot is no option", id="option"),
        pytest.param(["--root"], "--root needs a folder", id="no folder"),
        pytest.param(["--root", "/no/such", "--no-programs"], "/no/such: does not exist", id="no such folder"),
    ],
)
def test_the_installer_refuses_what_it_cannot_do(arguments, said):
    done = subprocess.run([machines.INSTALL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and said in done.stderr and done.stdout == ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_clean(script):
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    program = shutil.which("shellcheck")
    if program is None:
        reason = "shellcheck is not installed (Debian: apt-get install shellcheck)"
        pytest.fail(reason) if os.environ.get("SINGMUK_REQUIRE_SHELLCHECK") else pytest.skip(reason)
    done = subprocess.run([program, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# Settings -----------------------------------------------------------------------------------------------------------


def test_secrets_are_made_once_and_each_service_has_its_own(etc):
    root = etc.parents[1]
    secrets = (etc / "hub.env").read_bytes()
    assert machines.files(root).exit_code == 0  # this root is another place
    before = tree(root)
    assert machines.files(root).exit_code == 0
    assert tree(root) == before and (etc / "hub.env").read_bytes() == secrets
    hub = variables(etc / "hub.env")
    made = [value for value in hub.values() if SECRET.fullmatch(value)]
    assert len(made) == len(set(made)) == 12
    own = {path.name: set(SECRET.findall(path.read_text("utf-8"))) for path in (etc / "services").iterdir()}
    assert own["proxy.env"] == {hub["CONFIGPROXY_AUTH_TOKEN"]} and own["culler.env"] == {hub["SINGMUK_TOKEN_CULLER"]}
    for part in ("desk", "room", "grader"):
        wanted = {hub[f"SINGMUK_TOKEN_{part.upper()}_SPRING"], hub["SINGMUK_SECRET_DESK_SPRING"]}
        assert own[f"{part}-spring.env"] == wanted


def test_a_desk_takes_the_environment_that_is_written(etc):
    desk = etc.parents[1] / "var" / "lib" / "singmuk" / "desk" / "spring"
    desk.mkdir()
    shutil.copytree(ROOT / "exercises", etc.parents[1] / "srv" / "singmuk" / "spring" / "exercises")
    (etc.parents[1] / "srv" / "singmuk" / "spring" / "book").mkdir()
    line = [
        reading.sys.executable,
        "-c",
        "from singmuk.cli import main; main()",
        "desk",
        "--check",
        "--course",
        str(desk),
    ]
    environment = clean() | variables(etc / "services" / "desk-spring.env") | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "All good.\n"), done.stderr


def test_a_password_with_odd_signs_comes_through(etc):
    root, odd = etc.parents[1], 'a"b$c`d\\e#f g'
    with (etc / "hub.env").open("a", encoding="utf-8") as file:
        file.write('SINGMUK_DESK_DATABASE_SPRING="a\\"b\\$c\\`d\\\\e#f g"\n')
    assert machines.files(root).exit_code == 0
    assert variables(etc / "services" / "room-spring.env")["SINGMUK_DESK_DATABASE"] == odd
    shell = 'set -a; . "$1"; printf %s "$SINGMUK_DESK_DATABASE"'
    line = ["bash", "-c", shell, "bash", str(etc / "services" / "room-spring.env")]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == odd
    given = run.environment(Places(root), "spring")
    assert given["SINGMUK_DESK_DATABASE"] == odd and not [name for name in given if "TOKEN" in name]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"address": "http://course.example"}, "machine.yml:6: address: must be https://", id="http"),
        pytest.param({"address": "https://localhost"}, "address: has no dot", id="no whole name"),
        pytest.param({"adress": "x"}, "adress: is not a field we know; did you mean 'address'?", id="misspelt"),
        pytest.param({"seats": {"memory": "768MB"}}, "seats.memory: must be a number and K, M or G", id="memory"),
        pytest.param({"seats": {"most": 0}}, "seats.most: must be at least 1", id="no seats"),
        pytest.param({"sign-in": {"token": "http://x/t"}}, "sign-in.token: must be an address that begins", id="token"),
        pytest.param({"campaigns": [{"port": 801}, {"name": "spring"}]}, "the proxy has it", id="taken port"),
        pytest.param({"campaigns": [{}, {"name": "spring", "port": 811}]}, "gives 811 to desk", id="overlap"),
        pytest.param({"campaigns": [{"port": 810}]}, "spring is in roster.yml and not here", id="not here"),
        pytest.param(
            {"campaigns": [{}, {"name": "spring", "port": 820}, {"name": "may", "port": 830}]},
            "may is not in roster.yml",
            id="not there",
        ),
        pytest.param({"campaigns": [{}, {"name": "Spring", "port": 820}]}, "must be up to 30 of a-z", id="name"),
        pytest.param({"campaigns": [{}, {"name": "default", "port": 820}]}, "what the units call", id="default"),
    ],
)
def test_a_wrong_value_is_said_with_its_line(etc, change, said):
    data = yaml.safe_load((etc / "machine.yml").read_text(encoding="utf-8"))
    for name, value in change.items():
        data[name] = {**data[name], **value} if isinstance(value, dict) else value
    lines = "# one\n# two\n# three\n# four\n# five\n" + yaml.safe_dump(data, sort_keys=False)
    (etc / "machine.yml").write_text(lines, encoding="utf-8")
    done = machines.files(etc.parents[1])
    assert done.exit_code == 1 and said in done.stderr, done.output
    assert all(re.match(rf"{re.escape(str(etc))}/[a-z.]+(:\d+)?: ", line) for line in done.stderr.splitlines())


def test_all_faults_of_all_files_come_at_once_and_the_hub_says_them(etc):
    (etc / "machine.yml").write_text("address: course.example\n", encoding="utf-8")
    (etc / "roster.yml").write_text("campaigns: 3\n", encoding="utf-8")
    (etc / "hub.env").write_text("CONFIGPROXY_AUTH_TOKEN=short\n", encoding="utf-8")
    with pytest.raises(settings.MachineError) as fault:
        settings.read(etc.parents[1], variables(etc / "hub.env"))
    said = str(fault.value)
    for one in ("machine.yml:1: address", "sign-in: is missing", "roster.yml:1: campaigns", "OAUTH_CLIENT_ID: is miss"):
        assert one in said
    assert "CONFIGPROXY_AUTH_TOKEN: has fewer than 32" in said
    done = machines.command(etc, "--environment", str(etc / "hub.env"), str(etc / "jupyterhub_config.py"))
    assert done.exit_code == 1 and "sign-in: is missing" in done.stderr and "Traceback" not in done.stderr


def test_whom_the_roster_no_longer_lists_leaves_before_the_hub_starts(etc):
    from jupyterhub import orm  # noqa: PLC0415

    root = etc.parents[1]
    session = orm.new_session_factory(f"sqlite:///{root}/var/lib/singmuk/hub/hub.sqlite")()
    group = orm.Group(name="singmuk-participants")
    group.users = [orm.User(name="participant-01"), orm.User(name="gone-99")]
    session.add(group)
    session.commit()
    session.close()
    for many in (1, 0):
        done = machines.run(writes.main, ["--root", str(root), "--strike"], variables(etc / "hub.env"))
        assert (done.exit_code, done.output) == (0, f"{many} taken out of a group.\n")


# Seats' accounts, and what everybody may read -----------------------------------------------------------------------


def test_an_account_is_made_once_with_a_closed_home(etc):
    root = etc.parents[1]
    for name in ("passwd", "group", "shadow", "gshadow", "login.defs"):
        shutil.copy(f"/etc/{name}", root / "etc" / name)
    mine, other = seats.account("participant-01"), seats.account("kim@course.example")
    for name in (mine, other, mine):
        line = [MACHINE / "account.sh", name, "--prefix", str(root)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    rows = [row.split(":") for row in (root / "etc" / "passwd").read_text(encoding="utf-8").splitlines()]
    made = {row[0]: row for row in rows if row[0].startswith("seat-")}
    assert set(made) == {mine, other} and len(rows) == len({row[2] for row in rows})
    for name, row in made.items():
        home = root / "var" / "lib" / "singmuk" / "homes" / name
        assert stat.S_IMODE(home.stat().st_mode) == 0o700 and home.stat().st_uid == int(row[2]) >= 20000
        assert row[5] == f"/var/lib/singmuk/homes/{name}" and row[6] == "/usr/sbin/nologin"
    assert "participant-01" not in (root / "etc" / "passwd").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["root", "", "seat-../../../x", "seat-ABCDEFGHIJKLMNOP", "seat-aaaaaaaaaaaaaaaa;id"])
def test_an_account_of_another_kind_is_refused(tmp_path, name):
    line = [MACHINE / "account.sh", name, "--prefix", str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "is no account of a seat" in done.stderr and not list(tmp_path.iterdir())


def test_publishing_lays_open_exercises_and_book_and_nothing_else(etc):
    root = etc.parents[1]
    places = Places(root)
    course = places.course(Campaign("spring"))
    shutil.copytree(ROOT / "exercises", course / "exercises")
    for name in ("scenarios/key.yml", "_build/html/index.html", "exercises/pdpo-basics/responses.json"):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text("x", encoding="utf-8")
    subprocess.run(["chmod", "-R", "go=", course], check=True)
    line = [MACHINE / "publish.sh", "spring", "--root", str(root)]
    for _ in range(2):
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    public = places.public(Campaign("spring"))
    assert {path.name for path in public.iterdir()} == {"exercises", "book"}
    assert (public / "book" / "index.html").is_file() and not list(public.rglob("responses.json"))
    for path in (public, *public.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path
    shutil.rmtree(course / "_build")
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "_build/html: does not exist; run singmuk build" in done.stderr
