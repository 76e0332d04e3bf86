"""Callers that are slow on purpose: none holds a connection open for long, and nobody else waits for them."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from singmuk.desk import guard, run
from tests.desk_wire import CHANGES, NOTE, desk, named

__all__ = ["desk"]

PUT = CHANGES["/api/assignments/{name}/responses/{item}"][1].rpartition("/")[0]


@pytest.fixture
def hasty(monkeypatch):
    """Have the desk wait for nobody."""
    monkeypatch.setattr(guard, "DEADLINE", 0.4)
    monkeypatch.setattr(run, "HEAD", 0.4)
    monkeypatch.setattr(run, "BODY", 0.8)
    monkeypatch.setattr(run, "TAKING", 0.5)


def drip(desk, first: bytes, then: bytes = b"a", seconds: float = 6):
    """Send *first*, then one byte at a time; return what came back and after how many seconds it was over."""
    began = time.monotonic()
    got = b""
    with socket.create_connection(("127.0.0.1", desk.service.settings.port), timeout=5) as line:
        line.sendall(named(desk, first))
        line.settimeout(0.05)
        while time.monotonic() - began < seconds:
            try:
                if then:
                    line.sendall(then)
                piece = line.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not piece:
                break
            got += piece
    return got, time.monotonic() - began


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(b"", b"", id="says nothing"),
        pytest.param(b"G", b"", id="stops in the first word"),
        pytest.param(b"GET /my HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"a", id="a head without end"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /", b"a", id="a second head without end"),
    ],
)
def test_a_head_that_does_not_arrive_is_not_waited_for(desk, hasty, first, then):
    got, took = drip(desk, first, then)
    assert took < 3
    assert got.startswith(b"HTTP/1.1 200 ") if b"healthz" in first else got == b""


def test_a_body_that_does_not_arrive_is_told_so(desk, hasty):
    head = f"PUT {PUT}/{NOTE} HTTP/1.1\r\nHost: x\r\nx-person: sam\r\nContent-Type: application/json\r\n"
    for length in ("Content-Length: 1000", "Transfer-Encoding: chunked"):
        then = b" " if "Length" in length else b"1\r\na\r\n"
        got, took = drip(desk, f"{head}{length}\r\n\r\n".encode(), then)
        assert got.startswith(b"HTTP/1.1 408 ") and b'{"error": "slow"}' in got and took < 3
        assert b"x-frame-options: DENY" in got


def test_a_body_that_nobody_reads_holds_no_connection_open(desk, hasty):
    for target in ("/healthz", "/none", "/my"):
        got, took = drip(desk, f"GET {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n".encode())
        assert got.startswith(b"HTTP/1.1 ") and took < 3


def test_an_answer_that_nobody_takes_holds_no_connection_open(desk, hasty):
    place = desk.service.settings.root / "_build" / "html" / "large.txt"
    place.write_text("x" * 20_000_000, encoding="utf-8")
    connections = desk.server.server_state.connections
    before = set(connections)
    with socket.create_connection(("127.0.0.1", desk.service.settings.port)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(named(desk, b"GET /book/large.txt HTTP/1.1\r\nHost: x\r\n\r\n"))
        time.sleep(0.2)
        (mine,) = set(connections) - before
        until = time.monotonic() + 5
        while mine in connections:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_many_slow_callers_do_not_keep_others_waiting(desk):
    sam = desk.client("sam")
    lines = [socket.create_connection(("127.0.0.1", desk.service.settings.port)) for _ in range(200)]
    for number, line in enumerate(lines):
        head = f"PUT {PUT}/{NOTE} HTTP/1.1\r\nHost: x\r\nx-person: slow{number}\r\nContent-Type: application/json\r\n"
        line.sendall(named(desk, f"{head}Content-Length: 100000\r\n\r\n{{".encode()))
    began = time.monotonic()
    done = []

    def work():
        done.append(desk.save(sam, NOTE, "in between").status_code)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [200] * 5 and time.monotonic() - began < 5
    for line in lines:
        line.close()
    assert sam.get("/my").status_code == 200
