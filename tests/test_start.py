"""`singmuk start` runs everything together, stops everything together, and leaves no process and no port behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from singmuk.desk import start
from tests import courses, submissions

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Give a course whose book is built, as far as a start looks."""
    root = submissions.lay(tmp_path_factory.mktemp("start") / "course")
    book(root)
    return root


def book(root):
    """Put a book of one page into *root* that is as new as what it is made of."""
    index = courses.put(
        root / "_build" / "html" / "index.html", "<!doctype html><html><head></head><body>Book</body></html>"
    )
    courses.put(root / "_build" / ".made-from", f"{start.sources(root)} {index.stat().st_mtime_ns}")


class Started:
    """A running `singmuk start`, in a session of its own."""

    def __init__(self, root):
        self.said = ""
        self.process = subprocess.Popen(
            [BIN / "singmuk", "start", "--no-open"],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )

    def addresses(self):
        """Return the three addresses by name, once they are printed."""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        found = dict(re.findall(r"^  (\w[\w' ]+?) {2,}(http://\S+)$", self.said, re.MULTILINE))
        assert list(found) == ["Course", "Trainer's room", "Formgrader"], self.said + self.process.stdout.read()
        return found

    def members(self):
        """Return the processes of the session, by what they run."""
        found = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
                words = (path.parent / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if int(fields[3]) == self.process.pid and fields[0] != "Z":
                found[int(path.parent.name)] = words
        return found

    def child(self, name):
        """Return the process that runs the command *name*."""
        return next(pid for pid, words in self.members().items() if "-c" in words and name in words)

    def end(self, seconds=40):
        """Wait for the end, and return the exit code; nothing may be left."""
        self.said += self.process.communicate(timeout=seconds)[0]
        self.gone()
        return self.process.returncode

    def gone(self, seconds=15):
        """Wait until no process of the session is left."""
        until = time.monotonic() + seconds
        while left := self.members():
            assert time.monotonic() < until, left
            time.sleep(0.1)


@pytest.fixture
def started(course):
    found = Started(course)
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.communicate()
    found.gone()


def port(address):
    """Return the port in *address*."""
    return int(re.search(r":(\d+)/", address).group(1))


def free(number):
    """Return whether nobody listens on the port *number*."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "term", "terminal"])
def test_three_addresses_answer_and_all_of_it_goes_at_once(course, started, number):
    where = started.addresses()
    with httpx.Client() as client:
        assert client.get(where["Course"], follow_redirects=True).status_code == 200
        page = client.get(where["Trainer's room"], follow_redirects=True)
        assert page.status_code == 200 and where["Course"] in page.text
        assert client.get(where["Formgrader"], follow_redirects=True).status_code == 200
    secrets = [address.partition("token=")[2] for address in where.values() if "token=" in address]
    assert len(secrets) == 2 and not [one for one in secrets if one in str(started.members())]
    os.kill(started.process.pid, number)
    assert started.end() == 0
    assert "Stopped." in started.said or number == signal.SIGHUP
    assert all(free(port(address)) for address in where.values())
    assert (course / "state").stat().st_mode & 0o077 == 0
    for log in (course / "state" / "logs").glob("*.log"):
        assert log.stat().st_mode & 0o077 == 0 and "Traceback" not in log.read_text(encoding="utf-8"), log


def test_the_course_leads_to_the_room_and_the_room_asks_for_its_secret(started):
    where = started.addresses()
    page = httpx.get(where["Course"], follow_redirects=True).text
    room = where["Trainer's room"].partition("?")[0]
    assert f'href="{room}"' in page and "token=" not in page
    locked = httpx.get(room)
    assert locked.status_code == 403 and "terminal" in locked.text


def test_a_busy_port_is_named_and_the_next_one_taken(started_after_taking):
    taken, started = started_after_taking
    where = started.addresses()
    assert f"Port {taken} is taken" in started.said and port(where["Trainer's room"]) != taken


@pytest.fixture
def started_after_taking(course):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wanted = start.PORTS["room"]
        try:
            taken.bind(("127.0.0.1", wanted))
            taken.listen()
        except OSError:  # somebody else has taken it, which is as good
            assert not free(wanted)
        found = Started(course)
        yield wanted, found
        os.kill(found.process.pid, signal.SIGTERM)
        assert found.end() == 0


def test_nobody_takes_a_port_before_its_program_listens_there(course, monkeypatch):
    held = []

    def run(_together, name, *_arguments, at, **_environment):
        held.append(name)
        number = at.getsockname()[1]
        assert not free(number)
        with socket.create_connection(("127.0.0.1", number), timeout=5):  # it waits until the program takes it
            pass

    monkeypatch.setattr(start.Together, "run", run)
    monkeypatch.setattr(start, "wait", lambda *_: None)
    where = start._open(
        start.Together(course, course, start.NAMES), start.configuration.read(course, {}), lambda _: None
    )
    assert sorted(held) == ["desk", "formgrader", "room"]
    assert all(free(port(where[name])) for name in held)  # a copy is each program's own


@pytest.mark.parametrize(
    ("command", "name"), [("desk", "Course"), ("room", "Trainer's room"), ("trainer", "Formgrader")]
)
def test_when_one_ends_by_itself_all_end_and_it_is_named(started, command, name):
    where = started.addresses()
    os.kill(started.child(command), signal.SIGKILL)
    assert started.end() == 1
    assert f"{name}: ended by itself" in started.said and "Traceback" not in started.said
    assert all(free(port(address)) for address in where.values())


def test_a_program_that_cannot_start_is_named_with_its_reason(course, started):
    where = started.addresses()
    second = Started(course)
    assert second.end() == 1 and "running already" in second.said
    assert httpx.get(where["Course"], follow_redirects=True).status_code == 200


def test_a_start_that_is_killed_leaves_nothing_either(started):
    where = started.addresses()
    started.process.kill()
    started.process.communicate()
    started.gone()
    assert all(free(port(address)) for address in where.values())


def test_a_desk_for_a_hub_is_not_started_here(tmp_path):
    root = submissions.lay(tmp_path / "course")
    courses.put(root / "desk.yml", "identity: hub\n")
    said = submissions.singmuk(root, "start", good=False)
    assert "singmuk desk" in said and "Traceback" not in said


# The book -----------------------------------------------------------------------------------------------------------


class Builder:
    """Stands for the programs of a start, and notes whether the book is built."""

    def __init__(self, root, code=0):
        self.root, self.code, self.built, self.children = root, code, 0, []

    def run(self, _name, *arguments, shown):
        """Build the book."""
        assert arguments == ("book", "--no-serve") and shown
        self.built += 1
        courses.put(self.root / "_build" / "html" / "index.html", f"built {self.built}")
        child = type("Child", (), {"process": type("Process", (), {"wait": lambda _self: self.code})()})()
        self.children.append(child)
        return child


def test_the_book_is_built_when_it_is_missing_or_something_in_it_changed(tmp_path):
    root = submissions.lay(tmp_path / "course")
    builder, said = Builder(root), []
    for change, built in [
        (lambda: None, 1),
        (lambda: None, 1),
        (lambda: courses.put(root / "course" / "page.md", "# New"), 2),
        (lambda: None, 2),
        ((root / "course" / "page.md").unlink, 3),
        ((root / "scenarios" / "small-groups.yml").touch, 3),
        ((root / "_build" / "html" / "index.html").unlink, 4),
    ]:
        change()
        start._book(builder, root / "_build", said.append)
        assert builder.built == built
    assert len(said) == 4 and not builder.children


def test_a_book_that_cannot_be_built_is_a_fault(tmp_path):
    root = submissions.lay(tmp_path / "course")
    with pytest.raises(start.StartError, match="could not be built"):
        start._book(Builder(root, code=1), root / "_build", print)
    assert not (root / "_build" / ".made-from").exists()
