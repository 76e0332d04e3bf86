"""What a seat lays into a home before it starts: the public halves, once, and never over an answer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest
from markdown_it import MarkdownIt

from singmuk.hub import seat, words
from tests.conftest import ROOT

NAME = "pdpo-basics"


@pytest.fixture
def releases(tmp_path):
    """Give a folder of two releases, with files in it that are nobody's."""
    folder = tmp_path / "releases"
    for name in (NAME, "before"):
        shutil.copytree(ROOT / "exercises" / name, folder / name)
    (folder / NAME / "key.yml").write_text("key: secret", encoding="utf-8")
    (folder / "half").mkdir()
    (folder / "half" / "items.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def changed(releases, **fields):
    """Release pdpo-basics anew, with *fields* in its items."""
    path = releases / NAME / "items.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def laid(home):
    """Return every file in *home* by its path."""
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def test_public_halves_are_laid_and_nothing_else(home, releases):
    seat.prepare(home, str(releases))
    halves = {f"{name}/{file}" for name in (NAME, "before") for file in (f"{name}.ipynb", "items.json")}
    assert laid(home) == halves | {"START.md"}


def test_answers_stay_and_a_newer_release_comes_beside(home, releases):
    seat.prepare(home, str(releases))
    answers, notebook = home / NAME / "responses.json", home / NAME / f"{NAME}.ipynb"
    answers.write_text("mine", encoding="utf-8")
    notebook.write_text("my notes", encoding="utf-8")
    seat.prepare(home, str(releases))
    assert (answers.read_text(), notebook.read_text()) == ("mine", "my notes")
    changed(releases, release="0123456789abcdef")
    for _ in range(2):
        seat.prepare(home, str(releases))
        assert {path.name for path in home.iterdir() if path.is_dir()} == {NAME, f"{NAME}-01234567", "before"}
    assert (answers.read_text(), notebook.read_text()) == ("mine", "my notes")
    assert f"({NAME}-01234567/{NAME}.ipynb)" in (home / "START.md").read_text(encoding="utf-8")


def test_the_first_page_leads_to_every_exercise_in_both_languages(home, releases):
    changed(releases, title={"en": "A [bracket](javascript:alert(1)) <b>", "zh": "括號"})
    seat.prepare(home, str(releases))
    shown = MarkdownIt("commonmark").render((home / "START.md").read_text(encoding="utf-8"))
    links = re.findall(r'href="([^"]*)"', shown)
    assert len(links) == 4 and {(home / link).is_file() for link in links} == {True}
    assert links[0].startswith("before/") and "A [bracket](javascript:alert(1)) &lt;b&gt;" in shown and "括號" in shown


@pytest.mark.parametrize("places", ["", "nowhere", "empty"])
def test_without_releases_a_seat_says_so_to_its_owner_and_to_the_log(home, tmp_path, places, capsys):
    (tmp_path / "empty").mkdir()
    seat.prepare(home, str(tmp_path / places) if places else "")
    text = (home / "START.md").read_text(encoding="utf-8")
    assert words.words()["empty"]["en"] in text and words.words()["empty"]["zh"] in text
    assert "SINGMUK_RELEASES" in capsys.readouterr().err


def test_a_link_in_the_home_is_not_written_through(home, tmp_path, releases):
    other = tmp_path / "other"
    other.write_text("somebody else's", encoding="utf-8")
    (home / "START.md").symlink_to(other)
    (home / NAME).symlink_to(tmp_path)
    seat.prepare(home, str(releases))
    assert other.read_text(encoding="utf-8") == "somebody else's" and not (home / "START.md").is_symlink()
    assert not (tmp_path / "items.json").exists()


def test_a_home_that_cannot_be_written_is_named_and_the_seat_starts(tmp_path, releases):
    (tmp_path / "singmuk").write_text("no folder", encoding="utf-8")
    environment = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        seat.RELEASES: str(releases),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "singmuk.hub.seat", "--version"], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "singmuk: File exists; make room in the home, or mend its permissions" in done.stderr
    assert done.returncode == 0 and re.fullmatch(r"[0-9.]+", done.stdout.strip()), (done.stdout, done.stderr)


def test_a_seat_loads_little_before_it_becomes_its_server():
    told = subprocess.run(
        [sys.executable, "-c", "import sys, singmuk.hub.seat; print(*sys.modules)"],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    ).stdout.split()  # fmt: skip
    assert not {"pydantic", "nbgrader", "sqlalchemy", "fastapi", "jupyterhub"} & set(told)
