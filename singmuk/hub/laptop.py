"""A hub on one machine for demonstration and tests: hub, proxy and services, started and stopped together."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from singmuk.desk.state import held
from singmuk.desk.together import StartError, Stop, Together, answers, stoppable
from singmuk.hub import proxy, services, stored
from singmuk.hub.names import Campaign, Part
from singmuk.hub.site import Hosted, Site
from singmuk.serving import browse, free_port

NAMES = {
    "proxy": "Proxy", "hub": "Hub", "desk": "Course", "room": "Trainer's room", "grader": "Formgrader"
}  # fmt: skip
#: The hub's configuration finds by these the password, the seats' homes, and the first uid where each has its own.
PASSWORD, HOMES, FIRST = "SINGMUK_HUB_PASSWORD", "SINGMUK_HUB_HOMES", "SINGMUK_HUB_FIRST_UID"
#: What of a course a demonstration takes; its state/ stays where it is.
TAKEN = (
    *("assignments", "course", "exercises", "scenarios", "solutions", "source"),
    *("_config.yml", "nbgrader_config.py", "policy.yml"),
)
#: The first of the uids that seats get where root starts the hub; no account of a usual machine has one of these.
FIRST_UID = 61_000
#: Seconds for one of the programs to answer.
PATIENCE = 120


def start(root: Path, *, port: int, people: int, show: bool, say: Callable[[str], None] = print) -> None:
    """Start the hub on the course *root* with *people* made-up participants; return once somebody asked to stop.

    Raises `StartError` and `proxy.ProxyError`; nothing is left running in any case.
    """
    root = root.resolve()
    work = root / "_build" / "hub" / "laptop"
    try:
        work.mkdir(parents=True, exist_ok=True)
        with held(work) as mine:
            if not mine:
                raise StartError(f"{work}: the hub is running already; look for its address in the other terminal")
            _run(root, work, port=port, people=people, show=show, say=say)
    except OSError as fault:
        raise StartError(f"{fault.filename or work}: {fault.strerror}; the course's folder must be writable") from fault


def _run(root: Path, work: Path, *, port: int, people: int, show: bool, say: Callable[[str], None]) -> None:
    """Lay what the programs need into *work*, start them, and stop them."""
    say("For demonstration and tests only: made-up people, one password, this machine alone.")
    front = proxy.find(root, work.parent, say)
    site, homes = _lay(root, work, port=port, people=people, say=say)
    password = secrets.token_hex(4)
    environment = {
        stored.VARIABLE: str(work / "site.json"),
        PASSWORD: password,
        HOMES: str(homes),
    }
    environment |= _uids(root, homes, say)
    together = Together(root, work / "logs", NAMES)
    [hosted] = site.campaigns
    with stoppable():
        try:
            together.run_program("proxy", [*front, *proxy.arguments(site)], {proxy.TOKEN: site.proxy_token})
            there = Together(hosted.course, together.logs, NAMES, together.children)
            for part in hosted.ports:
                more = services.environment(site, hosted, part) | _book(root, part)
                there.run(part, *services.COMMANDS[part], shown=False, at=None, **more)
            config = str(root / "hub" / "laptop" / "jupyterhub_config.py")
            together.run_program("hub", [sys.executable, "-m", "jupyterhub", "-f", config], environment)
            _await(together, site, hosted, say)
            _tell(site, password, say)
            if show:
                browse(f"{site.address}/")
            while True:
                together.check()
                time.sleep(0.3)
        except Stop:
            say("\nStopping …")
        finally:
            together.stop()


def _lay(root: Path, work: Path, *, port: int, people: int, say: Callable[[str], None]) -> tuple[Site, Path]:
    """Put a copy of the course into *work*, a site over it, and return that and the folder of the seats' homes."""
    for name in ("hub", "logs", "course"):
        (work / name).mkdir(exist_ok=True)
        (work / name).chmod(0o700)
    for name in TAKEN:
        if (root / name).is_dir():
            shutil.copytree(root / name, work / "course" / name, dirs_exist_ok=True)
        elif (root / name).exists():
            shutil.copy(root / name, work / "course")
    shutil.rmtree(work / "releases", ignore_errors=True)
    shutil.copytree(root / "exercises", work / "releases")
    (work / "homes").mkdir(exist_ok=True)
    taken: list[int] = []

    def another(wanted: int) -> int:
        found = free_port(wanted)
        while found in taken:
            found = free_port(found + 1)
        taken.append(found)
        return found

    public = another(port)
    if public != port:
        say(f"Port {port} is taken; the hub uses {public}.")
    ports = {part: another(public + 10 + number) for number, part in enumerate(services.parts())}
    campaign = Campaign()
    site = Site(
        campaigns=(
            Hosted(
                campaign=campaign,
                course=work / "course",
                releases=work / "releases",
                ports=ports,
                tokens={part: secrets.token_hex(32) for part in ports},
            ),
        ),
        state=work / "hub",
        proxy_token=secrets.token_hex(32),
        port=public,
        hub_port=another(public + 1),
        proxy_port=another(public + 2),
        groups={
            campaign.group("participants"): tuple(f"participant-{number + 1}" for number in range(people)),
            campaign.group("trainers"): ("trainer-1",),
            campaign.group("auditors"): ("auditor-1",),
        },
        python=sys.executable,
    )
    stored.write(work / "site.json", site)
    return site, work / "homes"


def _book(root: Path, part: Part) -> dict[str, str]:
    """Return where *part* finds the built book, which is not copied."""
    return {"SINGMUK_DESK_BOOK": str(root / "_build" / "html")} if part == "desk" else {}


def _uids(root: Path, homes: Path, say: Callable[[str], None]) -> dict[str, str]:
    """Return what gives each seat a uid of its own where that can be, and say what it means where not."""
    if os.geteuid() == 0:
        needed = [homes, root / "singmuk", Path(sys.prefix), Path(sys.base_prefix)]
        closed = next((path for one in needed if (path := _closed(one.resolve()))), None)
        if closed is None:
            return {FIRST: str(FIRST_UID)}
        say(
            f"Seats run as root, because other uids cannot enter {closed}: whoever is in a seat can read and change "
            "everything on this machine. Start it as somebody else to have less at stake."
        )
        return {}
    say(
        "Seats run as you, all of them: code in one of them can read the others', the gradebook and your own files. "
        "That is enough to look at a hub, and no way to run one."
    )
    return {}


def _closed(path: Path) -> Path | None:
    """Return the topmost folder of *path* that other uids cannot enter, None when they can enter all."""
    for one in [*reversed(path.parents), path]:
        if one.exists() and not one.stat().st_mode & 0o001:
            return one
    return None


def _await(together: Together, site: Site, hosted: Hosted, say: Callable[[str], None]) -> None:
    """Return when every program answers, and say so one by one; raise `StartError`."""
    paths: dict[str, tuple[int, str]] = {"proxy": (site.proxy_port, "/api/routes")}
    paths |= {part: (port, f"{hosted.campaign.prefix(part)}healthz") for part, port in hosted.ports.items()}
    paths |= {"hub": (site.hub_port, "/hub/api/")}
    until = time.monotonic() + PATIENCE
    for name, (port, path) in paths.items():
        while not answers(port, path):
            together.check()
            if time.monotonic() > until:
                raise StartError(
                    f"{NAMES[name]}: does not answer after {PATIENCE} seconds; see {together.logs / name}.log"
                )
            time.sleep(0.1)
        say(f"  {NAMES[name]:<15} runs")


def _tell(site: Site, password: str, say: Callable[[str], None]) -> None:
    """Say where it is, who there is, and how it ends."""
    names = [name for members in (site.groups or {}).values() for name in members]
    say(f"\n  Open      {site.address}/")
    say(f"  Names     {', '.join(names)}")
    say(f"  Password  {password}   (of this start alone)")
    say(f"  A seat    {site.address}/hub/spawn   (also from the hub's page, {site.address}/hub/home)")
    say("\nCtrl-C stops everything. What was answered lies in _build/hub/laptop/; `make clean` removes it.")
