"""A desk that is killed, finds the disk full or the database gone loses nothing that it has confirmed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from singmuk.desk.store import open_office
from tests import desk_processes, desks
from tests.conftest import ROOT
from tests.desk_databases import postgres
from tests.desk_processes import SECRET, program
from tests.desk_wire import NOTE, agree, lay, shown
from tests.postgres import server

__all__ = ["postgres"]

KILLS = 24
LONG = "字" * 15_000


@pytest.fixture(scope="module")
def hub():
    with desk_processes.hub() as environment:
        yield environment


@pytest.fixture
def memory(tmp_path):
    """Give a folder in memory where there is one: a killed process tells nothing of the disk, and is faster there."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.parametrize("sort", ["sqlite", "postgres"])
def test_killed_tens_of_times_it_has_kept_all_that_it_confirmed(memory, sort, request):
    url = (
        f"sqlite:///{memory / 'desk.db'}" if sort == "sqlite" else request.getfixturevalue("postgres").database("kill")
    )
    command = [sys.executable, "-m", "tests.desk_killing", desks.lay(memory), url, str(KILLS), "20261122"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["wrong"] == []
    assert told["saves"] >= 100 and told["handins"] >= 5 and told["early"] >= 6, told
    assert "Traceback" not in done.stderr


def test_a_page_that_tries_again_finds_its_press_of_the_button_done_once(tmp_path, hub):
    lay(tmp_path)
    with program(tmp_path, **hub) as desk, closing(desk.client("mei")) as mei:
        assert desk.save(mei, NOTE, "before").status_code == 200
        port = desk.address.rpartition(":")[2]
        body = {"release": desk.release["release"], "token": "a" * 32}
        sent = json.dumps(body).encode()
        head = (
            f"POST /api/assignments/pdpo-basics/hand-in HTTP/1.1\r\nHost: x\r\nAuthorization: token of-mei\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", int(port))) as line:  # asks, and is gone before the answer
            line.sendall(head + sent)
        desk.process.kill()
        desk.process.wait()
    with program(tmp_path, **hub, SINGMUK_DESK_PORT=port) as desk, closing(desk.client("mei")) as mei:
        numbers = [desk.hand_in(mei, "a" * 32).json()["receipt"]["number"] for _ in range(3)]
        assert numbers == [1, 1, 1] and len(desk.given(mei)["receipts"]) == 1
        assert desk.given(mei)["given"][NOTE]["response"] == "before"


def together(count, work):
    """Run *work* with each number below *count* at once, and return what it returned."""
    found = {}
    threads = [threading.Thread(target=lambda one=one: found.update({one: work(one)})) for one in range(count)]
    for thread in threads:
        thread.start()
    return found, threads


def test_told_to_stop_it_finishes_what_waits(tmp_path, hub):
    lay(tmp_path)
    stopping = threading.Event()
    with program(tmp_path, **hub) as desk:

        def work(number):
            kept = 0
            with closing(desk.client(f"w{number}")) as client:
                for count in range(1, 10_000):
                    try:
                        answer = desk.save(client, NOTE, str(count))
                    except httpx.HTTPError:
                        assert stopping.is_set()
                        return kept
                    assert answer.status_code == 200
                    kept = count
            return kept

        found, threads = together(8, work)
        time.sleep(1)
        stopping.set()
        began = time.monotonic()
        desk.process.send_signal(signal.SIGTERM)
        assert desk.process.wait(15) in (0, -signal.SIGTERM) and time.monotonic() - began < 12
        for thread in threads:
            thread.join()
        said = desk.log.read_text(encoding="utf-8")
    assert sum(found.values()) > 8 and "Traceback" not in said
    # The log is lines of JSON, and names nobody.
    lines = [json.loads(line) for line in said.splitlines()]
    assert {line["route"] for line in lines} >= {"/healthz", "/api/assignments/{name}/responses/{item}"}
    assert "w1" not in said and NOTE not in said and "127.0.0.1" not in said and "of-w" not in said
    with program(tmp_path, **hub) as desk:
        for number, kept in found.items():
            with closing(desk.client(f"w{number}")) as client:
                assert int(desk.given(client)["given"][NOTE]["response"]) >= kept


def test_several_processes_share_one_database_and_one_that_dies_is_replaced(tmp_path, hub, postgres):
    lay(tmp_path)
    url = postgres.database("several")
    with program(tmp_path, **hub, SINGMUK_DESK_PROCESSES="2", SINGMUK_DESK_DATABASE=url) as desk:
        workers = desk.children()
        assert len(workers) >= 2

        def work(number):
            with closing(desk.client("both")) as client:
                answers = [desk.save(client, NOTE, f"{number} {count}") for count in range(15)]
                answers.append(desk.hand_in(client, "e" * 32))
                return [answer.status_code for answer in answers], answers[-1].json()

        found, threads = together(6, work)
        for thread in threads:
            thread.join()
        assert {code for codes, _ in found.values() for code in codes} == {200}
        assert {answer["receipt"]["number"] for _, answer in found.values()} == {1}
        with closing(desk.client("both")) as client:
            assert desk.given(client)["given"][NOTE]["response"].endswith(" 14")
        figures = httpx.get(f"{desk.address}/metrics").text
        assert "singmuk_saves_total 90.0" in figures
        dead = next(one for one in workers if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes())
        os.kill(dead, signal.SIGKILL)
        until = time.monotonic() + 60
        while dead in desk.children() or len(desk.children()) < len(workers):
            assert time.monotonic() < until
            time.sleep(0.1)
        with closing(desk.client("both")) as client:
            assert desk.save(client, NOTE, "after").status_code == 200
        left = desk.children()
        desk.process.send_signal(signal.SIGTERM)
        assert desk.process.wait(20) in (0, -signal.SIGTERM)
        until = time.monotonic() + 10
        while [one for one in left if Path(f"/proc/{one}").exists()]:
            assert time.monotonic() < until
            time.sleep(0.1)
        said = desk.log.read_text(encoding="utf-8")
        assert "Traceback" not in said and "both" not in said and SECRET not in said


def test_a_full_disk_is_told_and_when_there_is_room_it_goes_on(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", small]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    settings = desks.settings(lay(tmp_path), database=f"sqlite:///{small / 'desk.db'}")
    kept = {}
    try:
        with desks.running(settings, desks.Named()) as desk:
            begun = desk.client("begun")
            agree(desk, begun)
            assert desk.save(begun, NOTE, "begun").status_code == 200
            assert desk.hand_in(begun, "a" * 32).status_code == 200
            for number in range(200):
                client = desk.client(f"p{number}")
                answer = desk.save(client, NOTE, f"{number} {LONG}")
                client.close()
                if answer.status_code != 200:
                    break
                kept[f"p{number}"] = f"{number} {LONG}"
            assert kept and (answer.status_code, answer.json()) == (503, {"error": "full"})
            # It still shows what there is, and says that nothing more is taken.
            assert httpx.get(f"{desk.address}/healthz").status_code == 200
            assert desk.hand_in(begun, "b" * 32).status_code in (200, 503)  # a small one may still fit
            assert shown(begun.get("/assignments/pdpo-basics").text)["given"][NOTE]["response"] == "begun"
            assert 1 <= len(begun.get("/api/assignments/pdpo-basics/responses").json()["receipts"]) <= 2
            found = {name: desk.service.store.begun(name) for name in kept}
            assert {name: next(iter(one.values()))[NOTE] for name, one in found.items()} == kept
            subprocess.run(["mount", "-o", "remount,size=60m", small], check=True)
            assert desk.save(begun, NOTE, f"after {LONG}").status_code == 200
            assert desk.hand_in(begun, "b" * 32).json()["receipt"]["number"] == 2
            assert {name: next(iter(desk.service.store.begun(name).values()))[NOTE] for name in kept} == kept
            begun.close()
        office = open_office(settings.url)
        assert office.progress("pdpo-basics").begun == len(kept) + 1
        office.close()
    finally:
        subprocess.run(["umount", small], check=True)


def start_again(arguments):
    """Start the server of PostgreSQL again that had the *arguments*."""
    as_who = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    return subprocess.Popen([*as_who, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def test_a_database_that_is_gone_for_a_while_is_told_and_comes_back(tmp_path, tmp_path_factory, postgres):
    with server(tmp_path_factory.mktemp("gone")) as running:
        arguments = Path(f"/proc/{running.pid}/cmdline").read_bytes().split(b"\0")[:-1]
        settings = desks.settings(lay(tmp_path), database=running.database("desk"))
        with desks.running(settings, desks.Named()) as desk:
            mei = desk.client("mei")
            agree(desk, mei)
            assert desk.save(mei, NOTE, "before").status_code == 200
            os.kill(running.pid, signal.SIGINT)
            until = time.monotonic() + 20
            while httpx.get(f"{desk.address}/healthz").status_code == 200:
                assert time.monotonic() < until
                time.sleep(0.05)
            for _ in range(2):
                for answer in (desk.save(mei, NOTE, "lost?"), desk.hand_in(mei)):
                    assert (answer.status_code, answer.json()) == (503, {"error": "busy"})
                assert mei.get("/api/assignments/pdpo-basics/responses").json() == {"error": "busy"}
                page = mei.get("/my")
                assert page.status_code == 503 and "psycopg" not in page.text and "127.0.0.1" not in page.text
                assert httpx.get(f"{desk.address}/healthz").status_code == 503
            assert mei.get("/book/course/page.html").status_code == 200  # needs no database
            while Path(f"/proc/{running.pid}/stat").read_text().split()[2] != "Z":
                time.sleep(0.05)  # until the old one has gone altogether
            again = start_again(arguments)
            try:
                until = time.monotonic() + 20
                while httpx.get(f"{desk.address}/healthz").status_code != 200:
                    assert time.monotonic() < until
                    time.sleep(0.05)
                assert shown(mei.get("/assignments/pdpo-basics").text)["given"][NOTE]["response"] == "before"
                assert desk.save(mei, NOTE, "after").status_code == 200
                assert desk.hand_in(mei).json()["receipt"]["number"] == 1
            finally:
                mei.close()
                again.send_signal(signal.SIGINT)
                again.wait(20)
