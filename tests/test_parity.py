"""Unmodified nbgrader, with kernels and stock configuration, gives the points that our ways of grading give."""

from __future__ import annotations

import ast
import contextlib
import json
import random
import shutil

import pytest

from singmuk import build, exercise, load, responses
from singmuk.grading import materials
from singmuk.scoring import grade, points
from tests import courses, nine
from tests.conftest import ROOT
from tests.courses import ASSIGNMENTS

#: How many submissions nbgrader grades with a kernel each.
STOCK = {nine.NAME: 22, "pdpo-basics": 14}
#: How many are scored by the hidden tests in this process.
MANY = 200
EXPECTED = json.loads((ROOT / "tests" / "expected" / "pdpo-basics.json").read_text(encoding="utf-8"))
ODD = [
    *(True, False, 0, -1, 1.5, 1e308, -0.0, 10**30, "", " ", "NaN", "\u3000", "zh-漢字🙂", "x" * 30_000),
    *([], {}, [[]], [None], {"": ""}, [{"a": ["b"]}], "__proto__", ["constructor"], {"toString": "go"}),
]


def some(pick, scenario):  # noqa: PLR0911  (one return for each kind reads best)
    """Return a response that the face can give, more often nearly right than not."""
    best = scenario.best()
    match scenario.kind:
        case "choose":
            return pick.choice([choice.id for choice in scenario.choices])
        case "number":
            wrong = [one.value for one in scenario.wrong]
            near = [best + scenario.tolerance, best - scenario.tolerance * 1.001, best + 1e-10, int(best), -best]
            return pick.choice([best, *near, *wrong])
        case "write":
            return pick.choice(["", " \n", "ok", "<b>text</b>", "一段文字。" * 40, scenario.model.zh])
        case "order":
            steps = list(best)
            for _ in range(pick.randrange(4)):
                first = pick.randrange(len(steps) - 1)
                steps[first : first + 2] = reversed(steps[first : first + 2])
            return steps
        case "branch":
            nodes, place, way = {node.id: node for node in scenario.nodes}, scenario.start, []
            while place in nodes:
                turn = pick.choice(nodes[place].choices)
                way, place = [*way, turn.id], turn.to
            return way
        case "judge" | "sort":
            places = sorted(set(best.values()))
            return {key: pick.choice([value, value, pick.choice(places)]) for key, value in best.items()}
        case _:
            options = scenario.choices if scenario.kind == "select" else scenario.spans
            return [one.id for one in options if pick.random() < (0.8 if one.id in best else 0.2)]


def spoilt(pick, response):
    """Return *response* with something in it that no face gives, or that it gives seldom."""
    match response:
        case list():
            extra = pick.choice([response[:1], ["nothing-like-it"], [7], [None], []])
            return pick.choice(
                [response + extra, response[:-1], response[::-1], response * 2, dict.fromkeys(map(str, response))]
            )
        case dict():
            key = pick.choice([*response, "no-such-row"])
            return {**response, key: pick.choice(["no-such-place", None, 3, ["go"], ""])}
        case str():
            return pick.choice([response.upper(), f"{response} ", [response], response[:-1], response * 2])
        case _:
            return pick.choice([str(response), [response], response * 1.5 + 1, True])


def awkward(pick, scenarios):
    """Return responses to *scenarios* as participants, slips and attacks make them; some are missing."""
    found = {}
    for scenario in scenarios:
        fate = pick.random()
        if fate < 0.08:
            continue
        if fate < 0.16:
            found[scenario.id] = None
        elif fate < 0.30:
            found[scenario.id] = pick.choice(ODD)
        else:
            response = scenario.best() if fate < 0.5 else some(pick, scenario)
            found[scenario.id] = spoilt(pick, response) if fate > 0.85 else response
    return found


def files(root, name):
    """Return texts of responses.json that are at fault as a whole, by a name for each."""
    known = load.course(root)
    best = {place.id: known.scenarios[place.id].best() for place in known.assignments[name].scenarios}
    whole = courses.responses_text(root, name, best)
    first = next(iter(best))
    return {
        "no-file": None,
        "empty-file": "",
        "cut-off": whole[:-40],
        "other-release": courses.responses_text(root, name, best, release="0123456789abcdef"),
        "other-assignment": courses.responses_text(root, name, best, assignment="another-one"),
        "other-format": courses.responses_text(root, name, best, format=2),
        "twice": whole.replace(f'"{first}":', f'"{first}": {{"response": null, "day": "2026-11-22"}}, "{first}":', 1),
        "not-a-number": whole.replace('"response":', '"response": NaN, "first":', 1),
        "huge-number": courses.responses_text(root, name, best | {first: 0}).replace(
            '"response": 0', '"response": 1e999'
        ),
        "deep": courses.responses_text(root, name, best | {first: 0}).replace("0,", "[" * 5000 + "]" * 5000 + ",", 1),
        "stranger": courses.responses_text(root, name, best | {"no-such-scenario": "x"}),
        "marked": "\ufeff" + whole,
    }


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    """Return a built course with submissions of all sorts to both assignments."""
    root = courses.lay(tmp_path_factory.mktemp("ours"))
    build.build(root)
    known = load.course(root)
    pick = random.Random(20261122)
    for name in ASSIGNMENTS:
        scenarios = [known.scenarios[place.id] for place in known.assignments[name].scenarios]
        texts = {f"odd-{what}": text for what, text in files(root, name).items()} if name == nine.NAME else {}
        if name == "pdpo-basics":
            texts |= {
                participant: courses.responses_text(root, name, one["responses"])
                for participant, one in EXPECTED["participants"].items()
            }
        for number in range(STOCK[name] - len(texts)):
            language = pick.choice(["en", "zh-Hant"])
            texts[f"some-{number}"] = courses.responses_text(root, name, awkward(pick, scenarios), language=language)
        for student, text in texts.items():
            courses.hand_in(root, name, student, text)
    return root


@pytest.fixture(scope="module")
def by_stock(submitted, tmp_path_factory):
    """Return the points of every cell by assignment and participant, as unmodified nbgrader gives them."""
    folder = courses.stock(submitted, tmp_path_factory.mktemp("stock"))
    for name in ASSIGNMENTS:
        courses.run(folder, "nbgrader", "generate_assignment", name)
        courses.run(folder, "nbgrader", "autograde", name)
    return {name: courses.grades(folder, name) for name in ASSIGNMENTS}


@pytest.fixture(scope="module")
def by_ours(submitted):
    """Return the same from `nbgrader autograde` with our configuration."""
    for name in ASSIGNMENTS:
        courses.run(submitted, "nbgrader", "generate_assignment", "--force", name)
        courses.run(submitted, "nbgrader", "autograde", name)
    return {name: courses.grades(submitted, name) for name in ASSIGNMENTS}


@pytest.fixture(scope="module")
def by_bulk(submitted, tmp_path_factory):
    """Return the same from `singmuk grade`."""
    folder = tmp_path_factory.mktemp("bulk") / "course"
    shutil.copytree(submitted, folder, ignore=shutil.ignore_patterns("gradebook.db*", "autograded"))
    for name in ASSIGNMENTS:
        courses.run(folder, "singmuk", "grade", name)
    return {name: courses.grades(folder, name) for name in ASSIGNMENTS}


def test_unmodified_nbgrader_and_ours_give_equal_points_in_each_cell_and_in_total(by_stock, by_ours):
    assert by_ours == by_stock
    cells = [points for name in ASSIGNMENTS for one in by_stock[name].values() for points in one.values()]
    assert len(cells) - sum(STOCK.values()) >= 300
    assert len(set(cells)) > 20  # partial credit of many sorts, not zeros alone


def test_the_bulk_path_gives_equal_points_in_each_cell_and_in_total(by_stock, by_bulk):
    assert by_bulk == by_stock


def test_the_bulk_path_writes_the_same_graded_notebooks(submitted, by_ours, by_bulk, tmp_path_factory):
    bulk = next(path for path in tmp_path_factory.getbasetemp().glob("bulk*/course"))
    ours = sorted((submitted / "autograded").rglob("*.ipynb"))
    assert len(ours) == sum(STOCK.values())
    for path in ours:
        assert (bulk / path.relative_to(submitted)).read_bytes() == path.read_bytes(), path


@pytest.mark.parametrize("participant", EXPECTED["participants"])
def test_the_expected_table_is_what_nbgrader_pays(participant, by_stock):
    expected = EXPECTED["participants"][participant]
    wanted = {name: points or 0.0 for name, points in expected["points"].items()} | {"total": expected["total"]}
    assert by_stock["pdpo-basics"][participant] == pytest.approx(wanted)


def hidden_tests(notebook):
    """Return the code of each graded cell by its name, and its last expression."""
    found = {}
    for cell in notebook["cells"]:
        if cell["metadata"]["nbgrader"]["grade"]:
            *before, last = ast.parse("".join(cell["source"])).body
            assert isinstance(last, ast.Expr)
            code = compile(ast.Module(before, []), "cell", "exec")
            found[cell["metadata"]["nbgrader"]["grade_id"]] = code, compile(ast.Expression(last.value), "cell", "eval")
    return found


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_hidden_tests_and_grading_agree_on_hundreds_of_submissions(name, submitted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    known = materials.materials(submitted, name)
    tests = hidden_tests(materials.notebook(submitted / "source" / name / f"{name}.ipynb"))
    pick = random.Random(name)
    texts = [courses.responses_text(submitted, name, awkward(pick, known.scenarios.values())) for _ in range(MANY)]
    for text in [*texts, *files(submitted, name).values()]:
        with contextlib.suppress(FileNotFoundError):
            (tmp_path / responses.NAME).unlink()
        if text is not None:
            (tmp_path / responses.NAME).write_bytes(text.encode("utf-8"))
        content = materials.submitted(tmp_path / responses.NAME)
        ours = exercise.points_of(known.template, known.scenarios, materials.taken(content, known.release)[0])
        for cell, (before, last) in tests.items():
            space = {"grade": grade, "points": points}
            exec(before, space)
            paid = eval(last, space)
            assert type(paid) is float
            assert paid == ours[cell], (cell, text)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("participant", EXPECTED["participants"])
def test_the_expected_table_is_what_the_course_pays(participant, course):
    expected = EXPECTED["participants"][participant]
    assignment = course.assignments["pdpo-basics"]
    for place in assignment.scenarios:
        share = course.scenarios[place.id].share(expected["responses"].get(place.id))
        earned = None if share is None else place.points * share
        assert earned == pytest.approx(expected["points"][place.id]), place.id
    assert sum(earned or 0.0 for earned in expected["points"].values()) == pytest.approx(expected["total"])
