"""`singmuk collect` from the outside: the configured exchange, a folder, a zip; what it prints and its exit code."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import subprocess
import sys
import time
import zipfile

import pytest
from click.testing import CliRunner
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from singmuk import handin, responses
from singmuk.cli import main
from singmuk.grading import intake, sources
from tests import courses
from tests.hostile.cases import NAME, ROOT, Kit, hostile_submissions
from tests.hostile.test_hostile import tree


@pytest.fixture
def kit(tmp_path):
    """Give a kit whose course has what the command needs, and whose exchange is configured."""
    kit = Kit(tmp_path)
    for name in ("scenarios", "assignments"):
        shutil.copytree(ROOT / name, kit.course / name)
    shutil.copy(ROOT / "_config.yml", kit.course)
    config = (
        courses.config()
        + f"\nc.Exchange.root = {str(tmp_path / 'exchange')!r}\nc.ExchangeCollect.check_owner = False\n"
    )
    (kit.course / "nbgrader_config.py").write_text(config, encoding="utf-8")
    (kit.course / "gradebook.db").unlink()
    return kit


def run(kit, *arguments):
    return CliRunner().invoke(main, ["collect", "--course", str(kit.course), *map(str, arguments)])


def test_collects_every_assignment_from_the_exchange(kit):
    kit.hand_in("p1")
    done = run(kit)
    assert done.exit_code == 0, done.output
    assert f"{NAME}: 1 new." in done.output
    again = run(kit, NAME)
    assert (again.exit_code, "Nothing changed." in again.output) == (0, True)


def test_says_what_it_refused_and_why_and_leaves_with_one(kit):
    kit.hand_in("p1", responses__json=b"{")
    kit.hand_in("p2")
    done = run(kit, NAME)
    assert done.exit_code == 1
    assert "1 new, 1 refused" in done.output
    assert "not whole JSON" in done.output
    assert f"intake/refused/{NAME}/" in done.output


def test_a_zip_and_a_folder_are_collected_alike(kit, tmp_path):
    (kit.inbox / "p1").mkdir()
    (kit.inbox / "p1" / "responses.json").write_bytes(kit.honest())
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("p2/responses.json", kit.honest())
    assert run(kit, NAME, kit.inbox).exit_code == 0
    assert run(kit, NAME, tmp_path / "all.zip").exit_code == 0
    assert sorted(path.name for path in (kit.course / "submitted").iterdir()) == ["p1", "p2"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["pdpo-basic"], "is no release; use one of", id="unknown assignment"),
        pytest.param([NAME, "nowhere"], "does not exist", id="no such folder"),
        pytest.param([NAME, ROOT / "README.md"], "neither a folder nor a zip", id="a file"),
        pytest.param([NAME, ROOT / "assignments", "--roster", ROOT / "README.md"], "needs the columns", id="roster"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(kit, arguments, says):
    done = run(kit, *arguments)
    assert done.exit_code != 0
    assert says in " ".join(done.output.split())
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_no_exchange_is_told_without_a_traceback(kit):
    shutil.rmtree(kit.folder / "exchange")
    done = run(kit, NAME)
    assert done.exit_code == 1
    assert "c.Exchange.root" in done.output


def test_what_nbgrader_hands_in_comes_in_as_nbgrader_collects_it(kit, monkeypatch):
    exchange = kit.folder / "exchange"
    exchange.chmod(0o777)
    shutil.copytree(kit.course / "exercises" / NAME, exchange / "singmuk" / "outbound" / NAME)
    home = kit.folder / "home"
    shutil.copytree(kit.course / "exercises" / NAME, home / NAME)
    (home / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'singmuk'\nc.Exchange.root = {str(exchange)!r}\n"
        f"c.Exchange.cache = {str(kit.folder / 'cache')!r}\n"
    )
    (home / NAME / "responses.json").write_bytes(kit.honest())
    monkeypatch.chdir(home)
    handin.submit(home / NAME, NAME)
    assert run(kit, NAME).exit_code == 0
    ours = next((kit.course / "submitted").glob(f"*/{NAME}"))

    config = Config()
    config.CourseDirectory.update(root=str(kit.folder / "stock"), course_id="singmuk", assignment_id=NAME)
    config.Exchange.root = str(exchange)
    (kit.folder / "stock").mkdir()
    assert NbGraderAPI(config=config).collect(NAME)["success"]
    theirs = next((kit.folder / "stock" / "submitted").glob(f"*/{NAME}"))
    for name in ("timestamp.txt", "submission_secret.txt"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    assert ours.parent.name == theirs.parent.name


def test_everything_hostile_at_once_runs_nothing_and_types_nothing(kit):
    cases = [case for case in hostile_submissions() if case.way == "exchange"]
    for case in cases:
        case.build(kit)
    own = (kit.course / "submitted", kit.course / "intake")
    before = tree(kit.folder, but=own)
    command = [sys.executable, "-m", "singmuk.cli", "collect", "--course", str(kit.course), NAME]
    command[1:3] = ["-c", "from singmuk.cli import main; main()"]
    done = subprocess.run(command, capture_output=True, timeout=120, cwd=kit.folder, check=False)
    assert done.returncode == 1, done.stderr.decode()
    taken = sum(case.points is not None for case in cases)
    assert f"{taken} new, {len(cases) - taken} refused".encode() in done.stdout
    for output in (done.stdout, done.stderr):
        assert b"\x1b" not in output
        assert all(mark >= 32 or mark == 10 for mark in output)
        assert "\u202e" not in output.decode()
    assert tree(kit.folder, but=(*own, kit.course / "gradebook.db")) == before
    assert not list(kit.canary.iterdir())


def test_killed_a_hundred_times_loses_nothing(kit):
    students = [f"p{number}" for number in range(12)]
    where = intake.places(kit.course / "exercises", kit.course / "submitted", NAME)
    inbound = sources.Inbound(kit.inbound, check_owner=False)
    forked = multiprocessing.get_context("fork")
    chance, before = random.Random(486), set()
    for moment in range(100):
        for student in students if moment % 5 == 0 else []:
            content = kit.honest(small_groups=float(moment))
            kit.hand_in(student, f"2026-11-22 09:{moment // 5:02}:00 UTC", responses__json=content)
        process = forked.Process(target=lambda: intake.take(inbound.pieces(NAME), where))
        process.start()
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.join()
        standing = {path.parts[-3] for path in kit.course.glob(f"submitted/*/*{NAME}*/responses.json")}
        assert before <= standing
        before = standing
    report = intake.take(inbound.pieces(NAME), where)
    assert len({*report.new, *report.replaced, *report.same, *report.older}) == len(students)
    for student in students:
        assert [path.name for path in (kit.course / "submitted" / student).iterdir()] == [NAME]
        found = responses.read(kit.course / "submitted" / student / NAME / "responses.json")
        assert found.responses["small-groups"].response == 95.0
        assert len(list((kit.course / "intake/received" / NAME / student).glob("*.json"))) == 20
    assert intake.take(inbound.pieces(NAME), where).written == 0
