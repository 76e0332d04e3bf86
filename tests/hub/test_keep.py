"""Backup, wipe, restore: the same campaign, and an archive that was touched is refused."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
import threading
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from singmuk.cli import main
from singmuk.desk.store import open_store
from singmuk.desk.store.rows import Entry
from singmuk.hub.keep import KeepError, archive, backup, find
from singmuk.hub.keep import restore as restoring
from singmuk.hub.names import Campaign
from tests import courses, rooms
from tests.desk_databases import postgres
from tests.hub import campaign
from tests.rooms import TASK
from tests.submissions import NAME

__all__ = ["postgres"]


def command(*arguments):
    """Return the exit code of `singmuk hub` with *arguments*, and what it printed; nothing may be raised."""
    done = CliRunner().invoke(main, ["hub", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    return campaign.run(tmp_path_factory.mktemp("ran"), {})


@pytest.fixture(scope="module")
def kept(ran):
    """Give the archive of a campaign on SQLite, and what it was made of."""
    before = campaign.everything(ran)
    made = backup.backup(ran.held, ran.folder / "archives", Campaign())
    assert campaign.everything(ran) == before
    return made.path, before


@pytest.fixture
def fresh(ran, kept, tmp_path):
    """Give an empty place for the archive: the course without anything that a campaign leaves."""
    root = campaign.course(tmp_path / "course", {})
    found = campaign.Ran(root, tmp_path, {"hub": f"sqlite:///{tmp_path / 'hub' / 'hub.sqlite'}"})
    (tmp_path / "hub").mkdir()
    return found


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


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_byte_that_changed_is_found(kept, fresh, tmp_path, place):
    path, _ = kept
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 0xFF
    broken = tmp_path / path.name
    broken.write_bytes(content)
    with contextlib.suppress(KeepError):  # a gzip's header has bytes that mean nothing
        if archive.read(broken) == archive.read(path):
            return
    code, said = command("restore", broken, *fresh.options)
    assert code == 1 and "use another" in said, said
    untouched(fresh)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.9999])
def test_an_archive_that_is_cut_short_is_refused(kept, fresh, tmp_path, share):
    path, _ = kept
    broken = tmp_path / path.name
    broken.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    for more in (["--check"], fresh.options):
        code, said = command("restore", broken, *more)
        assert code == 1 and "use another one" in said, said
    untouched(fresh)


def untouched(ran):
    """Assert that the place is as empty as it was."""
    state = ran.root / "state"
    assert not state.exists() or not any(path.is_file() for path in state.rglob("*"))
    assert not (ran.root / "desk.yml").exists() and not list((ran.folder / "hub").iterdir())
    assert not list(ran.root.glob(".singmuk-restore*")) and not (ran.folder / "evil").exists()


def remade(path, target, change):
    """Write the archive *path* to *target* with its parts and its list as *change* makes them."""
    parts = []
    with tarfile.open(path) as tar:
        for info in tar:
            parts.append((info, tar.extractfile(info).read()))
    listed = json.loads(parts.pop()[1])
    parts = change(parts, listed) or parts
    info = tarfile.TarInfo(archive.LIST)
    content = json.dumps(listed).encode()
    info.size = len(content)
    with gzip.open(target, "wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for one, data in [*parts, (info, content)]:
            one.size = len(data) if one.isreg() else 0
            tar.addfile(one, io.BytesIO(data))
    return target


def named(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def listed_too(parts, listed, name):
    """Add a file called *name* that the list knows, as whoever makes an archive by hand would."""
    parts.append((named(name), b"x"))
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    listed["files"].append({"path": name, "size": 1, "sha256": digest, "mode": 420})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda p, m: listed_too(p, m, "../evil"), "leads elsewhere", id="upwards"),
        pytest.param(lambda p, m: listed_too(p, m, "/tmp/evil"), "leads elsewhere", id="absolute"),
        pytest.param(lambda p, m: listed_too(p, m, "course/state/%2e%2e/%2e%2e/%2e%2e/evil"), "leads elsewhere", id="quoted"),
        pytest.param(lambda p, m: listed_too(p, m, "course/state/../../../evil"), "leads elsewhere", id="in the middle"),
        pytest.param(lambda p, m: listed_too(p, m, "course/scenarios/evil.yml"), "none of the course", id="elsewhere in the course"),
        pytest.param(lambda p, m: listed_too(p, m, "course/state-2/x"), "none of the course", id="beside state"),
        pytest.param(lambda p, m: p.append((named("course/state/l", tarfile.SYMTYPE, "/etc"), b"")), "no plain file", id="link"),
        pytest.param(lambda p, m: p.append((named("course/state/h", tarfile.LNKTYPE, "desk.yml"), b"")), "no plain file", id="hard link"),
        pytest.param(lambda p, m: p.append((named("course/state/d", tarfile.CHRTYPE), b"")), "no plain file", id="device"),
        pytest.param(lambda p, m: p.append(p[-1]), "stands there twice", id="twice"),
        pytest.param(lambda p, m: p.append((named("course/state/more"), b"x")), "is not what was kept", id="not listed"),
        pytest.param(lambda p, m: p.pop(), "is not what was kept", id="missing"),
        pytest.param(lambda p, m: m["folders"].update({"course/../../evil": 511}), "is not what was kept", id="folder upwards"),
        pytest.param(lambda p, m: m.update(format=2), "is damaged or no archive of ours", id="another format"),
        pytest.param(lambda p, m: m["databases"][0].update(revision="9999"), "does not know; install the version", id="newer desk"),
        pytest.param(lambda p, m: m["databases"][2].update(revision="9999"), "which this jupyterhub does not know", id="newer hub"),
        pytest.param(lambda p, m: m["databases"][0].update(sort="postgresql"), "was kept from PostgreSQL", id="other sort"),
        pytest.param(lambda p, m: m.update(secret="0" * 16), "SINGMUK_DESK_SECRET: is another one", id="other secret"),
    ],
)  # fmt: skip
def test_an_archive_that_somebody_changed_is_refused(kept, fresh, tmp_path, change, said):
    path, _ = kept

    def changed(parts, listed):
        change(parts, listed)

    code, told = command("restore", remade(path, tmp_path / "changed.tar.gz", changed), *fresh.options)
    assert code == 1 and said in told, told
    untouched(fresh)


def test_an_archive_that_was_only_packed_again_is_taken(kept, fresh, tmp_path):
    path, before = kept
    put_back(fresh, remade(path, tmp_path / "again.tar.gz", lambda parts, listed: None))
    assert campaign.everything(fresh) == before


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


@pytest.mark.parametrize("step", range(6))
def test_a_restore_that_fails_on_the_way_is_taken_back_and_one_that_is_killed_is_ended(kept, fresh, monkeypatch, step):
    path, before = kept
    from singmuk.hub.keep import placing  # noqa: PLC0415

    real, done = placing._move, []

    def move(source, target, fault=OSError(28, "No space left on device")):
        if len(done) == step:
            done.append(None)
            raise fault
        done.append(target)
        real(source, target)

    monkeypatch.setattr(placing, "_move", move)
    with pytest.raises(KeepError, match="No space left"):
        put_back(fresh, path)
    untouched(fresh)

    class Killed(BaseException):
        """The process is gone: nothing of it runs any more."""

    done.clear()
    monkeypatch.setattr(placing, "_move", lambda source, target: move(source, target, Killed()))
    carry_out = placing.carry_out
    monkeypatch.setattr(restoring, "carry_out", lambda *given, back: carry_out(*given, back=False))
    monkeypatch.setattr(restoring.shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(Killed):
        put_back(fresh, path)
    monkeypatch.undo()
    said = []
    put_back(fresh, path, say=said.append)
    assert said[0].startswith("An earlier restore was cut short")
    assert campaign.everything(fresh) == before
    assert not list(fresh.root.glob(".singmuk-restore*"))


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
