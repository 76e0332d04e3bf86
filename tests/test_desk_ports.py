"""`singmuk desk` on a port that is taken: one person's takes the next, others are told."""

from __future__ import annotations

import signal
import socket
import subprocess
import time

import httpx

from tests.conftest import ROOT
from tests.desk_processes import PROGRAM, clean, hub
from tests.desks import lay


def test_one_persons_desk_takes_the_next_port_and_is_stopped_by_the_keyboard(tmp_path):
    lay(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with subprocess.Popen(
            [*PROGRAM, tmp_path], cwd=ROOT, env=clean() | {"SINGMUK_DESK_PORT": str(port)}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            line = process.stdout.readline()
            address = line.split()[1].rstrip("/")
            assert line.startswith("Open http://127.0.0.1:") and not address.endswith(f":{port}")
            until = time.monotonic() + 60
            while True:
                try:
                    assert httpx.get(f"{address}/healthz", timeout=2).text == "well\n"
                    break
                except httpx.HTTPError:
                    assert process.poll() is None and time.monotonic() < until
                    time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            assert "Traceback" not in process.stdout.read()


def test_a_port_that_others_know_is_not_changed_but_told(tmp_path):
    lay(tmp_path)
    with hub() as environment, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*PROGRAM, tmp_path], cwd=ROOT, env=clean() | environment | {"SINGMUK_DESK_PORT": port},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1
        assert f"127.0.0.1:{port}: cannot be listened at: address already in use; stop what is there" in done.stderr
        assert "Traceback" not in done.stderr
