"""Measure the hub: sign-ins, answers and seats through the real proxy, with SQLite and PostgreSQL.

`singmuk hub plan` calculates with what it writes. It makes accounts of this machine and so wants root. Run it by
`make benchmark` on a machine that does little else: people, hub, proxy, desk and database share its processors.
`python benchmarks/hub.py --try` does the same without writing results.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks import hub_people, hub_seats, hub_tables
from benchmarks.desk import responses
from benchmarks.hub_people import Meter, load
from singmuk.hub import proxy
from singmuk.hub.plan import measured
from singmuk.hub.site import Limits
from tests.conftest import ROOT
from tests.hub.site import hosted
from tests.postgres import server

RESULTS = Path(__file__).parent / "results"
#: Seats asked for at once; so many may be starting.
STORM, LIMIT = 20, 4


def sqlite(say: Callable[[str], None]) -> dict[str, Any]:
    """Return what people and seats take with SQLite."""
    limits = Limits(starting=LIMIT, start=300)
    with hosted(
        people=hub_seats.ALONE + STORM, trainers=0, auditors=0, limits=limits, config=hub_people.config()
    ) as site:
        databases = {
            "hub": site.site.database_url,
            "desk": f"sqlite:///{site.course}/state/desk.db",
            "bare": f"sqlite:///{site.folder}/bare.sqlite",
        }
        meter, crowd = Meter(site), hub_people.crowd(site, responses())
        rows = asyncio.run(hub_people.people(meter, crowd, databases, say))
        one, many = site.participants[: hub_seats.ALONE], site.participants[hub_seats.ALONE :]
        seat = asyncio.run(hub_seats.alone(meter, crowd, one, say))
        storm = asyncio.run(hub_seats.at_once(crowd, many, LIMIT, say))
        say("Ending the seats …")
        asyncio.run(hub_seats.end(meter, site.participants))
    return {"rows": rows, "seat": seat, "storm": storm}


def postgres(say: Callable[[str], None]) -> dict[str, Any]:
    """Return what people take with PostgreSQL under hub and desk."""
    with tempfile.TemporaryDirectory(prefix="singmuk-hub-") as folder:
        Path(folder).chmod(0o755)  # the database server is somebody else
        (data := Path(folder) / "data").mkdir()
        with server(data) as running:
            databases = {name: running.database(name) for name in ("hub", "desk", "bare")}
            with hosted(
                people=1, trainers=0, auditors=0, config=hub_people.config(),
                hub_database=databases["hub"], desk_database=databases["desk"],
            ) as site:  # fmt: skip
                meter, crowd = Meter(site, running.pid), hub_people.crowd(site, responses())
                return asyncio.run(hub_people.people(meter, crowd, databases, say))


def versions() -> dict[str, str]:
    """Return the versions of what was measured."""
    package = json.loads((ROOT / proxy.LOCKED / "package-lock.json").read_text(encoding="utf-8"))
    node = subprocess.run(
        [proxy.find(ROOT, ROOT / "_build" / "hub", say=lambda _: None)[0], "--version"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    return {
        "python": platform.python_version(),
        "jupyterhub": version("jupyterhub"),
        "configurable-http-proxy": package["packages"]["node_modules/configurable-http-proxy"]["version"],
        "node": node,
        "jupyterlab": version("jupyterlab"),
    }


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Yield what says how far it is."""
    began = time.monotonic()
    with console.status("…") as status:

        def say(text: str) -> None:
            status.update(text)
            if not console.is_terminal:
                console.print(f"{time.monotonic() - began:4.0f} s  {text}", highlight=False)

        yield say


def main() -> None:
    """Measure, print, and write the results unless it is a try."""
    console = Console()
    if os.geteuid():
        sys.exit("benchmarks/hub.py makes accounts for its seats: run it as root, or in a container")
    began, before = time.monotonic(), load()
    with progress(console) as say:
        found = sqlite(say)
        rows = {"SQLite": found["rows"]}
        rows["PostgreSQL"] = postgres(lambda text: say(f"PostgreSQL: {text}"))
    data = {
        "format": measured.FORMAT,
        "date": date.today().isoformat(),
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load": (before, load()),
        "minutes": (time.monotonic() - began) / 60,
        "versions": versions(),
        "idle": rows["SQLite"].pop("idle"),
        "people": rows["SQLite"].pop("people"),
        "people_count": rows["SQLite"].pop("people_count"),
        "rows": rows,
        "seat": found["seat"],
        "storm": found["storm"],
    }
    measured.Hub.model_validate(json.loads(json.dumps(data)))  # what a plan cannot read is no result
    told = hub_tables.markdown(data)
    console.print(told, soft_wrap=True)
    if "--try" not in sys.argv:
        (RESULTS / "hub.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        (RESULTS / "hub.md").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
