"""Saves in a loop and is killed at random moments; run as a program, it says what was lost: nothing."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from singmuk import responses
from singmuk.sitting import Sitting, read_release

from . import nine

NAMES = (nine.BY_KIND["write"].id, nine.BY_KIND["number"].id)


def save_for_ever(folder, out):
    """Answer both items with ever larger figures; tell *out* of each that was acknowledged."""
    sitting = Sitting(folder, read_release(folder))
    text, figure = (sitting.show(name) for name in NAMES)
    count = int(figure.response or 0)
    os.write(out, b"ready\n")
    while True:
        count += 1
        for live, value in ((figure, float(count)), (text, f"{count} " + "x" * random.randint(0, 9_000))):
            live.status = "keeping"
            live.response = value
            if live.status == "kept":
                os.write(out, f"{live.item['id']} {count}\n".encode())


def kill_at_random(folder, times):
    """Kill a saving process *times* times; raise when the file is not whole or misses what was acknowledged."""
    told = dict.fromkeys(NAMES, 0)
    random.seed(486)
    Sitting(folder, read_release(folder)).show(NAMES[0])  # the face is read once, before the forks
    for moment in range(times):
        inward, outward = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(inward)
            save_for_ever(folder, outward)
        os.close(outward)
        if moment % 5:  # else it dies while it opens the exercise
            select.select([inward], [], [], 60)
        time.sleep(random.uniform(0, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(inward) as lines:
            for line in (line for line in lines if line != "ready\n"):
                name, count = line.split()
                told[name] = int(count)
        path = folder / responses.NAME
        found = responses.read(path)
        if found is None:
            assert not any(told.values()), f"moment {moment}: the file is gone"
            continue
        responses.check(found, nine.RELEASE)
        for name, count in told.items():
            given = found.responses.get(name)
            have = int(float(str(given.response).split()[0])) if given else 0
            assert have >= count, f"moment {moment}: {name} has {have}, {count} was acknowledged"
    return told


if __name__ == "__main__":
    place = nine.lay(Path(sys.argv[1]))
    acknowledged = kill_at_random(place, int(sys.argv[2]))
    aside = sorted(path.name for path in place.glob("responses.*-*.json"))
    print(json.dumps({"acknowledged": acknowledged, "aside": aside}))
