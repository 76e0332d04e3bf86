"""Kill grading at random moments, again and again; run as a program, since it forks.

    python -m tests.killing COURSE REFERENCE KILLS SEED

Prints as JSON how often it killed, how far grading had come by then, and what was wrong with a gradebook.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

from singmuk.gradebook import run
from tests.submissions import NAME, held, notebooks

#: Rows that a whole submission has, by table.
WHOLE = {"submitted_notebook": 1, "grade": 11, "comment": 1, "singmuk_graded": 1}
_OF = {
    "submitted_notebook": "select assignment_id from submitted_notebook",
    "grade": "select n.assignment_id from grade g join submitted_notebook n on n.id = g.notebook_id",
    "comment": "select n.assignment_id from comment c join submitted_notebook n on n.id = c.notebook_id",
    "singmuk_graded": "select submission_id from singmuk_graded",
}


def faults(gradebook: Path) -> tuple[list[str], int]:
    """Return what is wrong with the *gradebook* after a kill, and how many submissions are in it."""
    with sqlite3.connect(gradebook) as connection:
        found = [row[0] for row in connection.execute("pragma integrity_check") if row[0] != "ok"]
        tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
        if "submitted_assignment" not in tables:
            return found, 0
        rows = [row[0] for row in connection.execute("select student_id from submitted_assignment")]
        found += [f"{student} is there twice" for student, many in Counter(rows).items() if many > 1]
        for table, question in _OF.items() if rows else ():
            counts = Counter(row[0] for row in connection.execute(question))
            if len(counts) != len(rows) or set(counts.values()) != {WHOLE[table]}:
                found.append(f"{table} has rows {sorted(counts.values())} for {len(rows)} submissions")
    connection.close()
    return found, len(rows)


def begin(root: Path, workers: int) -> tuple[int, int]:
    """Begin grading in a process of its own group; return its id, and where it sends a byte for each batch."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setpgid(0, 0)
            os.close(told)
            run.grade(root, NAME, workers=workers, advance=lambda _more, _whole: os.write(tell, b"."))
            code = 0
        finally:
            os._exit(code)
    os.close(tell)
    return child, told


def strike(pick: random.Random, child: int, told: int, span: float) -> bool:
    """Kill *child* at a random moment; return whether it had ended by itself.

    Most moments are while it grades: after some batches and up to a hundredth of a second. A run takes *span*.
    """
    if pick.random() < 0.75:
        for _ in range(pick.randrange(11)):
            if not os.read(told, 1):
                break
        time.sleep(pick.uniform(0, 0.01))
    else:
        select.select([], [], [], pick.uniform(0, span))
    if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        return True
    try:
        pick.choice([os.kill, os.killpg])(child, signal.SIGKILL)  # the first process alone, or its workers as well
    except ProcessLookupError:  # it has no group yet
        os.kill(child, signal.SIGKILL)
    return False


def main(root: Path, reference: Path, kills: int, seed: int) -> dict:
    """Grade *root* from nothing, killed every time until a run gets through, until there were enough *kills*."""
    pick = random.Random(seed)
    run.BATCH = 3
    made = run.plan
    kept: dict = {}
    # The course does not change, so it is read once: most of the time should go to what is tested.
    run.plan = lambda found, name: kept.setdefault(name, None) or kept.update({name: made(found, name)}) or kept[name]
    wanted, files = held(f"sqlite:///{reference / 'gradebook.db'}"), notebooks(reference)
    run.grade(root, NAME)  # every module is read and warm before the first fork
    wrong: list[str] = []
    progress: Counter[int] = Counter()
    killed = rounds = 0
    span = 0.4  # the time a run takes, learnt as it goes
    while killed < kills:
        for path in root.glob("gradebook.db*"):
            path.unlink()
        shutil.rmtree(root / "autograded", ignore_errors=True)
        if rounds % 10:  # making the tables takes longest; most rounds begin with them made
            shutil.copy(reference / "empty.db", root / "gradebook.db")
        rounds += 1
        while True:
            started = time.monotonic()
            child, told = begin(root, pick.choice([1, 1, 2]))
            ended = strike(pick, child, told, span)
            status = os.waitpid(child, 0)[1]
            os.close(told)
            if ended or os.WIFEXITED(status):
                span = 0.7 * span + 0.3 * (time.monotonic() - started)
                if os.WEXITSTATUS(status):
                    wrong.append("a run ended with a fault")
                break
            killed += 1
            bad, there = faults(root / "gradebook.db") if (root / "gradebook.db").exists() else ([], 0)
            wrong += bad
            progress[there] += 1
        if held(f"sqlite:///{root / 'gradebook.db'}") != wanted:
            wrong.append("the completed gradebook differs from an undisturbed one")
        if notebooks(root) != files:
            wrong.append("the graded notebooks differ from undisturbed ones")
    return {"killed": killed, "rounds": rounds, "wrong": sorted(set(wrong)), "progress": progress}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
