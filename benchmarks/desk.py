"""Measure the desk: saves and hand-ins a second, a campaign replayed, and a notebook for the same assignment beside it.

Participants and the desk share this machine's processors. Run it by `make benchmark` on a machine that does little
else; `python benchmarks/desk.py 500` replays a campaign of 500, without writing results.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.desk_load import Crowd, Took
from benchmarks.desk_notebook import notebook
from singmuk import load
from singmuk.desk import secret
from singmuk.desk import settings as configuration
from singmuk.desk.store import open_office
from tests import desks
from tests.conftest import ROOT
from tests.postgres import server

RESULTS = Path(__file__).parent / "results"
NAME = "pdpo-basics"
PEOPLE, SECONDS, CAMPAIGN, TOGETHER = (1, 50, 500), 10.0, 10_000, 100
#: What 500 participants offer together a second: an answer each, every second and a quarter; a tenth as many hand-ins.
RATES = {"saves": 400.0, "hand-ins": 40.0}
MB = 1_000_000


class BenchmarkError(Exception):
    """What was measured is not what was meant to be measured."""


def responses() -> dict[str, list[Any]]:
    """Return for each item that is no text some responses that it takes, the best one among them."""
    found = load.course(ROOT)
    scenarios = [found.scenarios[place.id] for place in found.assignments[NAME].scenarios]
    rows: dict[str, list[Any]] = {}
    for scenario in scenarios:
        if scenario.kind != "write":
            rows[scenario.id] = [scenario.best()]
            if scenario.kind == "choose":
                rows[scenario.id] += [choice["id"] for choice in scenario.public()["choices"]]
    return rows


@contextlib.contextmanager
def desk(root: Path, database: str) -> Iterator[tuple[Crowd, psutil.Process]]:
    """Serve a desk on *root* with the *database*, and give its crowd and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(Path(__file__).with_name("desk_server.py")), str(root), str(port), database]
    with (root / "said.txt").open("ab") as said:
        child = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        for _ in range(400):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            if child.poll() is not None:
                raise BenchmarkError((root / "said.txt").read_text(encoding="utf-8")[-2000:])
            time.sleep(0.05)
        release = json.loads((root / "exercises" / NAME / "items.json").read_text(encoding="utf-8"))
        key = secret.find(configuration.read(root, {}))
        yield Crowd(f"http://127.0.0.1:{port}", release, responses(), key), psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(30)


def spent(process: psutil.Process) -> float:
    """Return the CPU seconds of *process*."""
    times = process.cpu_times()
    return times.user + times.system


def at_once(crowd: Crowd, count: int, console: Console) -> dict[str, Any]:
    """Return what the desk does for *count* participants at once: saves, and hand-ins."""
    rows = {}
    for what, act in (("saves", crowd.save), ("hand-ins", lambda web, one, _: crowd.hand_in(web, one))):
        rate = RATES[what] if count == max(PEOPLE) else 0.0
        with console.status(f"{count} at once: {what} …"):
            took: Took = asyncio.run(crowd.at_once(count, SECONDS, act, rate))
        rows[f"{what}-{count}"] = took.row()
    if crowd.refused:
        raise BenchmarkError(f"{crowd.refused} requests were refused")
    return rows


def measure(root: Path, database: str, people: int, console: Console) -> dict[str, Any]:
    """Return what the desk does with the *database*: at once, and a campaign of *people* replayed and counted.

    Without *people*, only what is measured for the most participants at once.
    """
    rows: dict[str, Any] = {}
    with desk(root, database) as (crowd, process):
        start_memory = process.memory_full_info().uss
        for count in PEOPLE if people else PEOPLE[-1:]:
            rows |= at_once(crowd, count, console)
        if not people:
            return rows
        busy = process.memory_full_info().uss
        with console.status(f"A campaign of {people:,} …"):
            before = spent(process)
            took = asyncio.run(crowd.campaign(people, TOGETHER))
            cpu = spent(process) - before
        rows["campaign"] = took.row() | {"people": people, "seconds": took.seconds, "cpu_each": cpu / people}
        rows["memory"] = {
            "start_mb": start_memory / MB,
            "busy_mb": busy / MB,
            "each_mb": max(0.0, busy - start_memory) / MB / max(PEOPLE),
            "end_mb": process.memory_full_info().uss / MB,
        }
        if crowd.refused:
            raise BenchmarkError(f"{crowd.refused} requests were refused")
        lost(root, database, crowd, people)
    return rows


def lost(root: Path, database: str, crowd: Crowd, people: int) -> None:
    """Return when everything that was answered is kept and handed in; raise `BenchmarkError`."""
    found = configuration.read(root, {}).model_copy(update={"database": database})
    store = open_office(found.url)
    try:
        handed = {one.participant: json.loads(one.text) for one in store.handins(NAME)}
        for number in range(people):
            person = f"c{number}"
            kept = handed[person]["responses"]
            for item in crowd.items:
                wanted = crowd.response(person, item)
                if item not in kept or (wanted != kept[item]["response"] and sorted(wanted) != kept[item]["response"]):
                    raise BenchmarkError(f"{person}: {item} is not what was saved")
    finally:
        store.close()


def markdown(rows: dict[str, Any], seat: dict[str, float], load_: tuple[float, float]) -> str:
    """Return the tables for the README, with what a reader must know."""
    told = [
        "| participants at once | what | database | a second | p50, ms | p99, ms |",
        "| ---: | --- | --- | ---: | ---: | ---: |",
    ]
    for database, found in rows.items():
        for name, row in found.items():
            what, _, count = name.rpartition("-")
            if count.isdigit():
                figures = f"{row['per_second']:,.0f} | {row['p50']:,.1f} | {row['p99']:,.1f}"
                told.append(f"| {count} | {what} | {database} | {figures} |")
    told += [
        "",
        "| for one participant and this assignment | desk, SQLite | desk, PostgreSQL | a Jupyter server and kernel |",
        "| --- | ---: | ---: | ---: |",
    ]
    sqlite, postgres = rows["SQLite"], rows["PostgreSQL"]
    one = [found["campaign"]["cpu_each"] for found in (sqlite, postgres)]
    told.append(f"| CPU, s | {one[0]:.4f} | {one[1]:.4f} | {seat['cpu']:.2f} |")
    told.append(f"| × participants a core | {seat['cpu'] / one[0]:,.0f} | {seat['cpu'] / one[1]:,.0f} | 1 |")
    whole = [found["memory"]["busy_mb"] / max(PEOPLE) for found in (sqlite, postgres)]
    told.append(
        f"| memory while {max(PEOPLE)} are at it, MB each | {whole[0]:.2f} | {whole[1]:.2f} | {seat['memory_mb']:.0f} |"
    )
    told.append(
        f"| × participants a GB | {seat['memory_mb'] / whole[0]:,.0f} | {seat['memory_mb'] / whole[1]:,.0f} | 1 |"
    )
    told.append(f"| seconds until the first item is there | – | – | {seat['seconds']:.1f} |")
    campaign = [found["campaign"] for found in (sqlite, postgres)]
    notes = [
        f"Measured on {date.today().isoformat()} with `make benchmark` on {os.cpu_count()} processors that the desk, "
        f"the database and the participants share, load {load_[0]:.1f} before it began "
        f"and {load_[1]:.1f} when it ended.",
        f"1 and 50 participants act again as soon as they are answered; {max(PEOPLE)} offer "
        + " and ".join(f"{rate:.0f} {what}" for what, rate in RATES.items())
        + " a second together.",
        f"A campaign of {campaign[0]['people']:,} participants, each opening the page, saving "
        f"{len(responses())} answers and handing in, {TOGETHER} at a time, took "
        f"{campaign[0]['seconds']:,.0f} s with SQLite and {campaign[1]['seconds']:,.0f} s with PostgreSQL; "
        "every answer of each was found again afterwards.",
        "A header says who a participant is; under a hub its answer is asked for once a minute and kept. CPU of the "
        "desk is its process alone, without PostgreSQL's.",
        "The notebook: `jupyter lab` is started, the assignment's notebook opened with a kernel and all its cells run; "
        "memory is that of server and kernel together, what they share counted once.",
    ]
    return "\n".join([*told, "", *(f"- {note}" for note in notes)]) + "\n"


def both(work: Path, people: int, console: Console) -> dict[str, Any]:
    """Return what is measured in the folder *work* with SQLite and with PostgreSQL."""
    work.chmod(0o755)  # the database server is somebody else
    rows = {}
    for way in ("SQLite", "PostgreSQL"):
        (root := work / way).mkdir()
        desks.lay(root)
        if way == "SQLite":
            rows[way] = measure(root, "sqlite:///state/desk.db", people, console)
        else:
            (data := work / "data").mkdir()
            with server(data) as running:
                rows[way] = measure(root, running.database("desk"), people, console)
    return rows


def again(console: Console) -> None:
    """Measure the rows for the most participants once more, and put them into the results."""
    data = json.loads((RESULTS / "desk.json").read_text(encoding="utf-8"))
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="singmuk-desk-") as folder:
        for way, rows in both(Path(folder), 0, console).items():
            data["rows"][way] |= rows
    data["again"] = {"date": date.today().isoformat(), "load": before}
    write(data, console)


def write(data: dict[str, Any], console: Console) -> None:
    """Write the results, and print them."""
    text = markdown(data["rows"], data["seat"], data["load"])
    if "again" in data:
        told = data["again"]
        text += (
            f"- The rows of {max(PEOPLE)} were measured once more on {told['date']}, load {told['load']:.1f} before: "
            "the first time, what was offered and what was answered in how long were counted wrongly.\n"
        )
    console.print(text, soft_wrap=True)
    (RESULTS / "desk.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "desk.md").write_text(text, encoding="utf-8")


def main() -> None:
    """Measure, print, and write the results unless another campaign was asked for; `again` renews the last rows."""
    console = Console()
    if sys.argv[1:] == ["again"]:
        again(console)
        return
    before = os.getloadavg()[0]
    people = int(sys.argv[1]) if len(sys.argv) > 1 else CAMPAIGN
    with tempfile.TemporaryDirectory(prefix="singmuk-desk-") as folder:
        Path(folder).chmod(0o755)
        with console.status("A Jupyter server and kernel …"):
            seat = notebook(Path(folder) / "seat", NAME)
        rows = both(Path(folder), people, console)
    load_ = before, os.getloadavg()[0]
    if people != CAMPAIGN:
        console.print(markdown(rows, seat, load_), soft_wrap=True)
        return
    data = {"date": date.today().isoformat(), "processors": os.cpu_count(), "load": load_, "rows": rows, "seat": seat}
    write(data, console)


if __name__ == "__main__":
    main()
