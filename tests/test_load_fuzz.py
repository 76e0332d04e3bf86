"""Whatever stands in a file of a course, reading it ends in faults and never in a traceback."""

from __future__ import annotations

from contextlib import contextmanager
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from singmuk import load, yaml_lines
from singmuk.assignment import Assignment
from singmuk.faults import field_faults, partial
from singmuk.kinds import kinds
from singmuk.lint import lint
from tests.conftest import ROOT, golden_data, golden_text

TEMPLATES = {kind: golden_text(kind, "new-scenario").splitlines(keepends=True) for kind in kinds()}
ASSIGNMENT = (ROOT / "assignments" / "pdpo-basics.yml").read_text(encoding="utf-8").splitlines(keepends=True)

#: What may come to stand in the place of a value.
JUNK = ["", "~", "no", "7", "1.5", "[]", "{}", "[[a]]", "{a: b}", "*x", "&x y", "!!binary aGk=", "!!set {a}"]
JUNK += ["'", '"', "- ", "? ", ": ", "|", "---", "\t", "\x00", "\ufffe", '"\\ud800"', "!!int ''", "0x1f", "1:30"]
JUNK += [".inf", "<<", "2027-01-01"]

mutations = st.lists(
    st.tuples(
        st.sampled_from(["delete", "double", "swap", "indent", "value", "line", "cut"]),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.sampled_from(JUNK) | st.text(max_size=20),
    ),
    min_size=1,
    max_size=5,
)


def mutate(lines, changes):
    """Return the text of *lines* after all *changes*."""
    lines = list(lines)
    for how, one, other, junk in changes:
        here, there = one % len(lines), other % len(lines)
        key, colon, _ = lines[here].partition(":")
        match how:
            case "delete":
                lines[here] = ""
            case "double":
                lines.insert(there, lines[here])
            case "swap":
                lines[here], lines[there] = lines[there], lines[here]
            case "indent":
                lines[here] = " " * (other % 7) + lines[here].lstrip()
            case "value":
                lines[here] = f"{key}{colon} {junk}\n"
            case "line":
                lines.insert(here, junk + "\n")
            case "cut":
                lines[here] = lines[here][: other % 20]
    return "".join(lines)


@contextmanager
def course_of(**files):
    """Give a folder in which *files* stand as scenarios, and one as the assignment of that name."""
    with TemporaryDirectory() as name:
        root = type(ROOT)(name)
        for folder in ("scenarios", "assignments", "course"):
            (root / folder).mkdir()
        (root / "course" / "references.bib").write_text("@misc{cap486, title = {Ordinance}}", encoding="utf-8")
        for stem, text in files.items():
            folder = "assignments" if stem == "assignment" else "scenarios"
            raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
            (root / folder / f"{stem.replace('_', '-')}.yml").write_bytes(raw)
        yield root


def assert_told(root):
    """Assert that the course in *root* is read, and that every fault is one line of plain words."""
    course = load.course(root)
    for fault in course.faults:
        assert "\n" not in str(fault)
        assert fault.line >= 1
        assert str(fault).isprintable() or not str(fault).isascii()
    assert len(set(course.faults)) == len(course.faults)  # a field that stands there thrice is told at two lines
    lint(course)
    return course


@pytest.mark.parametrize("kind", list(kinds()))
@given(changes=mutations)
@settings(max_examples=60)
def test_a_mutated_scenario_is_told_and_never_raises(kind, changes):
    with course_of(new_scenario=mutate(TEMPLATES[kind], changes)) as root:
        course = assert_told(root)
        assert course.faults or course.scenarios


@given(changes=mutations)
@settings(max_examples=60)
def test_a_mutated_assignment_is_told_and_never_raises(changes):
    with course_of(assignment=mutate(ASSIGNMENT, changes)) as root:
        assert assert_told(root).faults


@given(raw=st.binary(max_size=300))
@settings(max_examples=100)
@example(raw=b"\xef\xbb\xbfid: x\n")
@example(raw=b"id: x\r\nkind: choose\r\n")
@example(raw=b"a: &a [*a]\n")
@example(raw=b"? [a, b]\n: c\n")
@example(raw=b"!!set {a, b}\n")
@example(raw=b"&a [&b [*a, *b], *b]\n")
def test_random_bytes_are_told_and_never_raise(raw):
    with course_of(new_scenario=raw, assignment=raw) as root:
        assert assert_told(root).faults


@given(text=st.text(st.sampled_from("ab:-[]{}&*!|>'\"# \n\t,?%@`~1.\u6211"), max_size=80))
@settings(max_examples=300)
def test_any_text_is_a_document_or_a_fault(text):
    document = yaml_lines.parse(text)
    assert document.data is not None or document.faults
    assert document.line(("no", "such", 7, "place")) >= 1


LEAVES = st.sampled_from(
    [None, True, 0, -1, 1.5, "", " ", "a", "stop", [], {}, [None], {"en": "a"}, {"en": "a", "zh": "b"}]
)


def places_in(value, path=()):
    """Yield the path of everything inside *value*."""
    if path:
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places_in(item, (*path, key))


@pytest.mark.parametrize("kind", list(kinds()))
@given(data=st.data())
@settings(max_examples=60)
def test_a_wrong_value_anywhere_has_a_fault_at_its_place_or_within(kind, data):
    scenario = golden_data(kind)
    path = data.draw(st.sampled_from(list(places_in(scenario))))
    holder = scenario
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = data.draw(LEAVES)
    found = field_faults(kinds()[kind], scenario)
    assert all(place[: len(path)] == path for place, _ in found)
    assert len({place for place, _ in found}) == len(found)


@given(data=st.dictionaries(st.sampled_from(["id", "scenarios", "pass-mark", "title", "odd"]), LEAVES))
def test_a_partial_record_has_only_sound_fields(data):
    record = partial(Assignment, data)
    assert all(getattr(record, name, None) is not None for name in record.__dict__)
