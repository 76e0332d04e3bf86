"""Measure grading: the same submissions by stock nbgrader, by nbgrader with our configuration, by `singmuk grade`.

All in one run, each on its own copy of the course, whose gradebook knows the assignment. CPU time counts every
process that a command starts, and the database server. Run it by `make benchmark` on a machine that does little
else; `python benchmarks/grading.py 20 200` measures other numbers of submissions, without writing results.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests import courses, submissions
from tests.postgres import server
from tests.submissions import NAME, ask, db_url

RESULTS = Path(__file__).parent / "results"
#: Submissions for all three ways, and for `singmuk grade` alone.
FEW, MANY = 20, (1_000, 10_000)
#: Seconds between two looks at how much memory a command and its children hold.
LOOK = 0.25
MB = 1_000_000
NAMES = {
    "stock": "nbgrader autograde, stock",
    "ours": "nbgrader autograde, our configuration",
    "sqlite": "singmuk grade, SQLite",
    "postgres": "singmuk grade, PostgreSQL",
    "again": "singmuk grade, SQLite, nothing changed",
}


class BenchmarkError(Exception):
    """What was measured is not what was meant to be measured."""


def memory(process: psutil.Process) -> int:
    """Return the bytes that *process* and all it started hold; what they share is counted once."""
    whole = 0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            whole += one.memory_full_info().pss
    return whole


def cpu(process: psutil.Process | None) -> float:
    """Return the CPU seconds of a database server and its children, living and gone."""
    if process is None:
        return 0.0
    whole = 0.0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            whole += one.cpu_times().user + one.cpu_times().system
    return whole + process.cpu_times().children_user + process.cpu_times().children_system


def measure(root: Path, command: list[str], count: int, database: psutil.Process | None = None) -> dict[str, float]:
    """Run *command* in *root* on *count* submissions; return seconds of wall and CPU for each, and peak memory."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    before, started = cpu(database), time.perf_counter()
    with (root / "said.txt").open("wb") as said:
        child = subprocess.Popen(command, cwd=root, env=environment, stdout=said, stderr=said)
        peak, done = 0, threading.Event()

        def look() -> None:
            nonlocal peak
            with contextlib.suppress(psutil.Error):
                seen = psutil.Process(child.pid)
                while not done.wait(LOOK):
                    peak = max(peak, memory(seen))

        watch = threading.Thread(target=look)
        watch.start()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        done.set()
        watch.join()
    if status:
        raise BenchmarkError((root / "said.txt").read_text(encoding="utf-8", errors="replace")[-2000:])
    spent = used.ru_utime + used.ru_stime + cpu(database) - before
    return {"submissions": count, "wall": wall / count, "cpu": spent / count, "seconds": wall, "peak_mb": peak / MB}


def total(url: str, count: int) -> float:
    """Return the sum of all automatic points at *url*, after making sure that *count* submissions have theirs."""
    rows = ask(url, "select count(*), count(distinct notebook_id), sum(auto_score) from grade")
    if rows[0][:2] != (11 * count, count):
        raise BenchmarkError(f"{rows[0][0]} rows for {rows[0][1]} submissions, not {count}")
    return float(rows[0][2])


def laid(work: Path, way: str, count: int, config: str = "") -> Path:
    """Return a course in *work* with *count* submissions, always the same, and a gradebook that knows it."""
    root = submissions.lay(work / f"{way}-{count}", config)
    submissions.hand_in(root, count)
    return root


@contextlib.contextmanager
def gone(root: Path) -> Iterator[Path]:
    """Give *root* and take it away afterwards; ten thousand submissions fill a disk."""
    try:
        yield root
    finally:
        shutil.rmtree(root)


def few(work: Path, count: int) -> dict[str, dict[str, float]]:
    """Return what each of the three ways takes for *count* submissions."""
    rows = {}
    program = str(Path(sys.executable).parent / "nbgrader")
    with gone(laid(work, "ours", count)) as root, gone(work / "stock") as stock:
        stock.mkdir()
        courses.stock(root, stock)
        courses.run(stock, "nbgrader", "generate_assignment", NAME)
        for way, folder in (("stock", stock), ("ours", root)):
            rows[way] = measure(folder, [program, "autograde", NAME], count)
            # Nothing is left to do, so what it takes now is what it takes to start.
            rows[way]["start"] = measure(folder, [program, "autograde", NAME], 1)["cpu"]
        # A text that nobody marked yet has no points in ours, and none in stock.
        points = [total(db_url(one), count) for one in (stock, root)]
    with gone(laid(work, "bulk", count)) as root:
        rows["sqlite"] = measure(root, grade(), count)
        points.append(total(db_url(root), count))
        start = measure(root, grade(), 1)["cpu"]
        rows["sqlite"]["start"] = start
    if max(points) - min(points) > 1e-6:
        raise BenchmarkError(f"the three ways do not give the same points: {points}")
    return rows


def grade() -> list[str]:
    """Return the command that grades the fast way."""
    return [str(Path(sys.executable).parent / "singmuk"), "grade", NAME]


def many(work: Path, count: int) -> dict[str, dict[str, float]]:
    """Return what `singmuk grade` takes for *count* submissions, with SQLite and with PostgreSQL."""
    rows = {}
    with gone(laid(work, "sqlite", count)) as root:
        rows["sqlite"] = measure(root, grade(), count)
        points = total(db_url(root), count)
        rows["again"] = measure(root, grade(), count)
        shutil.rmtree(root / "autograded")
        with gone(Path(tempfile.mkdtemp(dir=work))) as data, server(data) as running:
            url = running.database("benchmark")
            with (root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
                file.write(f"c.CourseDirectory.db_url = {url!r}\n")
            courses.run(root, "nbgrader", "generate_assignment", "--force", NAME)
            submissions.rebuild(root)
            rows["postgres"] = measure(root, grade(), count, psutil.Process(running.pid))
            if abs(total(url, count) - points) > 1e-6 * points:
                raise BenchmarkError("SQLite and PostgreSQL do not hold the same points")
    return rows


def started(row: dict[str, float], stock: dict[str, float], start: float) -> str:
    """Return by how much *row* beats *stock* in CPU time once both have started, nothing where starting is most."""
    work = row["cpu"] - row.get("start", start) / row["submissions"]
    if work < row["cpu"] / 10:
        return "–"
    return f"{(stock['cpu'] - stock['start'] / stock['submissions']) / work:,.1f}"


def lines(rows: dict[str, dict[str, dict[str, float]]]) -> list[list[str]]:
    """Return the rows of the table: way, submissions, milliseconds of wall and CPU, ratios to stock, memory."""
    first = next(iter(rows.values()))
    stock, start = first["stock"], first["sqlite"]["start"]
    return [
        [
            NAMES[way],
            f"{row['submissions']:,}",
            f"{1000 * row['wall']:,.2f}",
            f"{1000 * row['cpu']:,.2f}",
            f"{stock['wall'] / row['wall']:,.1f}",
            f"{stock['cpu'] / row['cpu']:,.1f}",
            started(row, stock, start),
            f"{row['peak_mb']:,.0f}",
        ]
        for by_way in rows.values()
        for way, row in by_way.items()
    ]


HEADS = [
    "way",
    "submissions",
    "wall, ms each",
    "CPU, ms each",
    "× stock (wall)",
    "× stock (CPU)",
    "× stock (CPU, started)",
    "peak memory, MB",
]


def markdown(rows: dict[str, Any], load: tuple[float, float]) -> str:
    """Return the table for the README, with what a reader must know."""
    told = [HEADS, ["---", *["---:"] * (len(HEADS) - 1)], *lines(rows)]
    first = next(iter(rows.values()))
    notes = [
        f"Measured on {date.today().isoformat()} with `make benchmark` on {os.cpu_count()} processors, "
        f"load {load[0]:.1f} before it began and {load[1]:.1f} when it ended.",
        "Ten items and a written task; random responses in two languages.",
        "Every time includes starting the command, the graded notebooks and the gradebook; CPU counts every process, "
        "kernels and the database server among them.",
        f'"Started" leaves out the CPU time that a command takes before its first submission: '
        f"{first['stock']['start']:.1f} s for nbgrader, {first['sqlite']['start']:.1f} s for singmuk.",
        f"Memory is that of the command and all it started, looked at {1 / LOOK:.0f} times a second; what they share "
        "is counted once.",
    ]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in told), "", *(f"- {note}" for note in notes)]) + "\n"


def main() -> None:
    """Measure, print, and write the results unless other numbers were asked for."""
    console = Console()
    before = os.getloadavg()[0]
    asked = [int(one) for one in sys.argv[1:]]
    counts = asked or [FEW, *MANY]
    with tempfile.TemporaryDirectory(prefix="singmuk-grading-") as folder:
        work = Path(folder)
        work.chmod(0o755)  # the database server is somebody else
        with console.status("Grading three ways …"):
            rows = {str(counts[0]): few(work, counts[0])}
        for count in counts[1:]:
            with console.status(f"Grading {count:,} submissions …"):
                rows[str(count)] = many(work, count)
    load = before, os.getloadavg()[0]
    console.print(markdown(rows, load), soft_wrap=True)
    if asked:
        return
    RESULTS.mkdir(exist_ok=True)
    data = {"date": date.today().isoformat(), "processors": os.cpu_count(), "load": load, "rows": rows}
    (RESULTS / "grading.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "grading.md").write_text(markdown(rows, load), encoding="utf-8")


if __name__ == "__main__":
    main()
