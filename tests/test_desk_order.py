"""In which order assignments stand, and what of the book is counted as read."""

from __future__ import annotations

import contextlib
import json

import pytest

from singmuk.desk.order import in_order
from singmuk.desk.releases import Release, Releases
from tests import desks
from tests.conftest import ROOT
from tests.desk_wire import PAGE

TESTS = ("before", "after")


def contents(*parts):
    """Return the contents of a book whose *parts* hold the assignments named."""
    return {"parts": [{"assignments": list(names)} for names in parts]}


def release(name):
    return Release({"assignment": name, "pass_mark": {"points": 1, "compare": name in TESTS}}, {})


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([TESTS, ["b"], ["a"]], ["before", "b", "a", "c", "after"], id="both on the first page"),
        pytest.param([["before"], ["b"], ["a"], ["after"]], ["before", "b", "a", "c", "after"], id="each in its place"),
        pytest.param([["b"], ["a"]], ["b", "a", "after", "before", "c"], id="not in the book"),
        pytest.param([], ["a", "after", "b", "before", "c"], id="no book"),
    ],
)
def test_the_book_decides_the_order_and_tests_stand_around_the_parts(parts, expected):
    found = [release(name) for name in ("a", "after", "b", "before", "c")]
    assert [one.name for one in in_order(found, contents(*parts))] == expected


def test_the_course_begins_with_one_test_and_ends_with_the_other(pages):
    book = json.loads((pages / "singmuk.json").read_text(encoding="utf-8"))
    names = [one.name for one in in_order(Releases(ROOT / "exercises").all(), book)]
    assert (names[0], names[1], names[-1]) == ("before", "landscape-basics", "after")


@pytest.mark.parametrize("folder", ["", "zh/"])
def test_a_page_of_a_part_without_scenarios_notes_that_it_was_read(tmp_path, folder):
    root = desks.lay(tmp_path)
    book = root / "_build" / "html" / folder
    book.mkdir(parents=True)
    page = PAGE.replace("<html>", '<html lang="zh-Hant-HK">') if folder else PAGE
    own = page.replace("</body>", '<script type="application/json" id="singmuk-page">{}</script></body>')
    for name, text in {"index.html": page, "a/b.html": page, "own.html": own, "other.html": page}.items():
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text(text, encoding="utf-8")
    listed = [{"doc": "a/b", "href": "a/b.html", "title": "B"}, {"doc": "own", "href": "own.html", "title": "O"}]
    part = {"caption": "P", "pages": listed, "scenarios": [], "assignments": []}
    made = {"course": "c</script>", "version": "1", "parts": [part]}
    (book / "singmuk.json").write_text(json.dumps(made), encoding="utf-8")
    with desks.running(desks.settings(root)) as desk, contextlib.closing(desk.client()) as client:
        shown = {
            name: client.get(f"/book/{folder}{name}.html").text.count('id="singmuk-page"')
            for name in ("index", "a/b", "own", "other")
        }
        assert shown == {"index": 0, "a/b": 1, "own": 1, "other": 0}
        answer = client.get(f"/book/{folder}a/b.html")
        assert answer.text.count("reading.js") == 1 and answer.text.count("</script>") == 3
        assert "reading.js" not in client.get(f"/book/{folder}own.html").text
        scripts = answer.headers["content-security-policy"].partition("script-src ")[2].partition(";")[0]
        assert scripts.startswith("'self' 'sha256-") and "unsafe" not in scripts
        assert client.get("/static/reading.js").headers["content-type"].startswith("text/javascript")
