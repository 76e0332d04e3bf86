"""No key and no rationale of a graded scenario is where a participant could find it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from functools import lru_cache
from html import unescape
from pathlib import Path

from click.testing import CliRunner

from singmuk import load
from singmuk.cli import main
from singmuk.lang import Text, walk
from singmuk.markdown import html

#: Words of a rationale that in a row can stand nowhere by chance.
RUN = 8
#: Chinese characters that do so.
SIGNS = 14


def plain(text):
    """Return *text* as a reader sees it: no tags, no entities, no escapes, one space between words."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found.group(1), 16)), text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", unescape(text))).lower()


def english(text):
    """Return the words of *text* without marks, so that no quote or bracket hides one."""
    return re.findall(r"[a-z0-9]+", text)


def chinese(text):
    """Return the Chinese characters of *text* and nothing else."""
    return "".join(re.findall("[\u3400-\u9fff]", text))


def secrets(course):
    """Yield (scenario, passage) for each graded scenario: every rationale, every model answer."""
    for scenario in course.scenarios.values():
        if scenario.graded:
            for _, note in scenario.notes():
                yield from ((scenario.id, one) for one in (note.rationale, note.tempting) if one)
            if scenario.kind == "write":
                yield scenario.id, scenario.model


@lru_cache(maxsize=4)
def runs(root):
    """Return what gives each graded scenario of the course in *root* away: runs of words, and of characters."""
    found = {}
    for name, passage in secrets(load.course(root)):
        words, signs = english(plain(html(passage.en))), chinese(plain(html(passage.zh)))
        for run in (words[:RUN], words[-RUN:]):
            if len(run) == RUN:
                found[tuple(run)] = name
        for start in (0, max(0, len(signs) - SIGNS)):
            if len(run := signs[start : start + SIGNS]) == SIGNS:
                found[run] = name
    known = open_runs(root)
    return {run: name for run, name in found.items() if run not in known}


def open_runs(root):
    """Return the runs that stand in the open by right: what practised scenarios say, which the book explains."""
    scenarios = load.course(root).scenarios.values()
    # What is practised is explained in the book; a graded scenario may explain a like thing in like words.
    practised = [root / "scenarios" / f"{one.id}.yml" for one in scenarios if not one.graded]
    texts = [path.read_text(encoding="utf-8") for path in practised]
    found = set()
    for text in texts:
        words, signs = english(plain(text)), chinese(plain(text))
        found |= {tuple(words[start : start + RUN]) for start in range(len(words))}
        found |= {signs[start : start + SIGNS] for start in range(len(signs))}
    return found


def found_in(content, course):
    seen = plain(content)
    words, signs = english(seen), chinese(seen)
    there = {tuple(words[start : start + RUN]) for start in range(len(words))}
    there |= {signs[start : start + SIGNS] for start in range(len(signs))}
    known = runs(course.root)
    return [(known[run], run) for run in there if run in known]


def test_the_scan_finds_a_planted_secret(course):
    scenario = next(one for one in course.scenarios.values() if one.graded)
    note = next(iter(scenario.notes()))[1]
    assert found_in(f"<p>{note.rationale.en}</p>", course)
    assert found_in(json.dumps({"x": html(note.rationale.zh)}), course)


def test_nothing_of_a_graded_scenario_is_in_the_book_or_its_search_index(pages, course):
    graded = [scenario for scenario in course.scenarios.values() if scenario.graded]
    assert len(graded) >= 10
    for path in sorted(pages.rglob("*")):
        if path.suffix in (".html", ".js", ".json", ".txt", ".inv", ".svg"):
            content = path.read_text(encoding="utf-8", errors="replace")
            assert found_in(content, course) == [], path.name
            if path.suffix == ".html":
                assert not [one.id for one in graded if f'data-id="{one.id}"' in content], path.name


def test_the_public_half_holds_no_secret(course):
    for scenario in course.scenarios.values():
        text = json.dumps(scenario.public(), ensure_ascii=False)
        assert found_in(text, course) == []
        assert not {
            "key",
            "keys",
            "answer",
            "rationale",
            "tempting",
            "verdict",
            "remove",
            "value",
            "bin",
            "model",
        } & set(re.findall(r'"([a-z-]+)":', text))


def test_every_text_of_the_secret_half_is_known_to_the_scan(course):
    scenario = course.scenarios["may-it-go-in"]
    assert sum(isinstance(record, Text) for _, record in walk(scenario)) > len(scenario.cases) * 2


def test_the_wheel_holds_no_course(tmp_path, course, root):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert not [
            name for name in names if Path(name).parts[0] in ("scenarios", "assignments", "source", "solutions")
        ]
        for name in names:
            assert found_in(archive.read(name).decode("utf-8", errors="replace"), course) == [], name


def test_nothing_of_a_graded_scenario_is_in_a_release_or_its_page(course, root, tmp_path):
    released = sorted(path for path in (root / "exercises").rglob("*") if path.is_file())
    assert {path.name for path in released} >= {"items.json", "pdpo-basics.ipynb"}
    page = tmp_path / "page.html"
    result = CliRunner().invoke(main, ["page", "--course", str(root), "pdpo-basics", "--out", str(page)])
    assert result.exit_code == 0, result.output
    for path in [*released, page]:
        content = path.read_text(encoding="utf-8")
        assert found_in(content, course) == [], path.name
        assert not re.search(r"HIDDEN TESTS|MARK SCHEME", content), path.name
    solved = (root / "solutions" / "pdpo-basics" / "pdpo-basics.ipynb").read_text(encoding="utf-8")
    assert found_in(solved, course), "the scan would see a secret if there were one"
