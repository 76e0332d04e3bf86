"""Backup, wipe, restore: the same campaign, and an archive that was touched is refused."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading
from datetime import UTC, datetime

import pytest

from singmuk.desk.store import open_store
from singmuk.desk.store.rows import Entry
from singmuk.hub.keep import KeepError, backup, find
from singmuk.hub.keep import restore as restoring
from singmuk.hub.names import Campaign
from tests import courses, rooms
from tests.desk_databases import postgres
from tests.hub import campaign
from tests.hub.campaign import command, fresh, kept, ran, untouched
from tests.rooms import TASK
from tests.submissions import NAME

__all__ = ["fresh", "kept", "postgres", "ran"]


def put_back(ran, path, **options):
    return restoring.restore(path, ran.root, ran.outside, **options)


@pytest.mark.parametrize("sort", ["sqlite", "postgres"])
def test_backup_wipe_restore_gives_the_same_campaign(tmp_path, sort, request):
    urls, server = {}, None
    if sort == "postgres":
        server = request.getfixturevalue("postgres")
        urls = {name: server.database(f"keep-{name}") for name in ("desk", "gradebook", "hub")}
    ran = campaign.run(tmp_path, urls)
    before = campaign.everything(ran)
    assert len(before["desk"]["handins"]) == 3 and len(before["desk"]["responses"]) == 4
    assert len(before["desk"]["feedback"]) == 3 and len(before["gradebook"]["grade"]) > 30
    assert len(before["gradebook"]["singmuk_graded"]) == 3 and len(before["hub"]["users"]) == 6
    assert len(before["files"]) > 30 and "course/state/desk.secret" in before["files"]
    code, said = command("backup", *ran.options, "--to", tmp_path / "archives")
    assert code == 0 and "read again and found whole" in said and "tester" not in said
    (path,) = (tmp_path / "archives").glob("*.tar.gz")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    campaign.wipe(ran, lambda name: server.database(f"keep-{name}"))
    code, said = command("restore", path, *ran.options)
    assert code == 0 and "put back" in said, said
    assert campaign.everything(ran) == before
    assert not list(ran.root.glob(".singmuk-restore*"))
    # What was put back is in use again: nothing is new, and numbers go on.
    assert "3 unchanged" in campaign.singmuk(ran.root, "grade")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "desk_url", lambda _: ran.held.desk.url)
        rooms.at_desk(ran.root, ran.number("kim"), rooms.best(ran.root, "again"))
    assert len(campaign.everything(ran)["desk"]["handins"]) == 4
    code, said = command("restore", path, *ran.options)
    assert code == 1 and said.count("already") >= 2 and "never writes over anything" in said


def test_what_is_confirmed_while_a_backup_is_made_is_wholly_in_it_or_not_at_all(ran, fresh, tmp_path):
    desk, stop, done = open_store(ran.held.desk.url), threading.Event(), []

    def write():
        while not stop.is_set():
            entry = Entry(f"text {len(done)}", None, None, campaign.DAY, 0)
            desk.save("p-writer", NAME, courses.release_id(ran.root, NAME), "en", {TASK: entry}).result()
            done.append(entry.response)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while len(done) < 5:
            pass
        before = len(done)
        made = backup.backup(ran.held, tmp_path / "archives", Campaign("live"))
        after = len(done)
    finally:
        stop.set()
        thread.join()
        desk.close()
    assert after > before
    put_back(fresh, made.path)
    (found,) = (row for row in campaign.rows(fresh.held.desk.url)["responses"] if "p-writer" in row)
    assert any(f'"{text}"' in found for text in done[before - 1 : after + 1])


def test_so_many_archives_stay_and_what_is_called_otherwise_is_left_alone(ran, tmp_path):
    for name in ("singmuk-20260101T000000Z.tar.gz", "singmuk-20260102T000000Z.tar.gz"):
        (tmp_path / name).write_bytes(b"old")
    others = ("singmuk-spring-20260101T000000Z.tar.gz", "singmuk-notes.tar.gz", ".singmuk-0.new", "a.txt")
    for name in others:
        (tmp_path / name).write_bytes(b"other")
    code, said = command("backup", *ran.options, "--to", tmp_path, "--keep", "2")
    assert code == 0 and "Removed 1 older: singmuk-20260101T000000Z.tar.gz" in said
    there = {path.name for path in tmp_path.iterdir()}
    assert there >= {"singmuk-20260102T000000Z.tar.gz", *others} - {".singmuk-0.new"}
    assert not any(name.endswith((".new", ".work")) for name in there)


def test_names_that_are_no_text_and_links_are_told(ran, fresh, tmp_path):
    strange = ran.root / "state" / "intake" / "refused" / NAME / os.fsdecode(b"caf\xe9 %2e%2e") / "陳.txt"
    strange.parent.mkdir(parents=True)
    strange.write_text("kept", encoding="utf-8")
    link = ran.root / "state" / "submitted" / "link"
    link.symlink_to("/etc")
    try:
        made = backup.backup(ran.held, tmp_path / "archives", Campaign("names"))
    finally:
        link.unlink()
        shutil.rmtree(strange.parent)
    assert made.passed == [link]
    put_back(fresh, made.path)
    assert (fresh.root / strange.relative_to(ran.root)).read_text(encoding="utf-8") == "kept"
    assert not (fresh.root / "state" / "submitted" / "link").exists()


def test_a_full_disk_leaves_the_old_archive_and_says_so(ran, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", small]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        old = small / "singmuk-20260101T000000Z.tar.gz"
        old.write_bytes(b"the old one")
        code, said = command("backup", *ran.options, "--to", small, "--keep", "1")
        assert code == 1 and ("full" in said or "No space" in said), said
        assert old.read_bytes() == b"the old one"
        assert [path.name for path in small.iterdir() if path.name != ".singmuk.lock"] == [old.name]
    finally:
        subprocess.run(["umount", small], check=True)


def test_restore_writes_over_nothing_and_names_all_that_is_there(kept, fresh):
    path, _ = kept
    there = [fresh.root / "state" / "submitted" / "x", fresh.root / "desk.yml", fresh.folder / "hub" / "cookie"]
    for one in (*there, fresh.folder / "hub" / "hub.sqlite"):
        courses.put(one, "contact: {en: a, zh: b}\n")
    code, said = command("restore", path, *fresh.options)
    assert code == 1 and said.count("already") == 4, said
    assert all(one.read_text() == "contact: {en: a, zh: b}\n" for one in there)
    code, said = command("restore", path, "--course", fresh.root)
    assert code == 1 and "--hub-database" in said and "--cookie-secret" in said and "--roster" in said


def test_without_the_hub_the_course_alone_is_put_back(kept, fresh):
    path, before = kept
    code, said = command("restore", path, "--course", fresh.root, "--without-hub")
    assert code == 0, said
    assert not list((fresh.folder / "hub").iterdir())
    assert campaign.rows(find(fresh.root).databases["desk"]) == before["desk"]


@pytest.mark.parametrize("step", range(5))
def test_a_restore_that_fails_on_the_way_is_taken_back_and_one_that_is_killed_is_ended(kept, fresh, monkeypatch, step):
    path, before = kept
    from singmuk.hub.keep import placing  # noqa: PLC0415

    real, done = placing._move, []

    class Killed(BaseException):
        """The process is gone: nothing of it runs any more."""

    def until(fault):
        done.clear()

        def move(source, target):
            done.append(target)
            if len(done) == step + 1:
                raise fault
            real(source, target)

        return move

    monkeypatch.setattr(placing, "_move", until(OSError(28, "No space left on device")))
    with pytest.raises(KeepError, match="No space left"):
        put_back(fresh, path)
    untouched(fresh)
    monkeypatch.setattr(placing, "_move", until(Killed()))
    monkeypatch.setattr(restoring, "carry_out", lambda *given, **_: placing.carry_out(*given, back=False))
    monkeypatch.setattr(restoring.shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(Killed):
        put_back(fresh, path)
    monkeypatch.undo()
    said = []
    put_back(fresh, path, say=said.append)
    assert said[0].startswith("An earlier restore was cut short")
    assert campaign.everything(fresh) == before
    assert not list(fresh.root.glob(".singmuk-restore*"))


def test_the_campaign_is_the_one_that_the_desks_settings_name(fresh, tmp_path):
    courses.put(fresh.root / "desk.yml", "campaign: spring\n")
    code, said = command("backup", "--course", fresh.root, "--to", tmp_path / "archives")
    assert code == 0 and "singmuk-spring-2" in said, said
    for order in (["backup", "--to", tmp_path / "archives"], ["erase", "--yes"]):
        code, said = command(*order, "--course", fresh.root, "--campaign", "autumn")
        assert code == 2 and "desk.yml says 'spring'" in said


def test_what_the_superuser_puts_back_belongs_to_whoever_has_the_course(kept, fresh):
    if os.geteuid():
        pytest.skip("only the superuser can give files away")
    os.chown(fresh.root, 65534, 65534)
    put_back(fresh, kept[0])
    there = [fresh.root / "desk.yml", fresh.root / "state", *(fresh.root / "state").rglob("*")]
    assert len(there) > 30 and {path.stat().st_uid for path in there} == {65534}


def test_a_folder_on_a_disk_of_its_own_is_filled(kept, fresh, tmp_path):
    state = fresh.root / "state"
    state.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=30m,mode=0700", "tmpfs", state]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        put_back(fresh, kept[0])
        found = campaign.everything(fresh)
        assert stat.S_IMODE(found["folders"].pop("course/state")) == 0o700  # the disk's own
        assert found == kept[1] | {"folders": {n: m for n, m in kept[1]["folders"].items() if n != "course/state"}}
        assert not any(path.name.startswith(".singmuk") for path in state.iterdir())
        shutil.rmtree(state / "submitted")
        with pytest.raises(KeepError, match="holds files already"):
            put_back(fresh, kept[0])
    finally:
        subprocess.run(["umount", state], check=True)


def test_names_of_archives_keep_campaigns_apart():
    now = datetime(2026, 11, 23, 1, 45, tzinfo=UTC)
    assert backup.name_of(Campaign(), now) == "singmuk-20261123T014500Z.tar.gz"
    assert backup.name_of(Campaign("spring"), now) == "singmuk-spring-20261123T014500Z.tar.gz"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["restore", "nowhere.tar.gz"], "does not exist; name an archive", id="no archive"),
        pytest.param(["backup", "--to", "/proc/nowhere"], "no archive was written", id="no folder"),
        pytest.param(
            ["backup", "--to", "x", "--hub-database", "mysql://x/y"], "neither SQLite nor", id="other database"
        ),
        pytest.param(["backup", "--to", "x", "--hub-database", "::"], "is no address", id="no address"),
        pytest.param(["backup", "--to", "x", "--campaign", "Spring!"], "is no name of a campaign", id="no campaign"),
        pytest.param(["erase", "--users", "--yes"], "name it with --hub-database", id="users of no hub"),
    ],
)
def test_mistakes_are_told_in_a_line(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    code, told = command(*arguments)
    assert code != 0 and said in told
