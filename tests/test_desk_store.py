"""The desk's store against a simple model: saves, hand-ins, and openings anew, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, text

from singmuk.desk.store import Entry, FeedbackRow, HandIn, StoreError, open_office, open_store
from singmuk.desk.store.engine import open_engine
from singmuk.desk.store.tables import metadata
from tests.desk_databases import database, postgres

__all__ = ["database", "postgres"]

DAY = date(2026, 11, 22)
PEOPLE, ASSIGNMENTS, ITEMS = ("p1", "p2"), ("a", "b"), ("one", "two", "three")
RESPONSES = st.one_of(
    st.none(), st.text(max_size=5).filter(lambda one: "\0" not in one), st.lists(st.sampled_from(["x", "y"])),
    st.floats(allow_nan=False, allow_infinity=False), st.dictionaries(st.sampled_from(["k", "l"]), st.just("v")),
)  # fmt: skip


def entry(response, first=None, confidence=None):
    return Entry(response, first, confidence, DAY, 0)


def handin(person="p1", text_="{}", assignment="a"):
    at = datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC)
    return HandIn(person, assignment, "abcdef12", 0, at, 1, 3, "0" * 64, text_)


class Model(RuleBasedStateMachine):
    """What the store must do, in a dictionary and a list."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.url = f"sqlite:///{self.folder / 'desk.db'}"
        self.store = open_office(self.url)
        self.kept: dict[tuple[str, str], dict[str, Entry]] = {}
        self.newest: dict[tuple[str, str], int] = {}
        self.handed: dict[tuple[str, str], list[tuple[str, str]]] = {}

    @rule(
        person=st.sampled_from(PEOPLE), name=st.sampled_from(ASSIGNMENTS), item=st.sampled_from(ITEMS),
        response=RESPONSES, confidence=st.one_of(st.none(), st.integers(50, 100)),
    )  # fmt: skip
    def save(self, person, name, item, response, confidence):
        saved = self.store.save(person, name, "abcdef12", "en", {item: entry(response, None, confidence)}).result()
        key = (person, name)
        self.newest[key] = self.newest.get(key, 0) + 1
        before = self.kept.setdefault(key, {}).get(item)
        first = before.first if before and before.first is not None else response
        self.kept[key][item] = Entry(response, first, confidence, DAY, self.newest[key])
        assert (saved.revision, saved.entries) == (self.newest[key], {item: self.kept[key][item]})

    @rule(person=st.sampled_from(PEOPLE), name=st.sampled_from(ASSIGNMENTS), token=st.sampled_from("xyz"))
    def hand_in(self, person, name, token):
        mine = self.handed.setdefault((person, name), [])
        content = f"content {len(mine)}"
        made = self.store.hand_in(handin(person, content, name), token * 32).result()
        if token not in [one for one, _ in mine]:
            mine.append((token, content))
        number = [one for one, _ in mine].index(token) + 1
        assert (made.number, made.text) == (number, mine[number - 1][1])

    @rule()
    def open_anew(self):
        self.store.close()
        self.store = open_office(self.url)

    @invariant()
    def holds_what_the_model_holds(self):
        for key in [(person, name) for person in PEOPLE for name in ASSIGNMENTS]:
            sitting = self.store.sitting(*key, "abcdef12")
            assert sitting.entries == self.kept.get(key, {})
            assert sitting.revision == self.newest.get(key, 0)
            found = [one.text for one in reversed(self.store.receipts(*key))]
            assert found == [content for _, content in self.handed.get(key, [])]
        for name in ASSIGNMENTS:
            progress = self.store.progress(name)
            assert progress.begun == sum(bool(self.kept.get((person, name))) for person in PEOPLE)
            assert progress.handed_in == sum(bool(self.handed.get((person, name))) for person in PEOPLE)

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder)


Model.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestModel = Model.TestCase


@pytest.fixture
def store(database):
    found = open_office(database)
    yield found
    found.close()


def test_two_participants_and_two_releases_do_not_meet(store):
    store.save("p1", "a", "abcdef12", "en", {"one": entry("x")}).result()
    store.save("p2", "a", "abcdef12", "zh", {"one": entry("y")}).result()
    store.save("p1", "a", "99999999", "en", {"one": entry("z")}).result()
    assert store.sitting("p1", "a", "abcdef12").entries["one"].response == "x"
    assert store.sitting("p2", "a", "abcdef12").language == "zh"
    assert store.older("p1", "a", "99999999")["one"].response == "x"
    assert store.older("p2", "a", "abcdef12") == {}


def test_what_waits_together_is_told_each_by_itself(store):
    def broken(connection):
        connection.execute(text("insert into responses (participant) values ('p1')"))

    good = [store.save(f"p{number}", "a", "abcdef12", "en", {"one": entry("x")}) for number in range(40)]
    bad = store._writer.submit(broken)
    good += [store.save(f"p{number}", "a", "abcdef12", "en", {"two": entry("x")}) for number in range(40)]
    assert all(one.result().revision for one in good)
    with pytest.raises(StoreError):
        bad.result()
    assert store.progress("a").begun == 40


def test_a_change_for_which_nobody_waits_is_dropped_and_the_writer_goes_on(store):
    futures = [store.save("p1", "a", "abcdef12", "en", {"one": entry(str(number))}) for number in range(200)]
    for future in futures:
        future.cancel()
    assert store.save("p1", "a", "abcdef12", "en", {"two": entry("x")}).result()


def test_feedback_is_released_once_and_again_only_when_it_changed(store):
    rows = [FeedbackRow(f"p{number}", f"<p>頁{number}", 1.5, 2, passed=number > 1) for number in range(120)]
    assert store.put_feedback("a", rows) == 120
    assert store.put_feedback("a", rows) == 0
    assert store.put_feedback("a", [FeedbackRow("p1", "<p>頁1", 2, 2, passed=True)]) == 1
    assert store.page("p1", "a") == "<p>頁1"
    assert store.released("p1") == {"a": (2, 2, True)}
    assert store.page("p1", "b") is None


def test_erasing_leaves_nothing_of_one_and_everything_of_others(store):
    for person in ("p1", "p2"):
        store.save(person, "a", "abcdef12", "en", {"one": entry("x")}).result()
        store.hand_in(handin(person), "x" * 32).result()
        store.tell(person, "notice").result()
        store.put_feedback("a", [FeedbackRow(person, "<p>", 1, 2, passed=None)])
    assert store.erase("p1") == 5
    assert (store.receipts("p1"), store.told("p1", "notice"), store.page("p1", "a")) == ([], False, None)
    assert store.told("p2", "notice") and store.page("p2", "a")
    assert store.erase() == 5


def test_the_migrations_make_the_tables_that_the_program_knows(database):
    engine = open_engine(database)
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(database):
    open_engine(database).dispose()
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="written by a newer version of singmuk"):
        open_engine(database)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////proc/nowhere/desk.db", "start again"),
        ("postgresql+psycopg://nobody@127.0.0.1:9/desk", "is the address right, and the database running"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told(url, said):
    with pytest.raises(StoreError, match=said):
        open_engine(url)


@pytest.mark.parametrize(
    ("folder", "umask", "file"), [(0o2770, 0o007, 0o660), (0o755, 0o022, 0o644), (0o700, 0o022, 0o600)]
)
def test_a_database_is_as_open_as_its_folder(tmp_path, folder, umask, file):
    place = tmp_path / "desk"
    place.mkdir()
    place.chmod(folder)
    before = os.umask(umask)
    try:
        desk = open_store(f"sqlite:///{place / 'desk.db'}")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()}
        desk.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("desk.db", "desk.db-wal", "desk.db-shm"), file)
