"""Whose a file is and when it was sent, by the names and times that folders, zips and the exchange give it."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from datetime import UTC, datetime

import pytest
from nbgrader.utils import parse_utc

from singmuk.grading import sources, whose, zips
from tests.hostile.cases import NAME, Kit
from tests.test_intake import collect


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path)


def sent(kit, roster=None):
    return collect(kit, sources.SentIn(kit.inbox, roster))


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("p1/responses.json", "p1"),
        (f"p1/{NAME}/responses.json", "p1"),
        (f"{NAME}/p1/responses.json", "p1"),
        ("p1/responses (1).json", "p1"),
        ("p1/victim.json", "p1"),
        ("p1/victim_responses.json", "p1"),
        ("p1_responses.json", "p1"),
        ("p1-responses.json", "p1"),
        ("responses-p1.json", "p1"),
        ("responses_p1 (2).json", "p1"),
        ("p1.json", "p1"),
        ("a.b@c-d_1.json", "a.b@c-d_1"),
        ("Chan Tai Man_123_assignsubmission_file_/responses.json", "123"),
        ("陳大文_123_assignsubmission_file_responses.json", "123"),
    ],
)
def test_the_names_that_say_whose_it_is(kit, path, student):
    (kit.inbox / path).parent.mkdir(parents=True, exist_ok=True)
    (kit.inbox / path).write_bytes(kit.honest())
    report = sent(kit)
    assert (report.new, report.refused) == ([student], [])


@pytest.mark.parametrize("inside", ["responses.json", f"{NAME}/responses.json", "p1/responses.json"])
@pytest.mark.parametrize("outside", ["p1.zip", "p1/whatever.zip", "p1_responses.zip"])
def test_a_zip_of_one_is_by_whom_its_name_says(kit, inside, outside):
    (kit.inbox / outside).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(kit.inbox / outside, "w") as archive:
        archive.writestr(inside, kit.honest())
        archive.writestr("__MACOSX/._responses.json", b"\0")
        archive.writestr(f"{NAME}.ipynb", b"{}")
    report = sent(kit)
    assert (report.new, report.refused) == (["p1"], [])


def test_a_notebook_beside_responses_is_passed_over(kit):
    for name in ("responses.json", f"{NAME}.ipynb", "notes.txt", "items.json"):
        (kit.inbox / "p1").mkdir(exist_ok=True)
        (kit.inbox / "p1" / name).write_bytes(kit.honest() if name == "responses.json" else b"{}")
    (kit.inbox / "README.txt").write_bytes(b"of the trainer")
    assert (sent(kit).new, sent(kit).refused) == (["p1"], [])


def test_a_roster_gives_the_id(kit, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("name,id,team\nChan Tai Man,k7,x\n456,k8,x\nwhole_name,k9,x\n", encoding="utf-8-sig")
    for name in ("Chan Tai Man_123_assignsubmission_file_", "Wong_456_assignsubmission_file_", "whole_name", "k7"):
        (kit.inbox / name).mkdir()
        (kit.inbox / name / "responses.json").write_bytes(kit.honest())
    (kit.inbox / "nobody.json").write_bytes(kit.honest())
    report = sent(kit, whose.roster(roster))
    assert report.new == ["k7", "k8", "k9"]
    assert "nobody in the roster" in report.refused[0].reasons[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("who,id\n", "needs the columns"),
        ("name,id\na,../b\n", "2: '../b' is no id"),
        ("name,id\na,b\na,c\n", "3: 'a' has two ids"),
    ],
)
def test_a_roster_at_fault_says_where(tmp_path, text, fault):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(ValueError, match=fault):
        whose.roster(tmp_path / "roster.csv")


def _collected_zip(kit, info, path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, kit.honest())
    with path.open("rb") as file:
        return [piece.time for piece in zips.of_many(path, file, NAME, None)]


def test_the_time_in_a_zip(kit, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Hong_Kong")
    time.tzset()
    info = zipfile.ZipInfo("p1/responses.json", (2026, 11, 22, 17, 0, 0))
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert _collected_zip(kit, info, tmp_path / "a.zip") == [at]
    info.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(at.timestamp()) + 1)
    assert _collected_zip(kit, info, tmp_path / "b.zip") == [at.replace(second=1)]
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-22 09:00:00.123456 UTC", "2026-11-22 09:00:00.123456"),
        ("2026-11-22 09:00:00 UTC", "2026-11-22 09:00:00"),
        ("2026-11-22 09:00:00.000001 UTC+a_B-9", "2026-11-22 09:00:00.000001"),
        ("2026-11-22 17:00:00 HKT", "2026-11-22 09:00:00"),
        ("2026-11-22 17:00:00 +08+abc", "2026-11-22 09:00:00"),
        ("2026-11-22 09:00:00", "2026-11-22 09:00:00"),
        ("2026-02-30 09:00:00 UTC", None),
        ("2026-11-22 09:00:00 ../../etc/localtime", None),
        ("now", None),
    ],
)
def test_the_time_that_the_exchange_names(stamp, expected):
    at = datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None
    assert whose.time_of(stamp, "Asia/Hong_Kong") == at
    if at:
        assert parse_utc(whose.stamp_of(at)).replace(tzinfo=UTC) == at


def test_a_broken_archive_of_many_is_no_traceback(tmp_path):
    with pytest.raises(sources.SourceError, match="no whole zip"):
        list(zips.of_many(tmp_path / "x.zip", io.BytesIO(b"[]"), NAME, None))
