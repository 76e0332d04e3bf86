"""Every command says what it did, and what to do when it could not."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import urllib.request

import pytest
from click.testing import CliRunner

from singmuk import preview, publish, serving
from singmuk.cli import main
from singmuk.kinds import kinds


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def copy(tmp_path, root):
    """Give a copy of the course's sources that a test may break."""
    for name in ("scenarios", "assignments", "course", "schema"):
        shutil.copytree(root / name, tmp_path / name)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(root / name, tmp_path)
    return tmp_path


def test_check_says_that_the_course_is_good(run, root):
    result = run("check", "--course", root)
    assert result.exit_code == 0, result.output
    assert re.match(r"All good: \d+ scenarios, \d+ assignments, \d+ sources\.", result.output)


def test_check_lists_every_fault_and_leaves_with_one(run, copy):
    path = copy / "scenarios" / "paste-the-complaint.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("\nkey: ", "\nkee: "), encoding="utf-8")
    (copy / "scenarios" / "empty.yml").write_text("", encoding="utf-8")
    (copy / "schema" / "choose.json").write_text("{}", encoding="utf-8")
    result = run("check", "--course", copy)
    assert result.exit_code == 1
    assert "scenarios/empty.yml:1: scenario: is empty; fill it in or delete it" in result.output
    assert "kee: is not a field we know; did you mean 'key'?" in result.output
    assert "schema/choose.json:1: file: is stale; run `singmuk schema`" in result.output
    assert "Traceback" not in result.output


def test_check_of_one_file_leaves_the_others_out(run, copy):
    (copy / "scenarios" / "empty.yml").write_text("", encoding="utf-8")
    assert run("check", "--course", copy, "scenarios/first-hour.yml").exit_code == 0
    result = run("check", "--course", copy, "scenarios/nothing.yml")
    assert result.exit_code == 2 and "no such scenario or assignment: nothing.yml" in result.output


def test_a_folder_without_a_course_is_said_to_be_one(run, tmp_path):
    result = run("check", "--course", tmp_path)
    assert result.exit_code == 2 and "no course is here" in result.output


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_new_writes_a_template_that_is_sound(run, copy, kind):
    result = run("new", "--course", copy, kind, f"a-new-{kind}")
    assert result.exit_code == 0, result.output
    checked = run("check", "--course", copy, f"scenarios/a-new-{kind}.yml")
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("Not A Name", "is no name for a scenario", id="no id"),
        pytest.param("../outside", "is no name for a scenario", id="path"),
        pytest.param("first-hour", "exists already", id="taken"),
        pytest.param("x" * 61, "is no name for a scenario", id="too long"),
    ],
)
def test_new_refuses_a_name_that_cannot_be(run, copy, name, says):
    before = (copy / "scenarios" / "first-hour.yml").read_bytes()
    result = run("new", "--course", copy, "choose", name)
    assert result.exit_code == 1 and says in result.output
    assert (copy / "scenarios" / "first-hour.yml").read_bytes() == before


@pytest.mark.parametrize("command", sorted(main.commands))
def test_each_command_has_help_with_an_example(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example:" in result.output and f"singmuk {command}" in result.output


def test_the_preview_shows_the_scenario_and_its_faults(copy):
    assert "singmuk-scenario" in preview.page(copy, "first-hour")
    path = copy / "scenarios" / "first-hour.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("level: ", "levle: "), encoding="utf-8")
    page = preview.page(copy, "first-hour")
    assert "did you mean" in page and 'class="faults"' in page


def test_the_preview_of_an_unknown_scenario_names_the_nearest(run, root):
    result = run("preview", "--course", root, "first-houre")
    assert result.exit_code == 2 and "did you mean 'first-hour'?" in result.output


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind((serving.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < serving.free_port(port) < port + serving.TRIES


def test_pages_are_served_on_loopback_alone(tmp_path):
    (tmp_path / "index.html").write_text("hello", encoding="utf-8")
    with serving.server(tmp_path, 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        host, port = running.server_address[:2]
        assert host == "127.0.0.1"
        with urllib.request.urlopen(f"http://{host}:{port}/") as answer:
            assert answer.read() == b"hello"
        running.shutdown()


def test_a_book_with_a_fault_is_refused_with_the_reason_and_the_old_pages_stay(copy, run):
    path = copy / "course" / "pdpo" / "who-answers.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n{cite}`nobody-2020`\n", encoding="utf-8")
    old = copy / "_build" / "html" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("old", encoding="utf-8")
    with pytest.raises(publish.BuildError, match="nobody-2020"):
        publish.build(copy)
    assert old.read_text(encoding="utf-8") == "old"
