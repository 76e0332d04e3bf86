"""The trainer's guide describes every command with its options, and shows pictures that are small and described."""

from __future__ import annotations

import re

import click
import pytest
import yaml

from singmuk import load
from singmuk.cli import main
from tests.conftest import ROOT

GUIDE = ROOT / "course" / "trainers"
HOSTING = ROOT / "course" / "hosting"
PAGES = {
    path.stem: path.read_text(encoding="utf-8") for folder in (GUIDE, HOSTING) for path in sorted(folder.glob("*.md"))
}
#: What every command has; the page says so once.
COMMON = {"--course", "--help"}


def commands(group=main, before=""):
    """Return every command by what one types, those of a group with the group's name before theirs."""
    found = {}
    for name, command in group.commands.items():
        below = commands(command, f"{before}{name} ") if isinstance(command, click.Group) else {}
        found |= below or {f"{before}{name}": command}
    return found


COMMANDS = commands()
#: Those that are about a hub, a file or a plan, and not about one course.
WITHOUT_COURSE = {name for name in COMMANDS if name.startswith("hub ")}


def entries():
    """Return what the page of commands says of each, by name."""
    found = re.split(r"^- `singmuk (?=[a-z])", PAGES["commands"], flags=re.MULTILINE)[1:]
    return {re.match(r"(?:hub )?[a-z-]+", one).group(0): one.split("\n## ")[0] for one in found}


def options(command):
    """Return the options of *command* as one types them, all spellings of a switch included."""
    given = [one for one in command.params if isinstance(one, click.Option)]
    return {name for one in given for name in (*one.opts, *one.secondary_opts) if name.startswith("--")} - COMMON


def test_the_page_of_commands_names_every_command_and_no_other():
    assert list(entries()) and set(entries()) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_described_with_the_options_it_has(name):
    assert set(re.findall(r"`(--[a-z-]+)`", entries()[name])) == options(COMMANDS[name])


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_written_with_the_arguments_it_takes(name):
    shown = re.match(r"[^`]*", entries()[name]).group(0).removeprefix(name).split()
    arguments = [one for one in COMMANDS[name].params if isinstance(one, click.Argument)]
    wanted = []
    for one in arguments:
        word = (one.metavar or one.name).strip("[]").upper()
        wanted.append(word if one.required else f"[{word}]")
    assert shown == wanted


def test_the_options_of_all_commands_are_named_once():
    head = PAGES["commands"].split("## ")[0]
    assert all(option in head for option in COMMON)
    courses = [command for name, command in COMMANDS.items() if name not in WITHOUT_COURSE]
    assert all(any("--course" in one.opts for one in command.params) for command in courses)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_commands_in_the_guide_exist_with_the_options_shown(name):
    for command, rest in re.findall(r"^ {4}singmuk ((?:hub )?[a-z]+)(.*)$", PAGES[name], re.MULTILINE):
        assert set(re.findall(r"--[a-z-]+", rest)) <= options(COMMANDS[command]), command
    for command in re.findall(r"`singmuk ((?:hub )?[a-z]+)", PAGES[name]):
        assert command in COMMANDS


def test_every_page_stands_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    there = {
        file.removesuffix(".md")
        for file in (str(one.relative_to(ROOT)) for one in [*GUIDE.glob("*.md"), *HOSTING.glob("*.md")])
    }
    assert there == {name for name in files if name.startswith(("course/trainers/", "course/hosting/"))}


def test_pictures_are_used_small_and_described():
    used = {}
    for text in PAGES.values():
        used |= dict(re.findall(r"\{figure\} pictures/(\S+)\n:alt: (.+)", text))
    there = {path.name: path for path in (GUIDE / "pictures").iterdir()}
    assert set(used) == set(there)
    assert all(len(alt) > 60 for alt in used.values())
    for path in there.values():
        assert path.stat().st_size < 150_000 and path.read_bytes().startswith(b"\x89PNG")


def test_the_figures_of_the_pass_mark_are_those_of_the_assignment():
    assignment = load.course(ROOT).assignments["pdpo-basics"]
    text = PAGES["pass-marks"]
    judged = sum(place.points * place.expected for place in assignment.scenarios)
    assert f"{judged:.1f} of {assignment.points:g} points" in text
    assert f"half a point: {assignment.pass_mark.points:g}." in text
    assert len(assignment.scenarios) == 11 and "Ten of the eleven items" in PAGES["grade-and-tell"]
