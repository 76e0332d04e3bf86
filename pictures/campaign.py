"""A campaign for the pictures: a copy of this course at whose desk a few hundred made-up people have answered."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "pictures")]
from trainer import NAME, TASK  # noqa: E402  (of this folder)

from singmuk import load  # noqa: E402
from singmuk.desk import start  # noqa: E402
from singmuk.desk.store import Entry, HandIn, open_store  # noqa: E402
from tests import courses  # noqa: E402

COPIED = ("course", "scenarios", "assignments", "exercises", "source", "solutions", "locale")
FILES = ("_config.yml", "_toc.yml", "policy.yml", "nbgrader_config.py")
#: How many made-up people handed in, began and did not, and wrote a text.
HANDED_IN, BEGUN, WROTE = 640, 57, 3
OTHER_TEXT = "From Monday an AI tool helps us to answer e-mail. Staff check each answer. Questions? Ask the counter."


def course(folder: Path) -> Path:
    """Return a copy of this course in *folder*, its book built, with what many people handed in at its desk."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "_build" / "html", folder / "_build" / "html")
    index = folder / "_build" / "html" / "index.html"
    (folder / "_build" / ".made-from").write_text(f"{start.sources(folder)} {index.stat().st_mtime_ns}")
    people(folder)
    return folder


def people(root: Path) -> None:
    """Have many people answer at the desk of the course *root*, some of them wrongly, and most of them hand in."""
    scenarios = load.sound_course(root).scenarios
    release = json.loads((root / "exercises" / NAME / "items.json").read_text(encoding="utf-8"))
    names = [place["item"]["id"] for place in release["items"] if place["item"]["id"] != TASK]
    choices = [name for name in names if scenarios[name].kind == "choose"]
    (root / "state").mkdir(mode=0o700)
    store = open_store(f"sqlite:///{root / 'state' / 'desk.db'}")
    begun = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
    waiting = []
    for number in range(HANDED_IN + BEGUN):
        given = {name: scenarios[name].best() for name in names}
        for place, name in enumerate(choices):
            if hashlib.sha256(f"{number} {name}".encode()).digest()[0] < 60 + 15 * place:
                answer = scenarios[name].answer()
                given[name] = next(choice for choice in answer["notes"] if choice != answer["key"])
        if number < WROTE:
            given[TASK] = OTHER_TEXT
        person = f"p{number:04}"
        at = begun + timedelta(minutes=9 * number)
        entries = {name: Entry(response, None, None, at.date(), 0) for name, response in given.items()}
        waiting.append(store.save(person, NAME, release["release"], "en", entries))
        if number < HANDED_IN:
            text = courses.responses_text(root, NAME, given)
            digest = hashlib.sha256(text.encode()).hexdigest()
            made = HandIn(person, NAME, release["release"], 0, at, len(given), len(names) + 1, digest, text)
            waiting.append(store.hand_in(made, digest[:32]))
    for one in waiting:
        one.result()
    store.close()
