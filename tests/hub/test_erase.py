"""Erasing: nothing of a participant is left in any byte of what stays, whenever it was cut short."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from singmuk.desk.state import held as hold
from singmuk.desk.store import open_store
from singmuk.hub.keep import KeepError, databases, erase, find
from tests import rooms
from tests.desk_databases import postgres
from tests.hub import campaign
from tests.hub.campaign import PEOPLE, SAID, SAVED, command, ran

__all__ = ["postgres", "ran"]


@pytest.fixture
def copy(ran, tmp_path):
    """Give a campaign to erase: a copy of the one that ran."""
    shutil.copytree(ran.root, tmp_path / "course")
    shutil.copytree(ran.folder / "hub", tmp_path / "hub")
    found = campaign.Ran(tmp_path / "course", tmp_path, {"hub": f"sqlite:///{tmp_path / 'hub' / 'hub.sqlite'}"})
    # As it stands after a crash: journals that nobody has put away.
    with sqlite3.connect(found.root / "state" / "gradebook.db") as book:
        book.execute("pragma secure_delete=off")
        book.execute("insert into student (id, first_name) values ('p-gone', ?)", (SAID,))
        book.execute("delete from student where id = 'p-gone'")
    book.close()
    return found


def words(ran):
    """Return what must be in no byte: numbers, texts and accounts."""
    numbers = [ran.number(name) for name in (*PEOPLE, "nan")]
    secret = (ran.root / "state" / "desk.secret").read_bytes().strip()
    return [one.encode() for one in (*numbers, SAID, SAVED, "full-gist")] + [secret, SAID[20:26].encode()]


def left(folder, wanted):
    """Return which of *wanted* stand in a file below *folder*, in its name or in its bytes."""
    found = set()
    for path in folder.rglob("*"):
        content = str(path).encode() + (path.read_bytes() if path.is_file() else b"")
        found |= {(path.name, one) for one in wanted if one in content}
    return found


def test_no_byte_of_a_number_or_a_text_is_left(copy):
    shutil.rmtree(copy.root / "scenarios")  # the course itself has the words of its choices
    shutil.rmtree(copy.root / "exercises")
    shutil.rmtree(copy.root / "source")
    wanted = words(copy)
    assert {one for _, one in left(copy.root, wanted)} == set(wanted)
    book = campaign.rows(copy.held.databases["gradebook"])
    assert len(book["singmuk_graded"]) == 3 and len(book["student"]) == 3
    code, said = command("erase", *copy.options, "--yes")
    assert code == 0 and "the secret that leads from a number to a name" in said and "rows on participants" in said
    assert "SINGMUK_DESK_SECRET" not in said and "Archives of `singmuk hub backup`" in said
    # The release is in the gradebook, and with it every choice.
    assert left(copy.root, wanted) <= {("gradebook.db", b"full-gist")}
    assert [path.name for path in (copy.root / "state").iterdir() if path.name != ".running"] == ["gradebook.db"]
    after = campaign.rows(copy.held.databases["gradebook"])
    assert not any(after[name] for name in erase.PEOPLE if name in after)
    assert after["assignment"] == book["assignment"] and after["grade_cells"] == book["grade_cells"]
    code, said = command("erase", *copy.options, "--yes")
    assert code == 0 and "nothing of people is left here" in said
    assert len(campaign.rows(copy.urls["hub"])["users"]) == 6  # the hub's people were not named


def test_the_course_runs_again_after_it(copy):
    assert command("erase", *copy.options, "--yes")[0] == 0
    rooms.at_desk(copy.root, copy.number("new"), rooms.best(copy.root, "a new text"))
    for step in (["collect"], ["grade"]):
        campaign.singmuk(copy.root, *step)
    assert len(campaign.rows(copy.held.databases["gradebook"])["student"]) == 1


@pytest.mark.parametrize("step", range(7))
def test_cut_short_anywhere_the_next_call_goes_on(copy, monkeypatch, step):
    wanted, done = words(copy), []

    class Killed(BaseException):
        """The process is gone."""

    for place, name in ((erase.Path, "unlink"), (erase.shutil, "rmtree"), (erase, "_empty"), (erase, "rewrite")):
        real = getattr(place, name)

        def cut(*given, real=real, **named):
            done.append(given)
            if len(done) == step + 1:
                raise Killed
            return real(*given, **named)

        monkeypatch.setattr(place, name, cut)
    with pytest.raises(Killed):
        erase.erase(copy.held)
    monkeypatch.undo()
    erase.erase(copy.held)
    assert left(copy.root / "state", wanted) <= {("gradebook.db", b"full-gist")}


def test_on_postgres_no_row_is_left_and_no_file_of_a_table_holds_one(postgres, tmp_path):
    urls = {name: postgres.database(f"erase-{name}") for name in ("desk", "gradebook", "hub")}
    ran = campaign.run(tmp_path, urls)
    wanted = words(ran)
    with databases.connected(urls["desk"], isolation_level="AUTOCOMMIT") as connection:
        data = Path(connection.execute(text("show data_directory")).scalar_one())
        connection.execute(text("checkpoint"))
    assert len({one for _, one in left(data / "base", wanted)}) >= 6
    code, said = command("erase", *ran.options, "--users", "--yes")
    assert code == 0 and "PostgreSQL's own log of changes" in said, said
    for name in ("desk", "gradebook"):
        rows = campaign.rows(urls[name])
        people = [one for one in rows if (one != "alembic_version" if name == "desk" else one in erase.PEOPLE)]
        assert len(people) >= 5 and not any(rows[one] for one in people)
        assert rows["alembic_version"]
    with databases.connected(urls["desk"], isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("checkpoint"))
    assert {one for _, one in left(data / "base", wanted)} <= {b"full-gist"}
    assert not left(ran.root / "state", wanted)
    assert names(urls["hub"]) == {"mo", "boss"}


def names(url):
    """Return the accounts that the hub at *url* has."""
    with databases.connected(url) as connection:
        return set(connection.execute(text("select name from users")).scalars())


def test_only_people_of_this_campaign_and_no_other_leave_the_hub(copy):
    assert names(copy.urls["hub"]) == {*PEOPLE, "nan", "tara", "boss"}
    code, said = command("erase", *copy.options, "--users", "--yes")
    assert code == 0 and "Out of the hub: 4 people; 2 more only left this campaign's groups." in said, said
    assert names(copy.urls["hub"]) == {"mo", "boss"}
    groups = campaign.rows(copy.urls["hub"])["user_group_map"]
    assert len(groups) == 1  # mo's other campaign
    hub = (copy.folder / "hub" / "hub.sqlite").read_bytes()
    for name in ("kim", "lee", "nan", "tara"):
        assert f"of {name}".encode() not in hub
    assert b"of mo" in hub
    code, said = command("erase", *copy.options, "--users", "--yes")
    assert code == 0 and "Out of the hub: 0 people; 0 more" in said


def test_it_asks_and_does_nothing_where_nobody_can_be_asked(copy):
    before = campaign.everything(copy)
    code, said = command("erase", *copy.options)
    assert code == 1 and "nobody can be asked here; use --yes" in said and "submitted: what was collected" in said
    assert campaign.everything(copy) == before


def test_while_a_program_uses_the_campaign_nothing_is_erased(copy):
    before = campaign.everything(copy)
    database = copy.root / "state" / "desk.db"
    script = f"import sqlite3, sys; c = sqlite3.connect({str(database)!r}); "
    script += "c.execute('select 1 from handins'); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        code, said = command("erase", *copy.options, "--yes")
        other.stdin.close()
    assert code == 1 and "is open in python" in said and "stop the desk" in said, said
    with hold(copy.root / "state"):
        code, said = command("erase", *copy.options, "--yes")
    assert code == 1 and "a program of the course is at work" in said
    assert campaign.everything(copy) == before


def test_a_desk_that_runs_on_postgres_is_noticed(postgres):
    url = postgres.database("erase-busy")
    desk = open_store(url)
    try:
        with pytest.raises(KeepError, match="1 other programs are connected"):
            erase.alone(url)
    finally:
        desk.close()


def test_a_folder_without_a_campaign_has_nothing_to_erase(tmp_path):
    assert erase.found(find(tmp_path)) == []
    code, said = command("erase", "--course", tmp_path, "--yes", "--campaign", "spring")
    assert code == 0 and "nothing of people is left here" in said
