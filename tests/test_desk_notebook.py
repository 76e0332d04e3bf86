"""A notebook hands in to a desk: the same submission as from a page, and a sentence whatever happens."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from singmuk import handin, receipt, responses
from singmuk.desk.store import StoreError
from singmuk.face import exercise
from singmuk.finish import Finish
from singmuk.sitting import Sitting, read_release
from tests import desk_processes, desks, nine
from tests.desk_processes import SECRET, program

CHOOSE, WRITE = nine.BY_KIND["choose"], nine.BY_KIND["write"]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    with desks.running(desks.settings(desks.lay(tmp_path))) as running:
        monkeypatch.setenv(handin.DESK, running.address)  # without its slash, as people write it
        monkeypatch.delenv(handin.TOKEN, raising=False)
        yield running


@pytest.fixture
def sitting(tmp_path):
    return Sitting(nine.lay(tmp_path / "home" / nine.NAME), read_release(nine.lay(tmp_path / "home" / nine.NAME)))


@pytest.fixture
def panel(sitting):
    made = Finish(sitting)
    sitting.panels.append(made)
    made.send = lambda *_: None
    return made


def ask(panel):
    """Press the button and return what the panel says, in English."""
    panel._asked({"do": "hand-in"})
    return panel.message["words"]["en"]


def test_handing_in_from_a_notebook_and_from_a_page_is_the_same(desk, sitting, panel):
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    ask(panel)
    assert panel.message["words"] == exercise.both("finish.handed", n=1, m=9) and panel.message["good"]
    [made] = desk.service.store.receipts("me")
    assert made.text.encode() == (sitting.folder / responses.NAME).read_bytes()
    assert made.sha256 == hashlib.sha256(made.text.encode()).hexdigest()
    [(_, mine)] = receipt.listed(sitting.folder, nine.NAME)
    assert (mine.sha256, mine.way, mine.answered, mine.of) == (made.sha256, "desk", made.answered, made.of)
    # The page of the same participant shows it, and goes on from there.
    with_page = desk.client()
    given = with_page.get(f"/api/assignments/{nine.NAME}/responses").json()["given"]
    assert given[CHOOSE.id]["response"] == CHOOSE.best()
    token = desk.service.secret.xsrf(with_page.cookies["singmuk-session"], "me")
    body = {"release": desk.release(nine.NAME)["release"], "token": "a" * 32}
    answer = with_page.post(f"/api/assignments/{nine.NAME}/hand-in", json=body, headers={"x-xsrf-token": token})
    assert answer.json()["receipt"]["number"] == 2
    assert desk.service.store.receipts("me")[0].text == made.text
    with_page.close()


def test_the_same_file_again_is_the_same_hand_in_and_another_is_the_next(desk, sitting, panel):
    sitting.show(WRITE.id).response = "first"
    for _ in range(3):
        ask(panel)
    assert [one.number for one in desk.service.store.receipts("me")] == [1]
    sitting.show(WRITE.id).response = "字" * 20_000
    ask(panel)
    assert [one.number for one in desk.service.store.receipts("me")] == [2, 1]
    assert panel.message["good"]


def gone(desk, monkeypatch):
    monkeypatch.setenv(handin.DESK, "http://127.0.0.1:9/")


def elsewhere(desk, monkeypatch):
    monkeypatch.setenv(handin.DESK, f"{desk.address}/book")  # answers, and not as a desk does


def closed(desk, monkeypatch):
    desk.service.settings.closes[nine.NAME] = datetime.now(UTC) - timedelta(seconds=1)


def absent(desk, monkeypatch):
    (desk.service.settings.root / "exercises" / nine.NAME / "items.json").unlink()


def changed(desk, monkeypatch):
    path = desk.service.settings.root / "exercises" / nine.NAME / "items.json"
    path.write_text(path.read_text(encoding="utf-8").replace(nine.RELEASE["release"], "0" * 16), encoding="utf-8")


def full(desk, monkeypatch):
    def fail(*_):
        raise StoreError("database or disk is full", "full")

    monkeypatch.setattr(desk.service.store, "save", fail)


def often(desk, monkeypatch):
    monkeypatch.setattr(desk.service.changes, "take", lambda _: 9.0)


def behind(desk, monkeypatch):
    monkeypatch.setattr("singmuk.desk.identity.local.FORWARDED", ("x-singmuk",))  # as if a proxy stood before it


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (gone, "the desk does not answer"),
        (elsewhere, "the desk does not answer"),
        (closed, "the assignment is closed"),
        (absent, "the desk does not have this assignment"),
        (changed, "open the assignment again and hand in from there"),
        (full, "the desk's disk is full"),
        (often, "too many attempts"),
        (behind, "is not let into the course"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_whatever_is_wrong_the_participant_reads_a_sentence_and_keeps_the_answers(
    desk, sitting, panel, monkeypatch, trouble, said
):
    sitting.show(WRITE.id).response = "kept here"
    trouble(desk, monkeypatch)
    told = ask(panel)
    assert said in told and "Traceback" not in told and not panel.message["good"]
    assert receipt.listed(sitting.folder, nine.NAME) == []
    assert responses.read(sitting.path).responses[WRITE.id].response == "kept here"
    monkeypatch.undo()
    assert desk.service.store.receipts("me") == []


def test_nothing_answered_is_not_handed_in(desk, panel):
    ask(panel)
    assert panel.message["words"] == exercise.both("finish.nothing")
    assert desk.service.store.receipts("me") == []


@pytest.mark.parametrize("address", ["", "desk", "ftp://desk/", "javascript:alert(1)", "http:///x", " "])
def test_what_is_no_address_is_no_desk(monkeypatch, address):
    monkeypatch.setenv(handin.DESK, address)
    assert handin.desk() is None


def test_under_a_hub_the_token_of_the_notebook_says_whose_it_is(tmp_path, monkeypatch):
    desks.lay(tmp_path)
    given = {WRITE.id: {"response": "from a seat", "day": desks.TODAY}}
    whole = {"format": 1, "assignment": nine.NAME, "release": nine.RELEASE["release"], "responses": given}
    found = responses.Responses.model_validate_json(json.dumps(whole))
    with desk_processes.hub() as environment, program(tmp_path, **environment) as desk:
        address = f"{desk.address}/"
        monkeypatch.delenv(handin.TOKEN, raising=False)
        with pytest.raises(handin.HandInError, match="the desk does not know you; restart your server"):
            handin.submit_to_desk(address, nine.NAME, found.text())
        for name in ("mei", "tara"):
            monkeypatch.setenv(handin.TOKEN, f"of-{name}")
            assert handin.submit_to_desk(address, nine.NAME, found.text())["number"] == 1
        with pytest.raises(handin.HandInError, match="holds no responses"):
            handin.submit_to_desk(address, nine.NAME, "[]")
        with pytest.raises(handin.HandInError, match="longer than the desk takes"):
            handin.submit_to_desk(address, nine.NAME, found.text() + " " * 1_100_000)
        said = desk.log.read_text(encoding="utf-8")
        assert "mei" not in said and "from a seat" not in said and SECRET not in said
