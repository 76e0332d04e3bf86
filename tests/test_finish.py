"""The end of an exercise: what is open, handing in, receipts; every fault is a sentence."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from datetime import UTC, datetime

import pytest

from singmuk import handin, receipt, responses
from singmuk.face import exercise
from singmuk.finish import Finish, as_text
from singmuk.sitting import Sitting, read_release

from . import nine

CHOOSE, WRITE, JUDGE, BRANCH = (nine.BY_KIND[kind] for kind in ("choose", "write", "judge", "branch"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    return nine.lay(tmp_path / "home" / nine.NAME)


@pytest.fixture
def exchange(folder, tmp_path):
    """Give the folder of a course's exchange, configured as on a hub, with the exercise released."""
    root = tmp_path / "exchange"
    inbound, outbound = root / "genai" / "inbound", root / "genai" / "outbound"
    inbound.mkdir(parents=True)
    nine.lay(outbound / nine.NAME)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'genai'\nc.Exchange.root = {str(root)!r}\n", encoding="utf-8"
    )
    return root / "genai"


@pytest.fixture
def sitting(folder):
    return Sitting(folder, read_release(folder))


@pytest.fixture
def panel(sitting):
    made = Finish(sitting)
    sitting.panels.append(made)
    made.sent = []
    made.send = lambda content, *_: made.sent.append(content)
    return made


def ask(panel, doing="hand-in"):
    """Press the button and return what the panel says, in English."""
    panel._asked({"do": doing})
    return panel.message["words"]["en"]


def says(panel, name, **values):
    return panel.message["words"] == exercise.both(f"finish.{name}", **values)


@pytest.mark.parametrize(
    ("kind", "response", "state"),
    [
        ("choose", None, "blank"),
        ("choose", CHOOSE.best(), "whole"),
        ("select", [], "blank"),
        ("judge", {}, "blank"),
        ("judge", dict(list(JUDGE.best().items())[:1]), "begun"),
        ("judge", JUDGE.best(), "whole"),
        ("branch", BRANCH.best()[:1], "begun"),
        ("branch", BRANCH.best(), "whole"),
        ("number", 0.0, "whole"),
        ("write", " ", "begun"),
        ("write", "too short", "begun"),
        ("write", "word " * 40, "whole"),
        ("write", "字" * 40, "whole"),
        ("write", {"no": "text"}, "begun"),
    ],
)
def test_how_far_an_answer_has_come(kind, response, state):
    assert receipt.state(nine.ITEMS[nine.BY_KIND[kind].id], response) == state


def test_the_panel_follows_every_answer_in_the_order_of_the_exercise(sitting, panel):
    assert [row["id"] for row in panel.rows] == list(nine.ITEMS)
    assert {row["state"] for row in panel.rows} == {"blank"}
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    assert {row["id"]: row["state"] for row in panel.rows}[CHOOSE.id] == "whole"
    assert "1 of 9 answered" in as_text(sitting) and CHOOSE.title.zh not in as_text(sitting)
    panel.language = "zh"
    assert sitting.show(WRITE.id).language == "zh"


def test_handing_in_twice_gives_two_receipts_and_the_exchange_both(exchange, sitting, panel, folder):
    live = sitting.show(CHOOSE.id)
    live.response = CHOOSE.best()
    ask(panel)
    assert says(panel, "handed", n=1, m=9) and panel.message["good"]
    live.confidence = 60
    ask(panel)
    inbound = sorted((exchange / "inbound").iterdir(), key=lambda path: path.name.split("+")[2])
    assert len(inbound) == 2
    handed = [(path / responses.NAME).read_bytes() for path in inbound]
    assert [responses.parse(content).responses[CHOOSE.id].confidence for content in handed] == [None, 60]
    found = receipt.listed(folder, nine.NAME)
    # The newest first, each with the fingerprint of exactly what was handed in.
    assert [one.sha256 for _, one in found] == [hashlib.sha256(content).hexdigest() for content in reversed(handed)]
    assert [(one.answered, one.of, one.way) for _, one in found] == [(1, 9, "exchange")] * 2
    assert found[0][1].time.endswith("Z") and found[0][1].release == nine.RELEASE["release"]
    assert [row["file"] for row in panel.receipts] == [path.name for path, _ in found]
    # Another day, another kernel: they are shown again.
    assert Finish(Sitting(folder, read_release(folder))).receipts == panel.receipts


def test_a_folder_of_another_name_is_handed_in_under_the_exercises_name(exchange, folder, tmp_path):
    moved = folder.rename(tmp_path / "my copy (2)")
    sitting = Sitting(moved, read_release(moved))
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    ask(Finish(sitting))
    assert [path.name.split("+")[1] for path in (exchange / "inbound").iterdir()] == [nine.NAME]


def test_without_an_exchange_the_answers_are_downloaded_with_a_receipt(folder, sitting, panel):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    until(lambda: panel.obstacle == "none")
    ask(panel)
    assert says(panel, "how")
    ask(panel, "download")
    assert says(panel, "downloaded", n=1, m=9)
    [sent] = panel.sent
    assert sent["file"] == "responses.json"
    assert sent["text"].encode() == (folder / responses.NAME).read_bytes()
    [(_, made)] = receipt.listed(folder, nine.NAME)
    assert made.way == "file" and made.sha256 == hashlib.sha256(sent["text"].encode()).hexdigest()


def until(true):
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came true")


def test_nothing_answered_is_not_handed_in(exchange, sitting, panel, folder):
    ask(panel)
    assert says(panel, "nothing")
    live = sitting.show(CHOOSE.id)
    live.response = CHOOSE.best()
    live.response = None
    ask(panel)
    assert says(panel, "nothing") and not list((exchange / "inbound").iterdir())
    assert receipt.listed(folder, nine.NAME) == []


def test_answers_that_are_not_kept_are_not_handed_in(exchange, sitting, panel, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(responses, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        sitting.show(CHOOSE.id).response = CHOOSE.best()
        ask(panel)
        assert says(panel, "unsaved") and not list((exchange / "inbound").iterdir())
    ask(panel)  # it tries again by itself
    assert panel.message["good"]


def test_a_file_damaged_meanwhile_is_not_handed_in(exchange, sitting, panel, folder):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    (folder / responses.NAME).write_bytes(b"{")
    ask(panel)
    assert says(panel, "damaged", file="responses.damaged-1.json")
    assert not list((exchange / "inbound").iterdir())


def _no_release(exchange):
    (exchange / "outbound" / nine.NAME).rename(exchange / "outbound" / "other")


def _no_inbound(exchange):
    (exchange / "inbound").rmdir()


@pytest.mark.parametrize(("spoil", "word"), [(_no_release, "unreleased"), (_no_inbound, "unwritable")])
def test_an_exchange_that_does_not_take_it_is_a_sentence(exchange, sitting, panel, folder, spoil, word):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    spoil(exchange)
    ask(panel)
    assert says(panel, word) and panel.obstacle == word
    assert receipt.listed(folder, nine.NAME) == []
    ask(panel, "download")  # the other way stays open
    assert panel.message["good"]


@pytest.mark.parametrize("fault", [handin.HandInError("no room"), OSError(5, "no room"), RuntimeError("no room")])
def test_a_hand_in_that_fails_says_so_and_gives_no_receipt(exchange, sitting, panel, folder, monkeypatch, fault):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    monkeypatch.setattr(handin, "submit", lambda *_: (_ for _ in ()).throw(fault))
    assert "no room" in ask(panel) and "kept here" in ask(panel)
    assert not panel.message["good"] and receipt.listed(folder, nine.NAME) == []


def test_settings_that_are_broken_are_as_good_as_none(folder, tmp_path, capfd):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "nbgrader_config.py").write_text("raise SystemError('no')", encoding="utf-8")
    assert handin.obstacle(folder, nine.NAME) == "none"
    assert capfd.readouterr() == ("", "")


def test_handing_in_is_silent_on_stderr(exchange, sitting, panel, capfd):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    ask(panel)
    assert panel.message["good"]
    assert capfd.readouterr() == ("", "")


def test_a_receipt_that_cannot_be_written_is_shown_all_the_same(exchange, sitting, panel, folder, monkeypatch):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    monkeypatch.setattr(receipt, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert "No space left" in ask(panel)
    [shown] = panel.receipts
    assert shown["file"] is None and len(shown["sha256"]) == 64
    assert len(list((exchange / "inbound").iterdir())) == 1


def test_receipts_of_one_second_are_told_apart_and_strangers_passed_over(sitting, folder):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    made = receipt.make(sitting.kept, nine.RELEASE, "file", datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    names = [receipt.write(folder, made).name for _ in range(11)]
    assert names[0] == "receipt-20261122T093000Z.json" and names[10] == "receipt-20261122T093000Z-11.json"
    (folder / "receipt-broken.json").write_text("{", encoding="utf-8")
    (folder / "receipt-other.json").write_text(
        json.dumps(made.model_dump() | {"assignment": "other"}), encoding="utf-8"
    )
    assert [path.name for path, _ in receipt.listed(folder, nine.NAME)] == names[::-1]


def test_what_is_handed_in_is_in_the_form_of_the_fingerprint(exchange, sitting, panel, folder):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    path = folder / responses.NAME
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")  # another layout
    ask(panel)
    [handed] = (exchange / "inbound").iterdir()
    [(_, made)] = receipt.listed(folder, nine.NAME)
    assert hashlib.sha256((handed / responses.NAME).read_bytes()).hexdigest() == made.sha256


@pytest.mark.parametrize("content", [None, "hand-in", {"do": "format the disk"}, {"do": []}, {}])
def test_a_message_that_is_none_does_nothing(sitting, panel, content):
    with contextlib.suppress(TypeError):
        panel._asked(content)
    assert panel.message is None


def test_only_a_users_own_exchange_is_looked_at(folder):
    assert not os.environ["JUPYTER_CONFIG_PATH"]
    assert handin.obstacle(folder, nine.NAME) == "none"
