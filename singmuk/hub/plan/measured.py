"""The figures that a plan calculates with: what `make benchmark` measured, read and checked."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

#: What this version of the plan can read; the benchmark writes it beside its figures.
FORMAT = 1
HUB, DESK = "hub.json", "desk.json"
#: Where the results lie in the tree, and where in the package.
TREE = Path(__file__).resolve().parents[3] / "benchmarks" / "results"
PACKAGE = "results"
AGAIN = "measure again with `make benchmark`, or name a folder with --results"
#: A measurement that began on a busier machine is told as such.
QUIET = 0.25
Kind = TypeVar("Kind", bound=BaseModel)
Database = Literal["SQLite", "PostgreSQL"]


class MeasuredError(Exception):
    """Results that cannot be used; the message says where, what, and what to do."""


class Figures(BaseModel):
    """Figures from a file: what the plan does not use may stand beside them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class SignIn(Figures):
    """What one sign-in takes, from the first click to the assignment's page with an empty cache; CPU in seconds."""

    per_second: PositiveFloat
    p99: PositiveFloat = Field(description="Milliseconds")
    hub_cpu: PositiveFloat
    proxy_cpu: PositiveFloat
    desk_cpu: PositiveFloat
    database_cpu: float = Field(ge=0, description="The database server's; 0 for SQLite, which has none")
    bytes: PositiveFloat


class Asked(Figures):
    """What one request takes; CPU in seconds."""

    hub_cpu: float = Field(0.0, ge=0)
    proxy_cpu: float = Field(0.0, ge=0)
    database_cpu: float = Field(0.0, ge=0)


class Rows(Figures):
    """What was measured with one database."""

    sign_in: dict[Literal["1", "20", "100"], SignIn]
    answer: Asked
    check: Asked = Field(description="The desk asks the hub whose token it is")
    hub_bytes: PositiveFloat = Field(description="The hub's database, of one person")
    hub_empty: PositiveFloat
    desk_bytes: PositiveFloat = Field(description="The desk's database, of one participant who answered and handed in")

    @property
    def busy(self) -> SignIn:
        """Return what a sign-in takes while a hundred are at it."""
        return self.sign_in["100"]


class Memory(Figures):
    """MB of the two processes that nobody can do without."""

    hub_mb: PositiveFloat
    proxy_mb: PositiveFloat


class Quartiles(Figures):
    """A quarter, a half and three quarters took so long."""

    lower: PositiveFloat
    median: PositiveFloat
    upper: PositiveFloat


class Seat(Figures):
    """A seat in JupyterLab: its start, and how it runs with one kernel."""

    seconds: Quartiles
    cpu: PositiveFloat = Field(description="CPU seconds of its start")
    hub_cpu: PositiveFloat = Field(description="The hub's CPU seconds for its start")
    pss_mb: PositiveFloat = Field(description="Server and kernel; what seats share is counted once")
    rss_mb: PositiveFloat = Field(description="Server and kernel, each counted whole")
    home_bytes: PositiveFloat
    idle_cpu: float = Field(ge=0, description="Cores while nobody types")
    activity_cpu: PositiveFloat = Field(description="The hub's CPU seconds when it says that it is in use")


class Storm(Figures):
    """Seats asked for at once; seconds until the first and the last were ready."""

    at_once: int = Field(gt=0)
    limit: int = Field(gt=0)
    first: PositiveFloat
    median: PositiveFloat
    last: PositiveFloat
    told_later: int = Field(ge=0)


class Hub(Figures):
    """benchmarks/results/hub.json."""

    format: Literal[1]
    date: str
    processors: int = Field(gt=0)
    load: tuple[float, float]
    versions: dict[str, str]
    rows: dict[Database, Rows]
    idle: Memory
    people: Memory
    people_count: int = Field(gt=0)
    seat: Seat
    storm: Storm

    @property
    def one_more_mb(self) -> tuple[float, float]:
        """Return the MB of the hub and of the proxy for one more person."""
        hub = max(0.0, self.people.hub_mb - self.idle.hub_mb) / self.people_count
        return hub, max(0.0, self.people.proxy_mb - self.idle.proxy_mb) / self.people_count


class Campaign(Figures):
    """A campaign replayed on the desk."""

    requests: int = Field(gt=0, description="Answers saved")
    people: int = Field(gt=0)
    cpu_each: PositiveFloat = Field(description="CPU seconds of one participant: page, answers, hand-in")


class DeskMemory(Figures):
    """MB of the desk's process."""

    start_mb: PositiveFloat
    each_mb: float = Field(ge=0)


class DeskRows(Figures):
    """What the desk did with one database."""

    campaign: Campaign
    memory: DeskMemory

    @property
    def answer_cpu(self) -> float:
        """Return the desk's CPU seconds for an answer, the page and the hand-in spread over the answers."""
        return self.campaign.cpu_each * self.campaign.people / self.campaign.requests


class Notebook(Figures):
    """The same assignment in a Jupyter server with a kernel."""

    cpu: PositiveFloat


class Desk(Figures):
    """benchmarks/results/desk.json."""

    date: str
    processors: int = Field(gt=0)
    load: tuple[float, float]
    rows: dict[Database, DeskRows]
    seat: Notebook


class Measured(Figures):
    """Both files."""

    hub: Hub
    desk: Desk

    def remarks(self) -> list[str]:
        """Return what a reader must know of how it was measured."""
        told = []
        for name, found in ((HUB, self.hub), (DESK, self.desk)):
            busy = found.load[0] > QUIET * found.processors
            told.append(
                f"{name}: measured on {found.date} on {found.processors} processors that also played the people, "
                f"load {found.load[0]:.1f} before it began"
                + ("; the machine was busy, so that yours may need less: measure again on a quiet one" if busy else "")
            )
        versions = ", ".join(f"{name} {version}" for name, version in self.hub.versions.items())
        waits = ", ".join(f"{row.busy.p99 / 1e3:.1f} s with {name}" for name, row in self.hub.rows.items())
        told.append(f"{HUB}: with 100 signing in at once, 99 in 100 had their page within {waits}")
        return [*told, f"{HUB}: {versions}"]


def read(folder: Path | None = None) -> Measured:
    """Return the results in *folder*, else those that belong to this version; raise `MeasuredError`."""
    return Measured(hub=_file(HUB, Hub, folder), desk=_file(DESK, Desk, folder))


def _file(name: str, kind: type[Kind], folder: Path | None) -> Kind:
    place = str((folder or TREE) / name)
    try:
        text = _text(name, folder)
        return kind.model_validate(json.loads(text))
    except FileNotFoundError:
        raise MeasuredError(f"{place}: is not there; {AGAIN}") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise MeasuredError(f"{place}: cannot be read: {fault}; {AGAIN}") from fault
    except json.JSONDecodeError as fault:
        raise MeasuredError(f"{place}:{fault.lineno}: is no JSON: {fault.msg}; {AGAIN}") from fault
    except ValidationError as fault:
        wrong = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in fault.errors()]
        lines = [f"{place}: {where or 'the file'}: {what[:1].lower()}{what[1:]}" for where, what in wrong]
        old = "it was made by another version of the benchmark; "
        raise MeasuredError("\n".join([*lines, f"{place}: {old}{AGAIN}"])) from None


def _text(name: str, folder: Path | None) -> str:
    if folder:
        return (folder / name).read_text(encoding="utf-8")
    packed = resources.files("singmuk.hub.plan") / PACKAGE / name
    return packed.read_text(encoding="utf-8") if packed.is_file() else (TREE / name).read_text(encoding="utf-8")
