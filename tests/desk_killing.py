"""Kill a desk at random moments while several participants save and hand in; run as a program, since it forks.

    python -m tests.desk_killing COURSE DATABASE KILLS SEED

Prints as JSON how often it killed, how much the desk had confirmed by then, and what of it was not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import signal
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from singmuk.desk import app, run
from singmuk.desk.settings import Settings
from singmuk.desk.store import open_office
from singmuk.serving import free_port
from tests import desks
from tests.desk_wire import NOTE

NUMBER = "small-groups"
PEOPLE = 10


class Participant:
    """One participant who saves ever larger numbers and hands in now and then, and remembers what was confirmed."""

    def __init__(self, desk: desks.Running, name: str, seed: int) -> None:
        self.desk, self.name, self.pick = desk, name, random.Random(seed)
        self.count = 0
        self.kept = {NOTE: 0, NUMBER: 0}  # item: the newest that was confirmed
        self.receipts: dict[int, str] = {}  # number: fingerprint
        self.token: str | None = None  # of a hand-in that was not answered yet
        self.tokens = 0
        self.wrong: list[str] = []
        self.saves = 0

    def session(self) -> httpx.Client:
        """Return a client that has a session."""
        client = httpx.Client(base_url=self.desk.address, timeout=10, headers={"x-person": self.name})
        client.cookies.set(self.desk.service.session_cookie, "0" * 32)
        return client

    def work(self, stop: threading.Event) -> None:
        """Go on until *stop*, or until the desk is gone."""
        with self.session() as client, contextlib.suppress(httpx.HTTPError):
            while not stop.is_set():
                if self.token or self.pick.random() < 0.08:
                    self._hand_in(client)
                self.count += 1
                for item, value in (
                    (NUMBER, float(self.count)),
                    (NOTE, f"{self.count} " + "x" * self.pick.randrange(3_000)),
                ):
                    answer = self.desk.save(client, item, value)
                    if answer.status_code != 200:
                        self.wrong.append(f"a save was answered {answer.status_code}")
                        return
                    self.kept[item] = self.count
                    self.saves += 1

    def _hand_in(self, client: httpx.Client) -> None:
        if self.token is None:
            if not self.kept[NOTE]:
                return
            self.token = secrets.token_hex(16)
            self.tokens += 1
        before = dict(self.kept)
        answer = self.desk.hand_in(client, self.token)  # the same token again where the desk was gone
        if answer.status_code != 200:
            self.wrong.append(f"a hand-in was answered {answer.status_code}")
            return
        made = answer.json()["receipt"]
        self.receipts[made["number"]] = made["sha256"]
        self.token = None
        self.before = before

    def look(self) -> None:
        """See whether all that was confirmed is there."""
        with self.session() as client:
            found = client.get("/api/assignments/pdpo-basics/responses").json()
        for item, count in self.kept.items():
            given = found["given"].get(item)
            have = int(float(str(given["response"]).split()[0])) if given else 0
            if not count <= have <= self.count:
                self.wrong.append(f"{item} has {have}, {count} was confirmed and {self.count} sent")
        there = {one["number"]: one["sha256"] for one in found["receipts"]}
        if any(there.get(number) != mark for number, mark in self.receipts.items()):
            self.wrong.append(f"a receipt is gone: {sorted(self.receipts)} of {sorted(there)}")
        if sorted(there) != list(range(1, len(there) + 1)) or len(there) > self.tokens:
            self.wrong.append(f"{len(there)} hand-ins for {self.tokens} presses of the button")


def begin(settings: Settings) -> int:
    """Begin a desk in a process of its own, and return its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.environ["SINGMUK_DESK_LOG"] = "WARNING"
            app.provider = lambda *_: desks.Named()
            code = run.serve(settings, None)
        finally:
            os._exit(code)
    return child


def ready(address: str) -> None:
    """Wait until the desk answers."""
    until = time.monotonic() + 30
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/healthz", timeout=5).status_code == 200:
                return
        assert time.monotonic() < until, "the desk does not come back"
        time.sleep(0.01)


def kill(child: int) -> None:
    """Kill the process *child* and wait for its end."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main(root: Path, database: str, kills: int, seed: int) -> dict[str, Any]:
    """Kill a desk on *root* and *database* until there were enough *kills*; return what there is to tell."""
    pick = random.Random(seed)
    settings = desks.settings(root, database=database, port=free_port(0), processes=1)
    service = app.create(settings.model_copy(update={"database": f"sqlite:///{root / 'other.db'}"})).state.service
    service.store.close()  # for its releases and its secret alone; every module is read and warm now
    desk = desks.Running(f"http://127.0.0.1:{settings.port}", service, None)  # type: ignore[arg-type]
    people = [Participant(desk, f"p{number}", seed + number) for number in range(PEOPLE)]
    early = 0
    for number in range(kills):
        child = begin(settings)
        if number < 6 or number % 8 == 0:  # while it begins: the first times, while it makes its tables
            time.sleep(pick.uniform(0, 0.5))
            kill(child)
            early += 1
            continue
        ready(desk.address)
        for one in people:
            one.look()
        stop = threading.Event()
        threads = [threading.Thread(target=one.work, args=(stop,)) for one in people]
        for thread in threads:
            thread.start()
        # After so many more were confirmed, and a hundredth of a second: a busy machine sees as much as a quick one.
        wanted = sum(one.saves for one in people) + pick.randrange(240)
        until = time.monotonic() + 3
        while sum(one.saves for one in people) < wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(pick.uniform(0, 0.01))
        kill(child)
        stop.set()
        for thread in threads:
            thread.join()
    child = begin(settings)
    ready(desk.address)
    for one in people:
        one.look()
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    office = open_office(settings.url)
    files = list(office.handins("pdpo-basics"))
    office.close()
    wrong = [text for one in people for text in one.wrong]
    wrong += [
        "a file is not what its receipt says" for one in files if sha256(one.text.encode()).hexdigest() != one.sha256
    ]
    told = {"early": early, "saves": sum(one.saves for one in people), "handins": len(files), "wrong": wrong[:20]}
    return told | {"presses": sum(one.tokens for one in people), "open": sum(one.token is not None for one in people)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
