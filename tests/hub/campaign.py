"""A campaign that has run: answers, hand-ins, grades, feedback and a hub's people, on SQLite or PostgreSQL."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from jupyterhub import orm
from sqlalchemy import create_engine, inspect, text

from singmuk.cli import main
from singmuk.desk import settings as configuration
from singmuk.desk.secret import find as secret_of
from singmuk.desk.store import open_store
from singmuk.desk.store.rows import Entry
from singmuk.hub.keep import Outside, backup, find
from singmuk.hub.names import Campaign
from tests import courses, rooms
from tests.conftest import ROOT
from tests.rooms import TASK
from tests.submissions import NAME, singmuk

DAY = date(2026, 11, 22)
PEOPLE = ("kim", "lee", "mo")
SAID = "We tell the client 我們會先問客戶 before anything is pasted."
SAVED = "half a thought that was never handed in"


@dataclass
class Ran:
    """A campaign, where its archives go, and where the hub keeps what is its own."""

    root: Path
    folder: Path
    urls: dict[str, str]

    @property
    def outside(self) -> Outside:
        """Return what lies outside the course's folder."""
        hub = self.folder / "hub"
        return Outside(None, self.urls["hub"], hub / "cookie", hub / "roster.yml")

    @property
    def held(self):
        """Return what the campaign holds."""
        return find(self.root, self.outside)

    @property
    def options(self) -> list[str]:
        """Return the same as options of a command."""
        there = self.outside
        named = {"--hub-database": there.hub, "--cookie-secret": there.cookie, "--roster": there.roster}
        return ["--course", str(self.root), *(str(part) for pair in named.items() for part in pair)]

    def number(self, name: str) -> str:
        """Return the number under which the desk knows *name*."""
        return secret_of(configuration.read(self.root, {})).number(name)


@cache
def _built() -> Path:
    """Return a folder with a built course, as the repository has it."""
    folder = Path(tempfile.mkdtemp(prefix="singmuk-campaign-")) / "course"
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    courses.lay(folder, [NAME])
    for name in ("exercises", "source"):
        shutil.copytree(ROOT / name / NAME, folder / name / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


def course(folder: Path, urls: dict[str, str]) -> Path:
    """Put a built course into *folder*, as an organisation has it: with state/, and with databases at *urls*."""
    root = Path(shutil.copytree(_built(), folder))
    if "gradebook" in urls:
        with (root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
            file.write(f"\nc.CourseDirectory.db_url = {urls['gradebook']!r}\n")
    return root


def run(folder: Path, urls: dict[str, str]) -> Ran:
    """Run a campaign below *folder* whose databases are at *urls*, those left out in SQLite."""
    root = course(folder / "course", urls)
    found = Ran(root, folder, {"hub": f"sqlite:///{folder / 'hub' / 'hub.sqlite'}", **urls})
    lines = ["contact:", "  en: Room 7", "  zh: 七號房"]
    lines += [f"database: {urls['desk']}"] if "desk" in urls else []
    courses.put(root / "desk.yml", "\n".join(lines) + "\n")
    settings = configuration.read(root, {})
    best = rooms.best(root, SAID)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "desk_url", lambda _: settings.url)
        for place, name in enumerate(PEOPLE):
            rooms.at_desk(root, found.number(name), best | ({} if place else {"sick-leave-summary": "full-gist"}))
    desk = open_store(settings.url)
    release = courses.release_id(root, NAME)
    for name in (*PEOPLE, "nan"):
        entry = Entry(SAVED, None, 3, DAY, 0)
        desk.save(found.number(name), NAME, release, "en", {TASK: entry}).result()
        desk.tell(found.number(name), "the notice").result()
    desk.close()
    for step in (["collect"], ["grade"], ["feedback", NAME], ["release", NAME, "--waiting"]):
        singmuk(root, *step)
    _hub(found)
    return found


def _hub(found: Ran) -> None:
    """Make the hub's own: its database as it makes it, its cookie secret and its roster."""
    folder = found.folder / "hub"
    folder.mkdir()
    session = orm.new_session_factory(found.urls["hub"])()
    groups = {name: orm.Group(name=f"singmuk-{name}") for name in ("participants", "trainers", "spring-participants")}
    session.add_all([*groups.values(), orm.OAuthClient(identifier="jupyterhub")])
    for name in (*PEOPLE, "nan", "tara", "boss"):
        user = orm.User(name=name, admin=name == "boss")
        session.add(user)
        user.groups = [groups["trainers" if name in ("tara", "boss") else "participants"]]
        user.groups += [groups["spring-participants"]] if name == "mo" else []
        session.commit()
        user.new_api_token(f"token-of-{name}-0123456789abcdef", note=f"of {name}")
    session.commit()
    session.close()
    session.get_bind().dispose()
    (folder / "cookie").write_text("ab" * 32, encoding="ascii")
    (folder / "cookie").chmod(0o600)
    (folder / "roster.yml").write_text(
        "campaigns:\n- participants: {file: staff.csv, column: account}\n  trainers: [tara]\n", encoding="utf-8"
    )
    (folder / "staff.csv").write_bytes("姓名,account\n金,kim\n李,lee\n".encode("big5hkscs"))


def rows(url: str) -> dict[str, list[str]]:
    """Return every row of every table of the database at *url*, in an order of its own."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        found = {name: sorted(repr(tuple(row)) for row in connection.execute(text(f'select * from "{name}"')))
                 for name in names}  # fmt: skip
    engine.dispose()
    return found


def everything(ran: Ran) -> dict[str, object]:
    """Return all that counts of a campaign: each database's rows, each file's bytes and mode."""
    held = ran.held
    files = {path: path for path in held.walk() if path.is_file()} | {path: path for path in held.files.values()}
    kept = {str(path.relative_to(ran.folder)): (path.stat().st_mode, path.read_bytes()) for path in files}
    folders = {str(path.relative_to(ran.folder)): path.stat().st_mode for path in held.walk() if path.is_dir()}
    return {name: rows(url) for name, url in held.databases.items()} | {"files": kept, "folders": folders}


def wipe(ran: Ran, empty=None) -> None:
    """Remove all that a campaign left; *empty* gives an empty database for each that is no file."""
    shutil.rmtree(ran.root / "state")
    shutil.rmtree(ran.folder / "hub")
    (ran.folder / "hub").mkdir()
    (ran.root / "desk.yml").unlink()
    for name, url in ran.urls.items():
        if url.startswith("postgresql"):
            empty(name)


def command(*arguments):
    """Return the exit code of `singmuk hub` with *arguments*, and what it printed; nothing may be raised."""
    done = CliRunner().invoke(main, ["hub", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@cache
def _once() -> tuple[Ran, Path, dict[str, object]]:
    """Return a campaign on SQLite, an archive of it, and what that was made of."""
    folder = Path(tempfile.mkdtemp(prefix="singmuk-campaign-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    found = run(folder, {})
    before = everything(found)
    made = backup.backup(found.held, folder / "archives", Campaign())
    assert everything(found) == before
    return found, made.path, before


@pytest.fixture
def ran():
    """Give a campaign on SQLite; what is done to it may only add."""
    return _once()[0]


@pytest.fixture
def kept():
    """Give an archive of that campaign, and what it was made of."""
    return _once()[1:]


@pytest.fixture
def fresh(tmp_path):
    """Give an empty place for the archive: as much of the course as says where things go."""
    root, hub = tmp_path / "course", tmp_path / "hub"
    (root / "assignments").mkdir(parents=True)
    hub.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return Ran(root, tmp_path, {"hub": f"sqlite:///{hub / 'hub.sqlite'}"})


def untouched(ran: Ran) -> None:
    """Assert that the place is as empty as it was."""
    state = ran.root / "state"
    assert not state.exists() or not any(path.is_file() for path in state.rglob("*"))
    assert not (ran.root / "desk.yml").exists() and not list((ran.folder / "hub").iterdir())
    assert not list(ran.root.glob(".singmuk-restore*")) and not (ran.folder / "evil").exists()
