"""An exercise in a notebook: what is acknowledged is on the disk, and every fault is a sentence."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import date

import pytest

from singmuk import notebook, responses
from singmuk.face import exercise
from singmuk.kinds.write import LONGEST
from singmuk.sitting import ReleaseError, Sitting, read_release

from . import nine

CHOOSE, WRITE, BRANCH = (nine.BY_KIND[kind] for kind in ("choose", "write", "branch"))


@pytest.fixture
def folder(tmp_path):
    return nine.lay(tmp_path / nine.NAME)


def sit(folder):
    return Sitting(folder, read_release(folder))


def kept(folder):
    """Return what lies on the disk, read as intake reads it."""
    found = responses.parse((folder / responses.NAME).read_bytes())
    responses.check(found, nine.RELEASE)
    return found


@pytest.mark.parametrize("kind", list(nine.BY_KIND))
def test_an_answer_is_kept_and_shown_again(folder, kind):
    scenario = nine.BY_KIND[kind]
    live = sit(folder).show(scenario.id)
    assert live.response is None and live.status == "" and live.answer is None
    live.response = scenario.best()
    assert live.status == "kept"
    assert kept(folder).responses[scenario.id] == responses.Given(
        response=scenario.best(), first=scenario.best(), day=date.today()
    )
    again = sit(folder).show(scenario.id)
    assert again.response == scenario.best()
    assert again.seed == live.seed


def test_language_sureness_and_the_first_answer_are_remembered(folder):
    sitting = sit(folder)
    live, other = sitting.show(CHOOSE.id), sitting.show(BRANCH.id)
    first, last = [choice.id for choice in CHOOSE.choices][:2]
    live.response = first
    live.language = "zh"
    assert other.language == "zh"
    live.confidence = 80
    live.response = last
    again = sit(folder).show(CHOOSE.id)
    assert (again.response, again.first, again.confidence, again.language) == (last, first, 80, "zh")
    assert kept(folder).language == "zh-Hant"


def test_an_answer_is_acknowledged_only_after_it_is_written(folder, monkeypatch):
    live = sit(folder).show(CHOOSE.id)
    seen = []
    real = responses.write

    def write(path, found):
        live_status = live.status
        seen.append(live_status)
        return real(path, found)

    monkeypatch.setattr(responses, "write", write)
    live.status = "keeping"
    live.response = CHOOSE.best()
    assert seen == ["keeping"] and live.status == "kept"


def test_running_the_cells_again_writes_nothing(folder):
    sit(folder).show(CHOOSE.id).response = CHOOSE.best()
    before = (folder / responses.NAME).stat().st_mtime_ns
    sitting = sit(folder)
    for name in nine.ITEMS:
        sitting.show(name)
    assert (folder / responses.NAME).stat().st_mtime_ns == before
    assert not [path for path in folder.iterdir() if path.suffix == ".new"]


def test_two_tabs_are_merged_and_each_shows_what_the_other_kept(folder):
    one, two = sit(folder), sit(folder)
    here, there = one.show(CHOOSE.id), two.show(WRITE.id)
    elsewhere = two.show(CHOOSE.id)
    here.response = CHOOSE.best()
    there.response = "Dear contact"
    assert elsewhere.response == CHOOSE.best()
    assert set(kept(folder).responses) == {CHOOSE.id, WRITE.id}
    # The cell was run again: both places show the same.
    twin = two.show(WRITE.id)
    twin.response = "Dear contact, hello"
    assert there.response == "Dear contact, hello"


def test_a_story_counts_from_its_ending_on_and_not_before(folder):
    sitting = sit(folder)
    live, other = sitting.show(BRANCH.id), sitting.show(CHOOSE.id)
    way = BRANCH.best()
    live.response = way[:1]
    assert live.status == exercise.say("status.unfinished", "en")
    assert not (folder / responses.NAME).exists()
    other.response = CHOOSE.best()
    assert live.response == way[:1]  # what is under way stays in sight
    live.response = way
    assert live.status == "kept" and kept(folder).responses[BRANCH.id].response == way
    live.response = way[:-1] or None
    assert kept(folder).responses[BRANCH.id].response is None


def test_what_is_no_text_is_left_out_and_too_much_is_said(folder):
    live = sit(folder).show(WRITE.id)
    live.response = "a\0b\ud800c 🙂"
    assert live.status == "kept" and live.response == "abc 🙂"
    live.response = "x" * (LONGEST + 1)
    assert live.status == exercise.say("status.long", "en", n=f"{LONGEST:,}")
    assert kept(folder).responses[WRITE.id].response == "abc 🙂"


def test_a_response_the_face_cannot_give_is_refused(folder):
    live = sit(folder).show(CHOOSE.id)
    live.response = {"no": ["such"]}
    assert live.status == exercise.say("status.refused", "en")
    assert not (folder / responses.NAME).exists()


DAMAGE = {
    "truncated": lambda text: text[: len(text) // 2],
    "empty": lambda _: b"",
    "not JSON": lambda _: b"hello",
    "not UTF-8": lambda _: b"\xff\xfe\x00",
    "another format": lambda text: text.replace(b'"format": 1', b'"format": 7'),
    "NaN": lambda text: text.replace(b'"response": "', b'"response": NaN, "x": "'),
    "too large": lambda text: text + b" " * responses.LARGEST,
}


@pytest.mark.parametrize("how", list(DAMAGE))
@pytest.mark.parametrize("when", ["before", "between"])
def test_a_damaged_file_is_set_aside_and_nothing_of_it_is_lost(folder, how, when):
    path = folder / responses.NAME
    sitting = sit(folder)
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    broken = DAMAGE[how](path.read_bytes())
    path.write_bytes(broken)
    for number in (1, 2):
        if when == "before":
            sitting = sit(folder)
            assert f"responses.damaged-{number}.json" in sitting.show(CHOOSE.id).status
        live = sitting.show(WRITE.id)
        live.response = f"text {number}"
        if when == "between":
            assert f"responses.damaged-{number}.json" in live.status
        assert (folder / f"responses.damaged-{number}.json").read_bytes() == broken
        assert kept(folder).responses[WRITE.id].response == f"text {number}"
        path.write_bytes(broken)


def test_of_a_file_with_one_bad_answer_the_others_stay(folder):
    sitting = sit(folder)
    sitting.show(CHOOSE.id).response = CHOOSE.best()
    sitting.show(WRITE.id).response = "mine"
    path = folder / responses.NAME
    path.write_text(path.read_text(encoding="utf-8").replace(CHOOSE.best(), "no-such-choice"), encoding="utf-8")
    again = sit(folder)
    assert again.show(WRITE.id).response == "mine" and again.show(CHOOSE.id).response is None
    assert "no-such-choice" in (folder / "responses.damaged-1.json").read_text(encoding="utf-8")


def test_answers_to_another_release_are_set_aside_and_never_written_over(folder):
    sit(folder).show(CHOOSE.id).response = CHOOSE.best()
    path = folder / responses.NAME
    older = path.read_text(encoding="utf-8").replace(nine.RELEASE["release"], "0123456789abcdef")
    path.write_text(older, encoding="utf-8")
    live = sit(folder).show(CHOOSE.id)
    assert live.response is None and "responses.older-1.json" in live.status
    assert (folder / "responses.older-1.json").read_text(encoding="utf-8") == older
    path.write_text(older, encoding="utf-8")
    live.response = CHOOSE.best()
    assert (folder / "responses.older-2.json").read_text(encoding="utf-8") == older


@pytest.mark.parametrize("what", ["folder", "link"])
def test_what_is_no_plain_file_is_set_aside(folder, tmp_path, what):
    path = folder / responses.NAME
    target = tmp_path / "elsewhere"
    target.write_text("precious", encoding="utf-8")
    path.mkdir() if what == "folder" else path.symlink_to(target)
    live = sit(folder).show(CHOOSE.id)
    assert "responses.damaged-1.json" in live.status
    live.response = CHOOSE.best()
    assert live.status == "kept" and target.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    ("number", "place"),
    [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EROFS, "locked"), (errno.EACCES, "locked"), (5, "fault")],
)
def test_a_disk_that_refuses_is_said_in_the_item_and_tried_again(folder, monkeypatch, number, place):
    sitting = sit(folder)
    live, other = sitting.show(CHOOSE.id), sitting.show(WRITE.id)
    with monkeypatch.context() as patch:
        patch.setattr(responses, "write", lambda *_: (_ for _ in ()).throw(OSError(number, "no")))
        live.response = CHOOSE.best()
        assert live.status == exercise.say(f"status.{place}", "en", reason="no")
        live.language = "zh"
        assert live.status == exercise.say(f"status.{place}", "zh", reason="no")
        assert live.response == CHOOSE.best()
    other.response = "And now"
    assert live.status == other.status == "kept"
    assert set(kept(folder).responses) == {CHOOSE.id, WRITE.id}


@pytest.mark.parametrize(
    ("content", "place"),
    [(None, "release"), ("{", "broken"), ("[]", "broken"), ('{"format": 2, "items": []}', "broken")],
)
def test_an_exercise_that_is_not_whole_is_a_sentence(tmp_path, monkeypatch, capsys, content, place):
    monkeypatch.chdir(tmp_path)
    if content:
        (tmp_path / "items.json").write_text(content, encoding="utf-8")
    with pytest.raises(ReleaseError):
        read_release(tmp_path)
    for call in (lambda: notebook.ask(CHOOSE.id), notebook.finish):
        call()
        said = capsys.readouterr()
        assert exercise.say(f"missing.{place}", "zh").split("{")[0] in said.out
        assert said.err == ""


def test_without_a_front_end_the_public_face_is_shown_as_text(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    for scenario in nine.SCENARIOS.values():
        notebook.ask(scenario.id)
        said = capsys.readouterr()
        assert scenario.title.en in said.out and scenario.title.zh in said.out and "<" not in said.out
        assert said.err == ""
        assert not any(note.rationale.en in said.out for _, note in scenario.notes())
    notebook.ask("no-such-item")
    assert "no-such-item" in capsys.readouterr().out
    notebook.finish()
    assert f"0 of {len(nine.ITEMS)} answered" in capsys.readouterr().out
    assert not (folder / responses.NAME).exists()


def test_a_run_by_nbgrader_shows_text_and_keeps_nothing(folder):
    script = (
        "import nbformat, sys; from nbconvert.preprocessors import ExecutePreprocessor\n"
        f"book = nbformat.read('{nine.NAME}.ipynb', 4)\n"
        "ExecutePreprocessor(timeout=120, store_widget_state=False).preprocess(book, {})\n"
        "outputs = [o for c in book.cells if c.cell_type == 'code' for o in c.outputs]\n"
        "assert len(outputs) == 10, outputs\n"
        "assert all(o.output_type == 'display_data' and list(o.data) == ['text/plain'] for o in outputs), outputs\n"
    )
    environment = os.environ | {"NBGRADER_EXECUTION": "autograde"}
    subprocess.run([sys.executable, "-c", script], cwd=folder, env=environment, check=True, timeout=300)
    assert not (folder / responses.NAME).exists()
