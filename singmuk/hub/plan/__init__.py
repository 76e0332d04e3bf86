"""What a campaign takes: processes, seats, nodes, memory and databases, calculated from what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from singmuk.hub.plan import seats
from singmuk.hub.plan.asked import Ask, above
from singmuk.hub.plan.lines import Line, number
from singmuk.hub.plan.measured import Measured

MB, GB = 1e6, 1e9


@dataclass(frozen=True)
class Plan:
    """What it takes, line by line, what to beware of, and where the figures are from."""

    ask: Ask
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]

    def __getitem__(self, name: str) -> float:
        """Return the value of the line *name*; raise `KeyError`."""
        return self.values[name]

    @property
    def values(self) -> dict[str, float]:
        """Return the value of each line by its name."""
        return {line.name: line.value for line in self.lines}

    def data(self) -> dict[str, Any]:
        """Return it as plain data, the same for the same question and results."""
        return {
            "format": 1,
            "asked": self.ask.data(),
            "lines": [line.data() for line in self.lines],
            "warnings": list(self.warnings),
            "measured": list(self.remarks),
        }


def plan(ask: Ask, measured: Measured) -> Plan:
    """Return what *ask* takes by what was *measured*; raise `AskedError` when no seat fits on a node."""
    lines: list[Line] = []
    for part in (_coming, _desk, seats.lines, _hub, _proxy, _databases, _whole):
        lines += part(ask, measured, {line.name: line.value for line in lines})
    values = {line.name: line.value for line in lines}
    return Plan(ask, tuple(lines), tuple(_warnings(ask, measured, values)), tuple(measured.remarks()))


def _coming(ask: Ask, measured: Measured, _: dict[str, float]) -> Iterator[Line]:
    """Yield how many are there, and how fast they come and answer."""
    row = measured.hub.rows["SQLite"].busy
    yield Line("people", "present", "at once", ask.present, "people", f"{ask.people:,} × {ask.peak:g}")
    rate = ask.present / (60 * ask.minutes)
    yield Line("people", "sign-ins", "sign-ins", rate, "/s", f"{ask.present:,} within {ask.minutes:g} min")
    saves = ask.present * ask.saves / (60 * ask.stay)
    how = f"{ask.present:,} × {ask.saves:g} answers within {ask.stay:g} min"
    yield Line("people", "saves", "answers", saves, "/s", how)
    each = f"{number(rate)}/s × {row.bytes / MB:.2f} MB with an empty cache × {ask.margin:g}"
    yield Line("people", "network", "network", rate * row.bytes * 8 * ask.margin / MB, "Mbit/s", each)


def _desk(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[Line]:
    """Yield the desk's cores, processes and memory; of both databases the dearer figure counts."""
    sign_in = max(rows.busy.desk_cpu for rows in measured.hub.rows.values())
    answer = max(rows.answer_cpu for rows in measured.desk.rows.values())
    cores, how = _busy(ask, (known["sign-ins"], "sign-ins", sign_in), (known["saves"], "answers", answer))
    yield Line("desk", "desk-cores", "processors", cores, "cores", how)
    processes = max(1, above(cores))
    yield Line("desk", "desk-processes", "processes", processes, "", "one is at most one core, rounded up")
    replicas = max(2, processes)
    yield Line("desk", "desk-replicas", "replicas on Kubernetes", replicas, "", "two at least: one may go")
    start = max(rows.memory.start_mb for rows in measured.desk.rows.values())
    each = max(rows.memory.each_mb for rows in measured.desk.rows.values())
    memory, how = _held(ask, replicas, start, each)
    yield Line("desk", "desk-mb", "memory", memory, "MB", how)


def _hub(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[Line]:
    """Yield what the hub has to do, whether one is enough, and its memory."""
    found = measured.hub
    rows = list(found.rows.values())
    believed = ask.assumed("believed")
    checks = min(known["saves"], ask.present * known["desk-replicas"] / believed)
    how = f"one for each answer, at most {known['desk-replicas']:.0f} a person in {believed:.0f} s (the desk remembers)"
    yield Line("hub", "checks", "questions who it is", checks, "/s", how)
    posts = known["seats"] / ask.assumed("activity")
    yield Line("hub", "activity", "seats reporting", posts, "/s", f"every {ask.assumed('activity'):.0f} s each")
    share, how = _busy(
        ask,
        (known["sign-ins"], "sign-ins", max(one.busy.hub_cpu for one in rows)),
        (checks, "questions", max(one.check.hub_cpu for one in rows)),
        (known["seats"] / (60 * ask.minutes), "starts", found.seat.hub_cpu),
        (posts, "reports", found.seat.activity_cpu),
    )
    yield Line("hub", "hub-cores", "processor", share, "cores", how)
    limit = ask.assumed("seats-each-hub")
    hubs = max(1, above(share), above(known["seats"] / limit))
    how = f"a hub is one process on one core, with {limit:,.0f} seats; several share nothing, not even people"
    yield Line("hub", "hubs", "hubs", hubs, "", how)
    memory, how = _held(ask, hubs, found.idle.hub_mb, found.one_more_mb[0])
    yield Line("hub", "hub-mb", "memory", memory, "MB", how)


def _proxy(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[Line]:
    """Yield the proxy's processor and memory; it is one process beside each hub."""
    rows = list(measured.hub.rows.values())
    sign_in, answer = max(one.busy.proxy_cpu for one in rows), max(one.answer.proxy_cpu for one in rows)
    share, how = _busy(ask, (known["sign-ins"], "sign-ins", sign_in), (known["saves"], "answers", answer))
    yield Line("proxy", "proxy-cores", "processor", share, "cores", how)
    memory, how = _held(ask, int(known["hubs"]), measured.hub.idle.proxy_mb, measured.hub.one_more_mb[1])
    yield Line("proxy", "proxy-mb", "memory", memory, "MB", how)


def _databases(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[Line]:
    """Yield the databases' load and size."""
    rows = measured.hub.rows["PostgreSQL"]
    every = list(measured.hub.rows.values())
    sign_in, answer = rows.busy.database_cpu, rows.answer.database_cpu
    cores, how = _busy(ask, (known["sign-ins"], "sign-ins", sign_in), (known["saves"], "answers", answer))
    yield Line("database", "database-cores", "processor", cores, "cores", f"PostgreSQL's own: {how}")
    hub, empty = max(one.hub_bytes for one in every), max(one.hub_empty for one in every)
    size = ask.margin * (known["hubs"] * empty + ask.people * hub) / MB
    how = f"{ask.margin:g} × ({known['hubs']:.0f} × {empty / MB:.1f} MB + {ask.people:,} × {hub / 1e3:.1f} kB)"
    yield Line("database", "hub-database-mb", "the hub's", size, "MB", how)
    desk = max(one.desk_bytes for one in every)
    size = ask.margin * ask.people * desk / MB
    how = f"{ask.margin:g} × {ask.people:,} × {desk / 1e3:.1f} kB for each assignment"
    yield Line("database", "desk-database-mb", "the desk's", size, "MB", how)


def _whole(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[Line]:
    """Yield what one machine would need for all of it."""
    seat, part = measured.hub.seat, "one machine"
    cores = above(sum(known[f"{name}-cores"] for name in ("desk", "hub", "proxy", "database", "seat")))
    yield Line(part, "machine-cores", "processors", cores, "cores", "desk, hub, proxy, database and seats together")
    bears = max(1, int(cores / ask.margin)) if known["seats"] else 0
    how = f"a core each: {cores} ÷ {ask.margin:g}; concurrent_spawn_limit"
    yield Line(part, "machine-starting", "may start at once", bears, "", how if bears else "no seats")
    shared = ask.margin * known["seats"] * seat.pss_mb
    memory = above((known["desk-mb"] + known["hub-mb"] + known["proxy-mb"] + shared) / 1e3)
    how = f"the same; a seat takes {ask.margin:g} × {seat.pss_mb:.0f} MB where it shares; the system comes on top"
    yield Line(part, "machine-gb", "memory", memory, "GB", how)


def _warnings(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[str]:
    """Yield what to beware of."""
    hub = max(rows.busy.hub_cpu for rows in measured.hub.rows.values())
    whole = ask.margin * ask.people * hub / 60
    yield (
        f"If all {ask.people:,} are mailed at once and open the mail at once, signing in takes one hub "
        f"{whole:,.0f} min of its one core: stagger the invitations by department."
    )
    if known["hubs"] > 1:
        yield (
            f"One hub is not enough: it is one process on one core and cannot be doubled. Take {known['hubs']:.0f}, "
            "each with its own database, people and address, or let people come within more minutes."
        )
    elif known["hub-cores"] > 0.7:
        yield f"The hub is busy for {known['hub-cores']:.0%} of its one core: let people come within more minutes."
    if known["proxy-cores"] > known["hubs"]:
        yield "The proxy would need more than its one core: divide the people among more hubs, or let them come slower."
    if known["desk-processes"] > 1:
        yield "The desk needs PostgreSQL: several processes cannot share SQLite."
    yield from seats.warnings(ask, measured, known)


def _busy(ask: Ask, *parts: tuple[float, str, float]) -> tuple[float, str]:
    """Return the cores that so many a second of something take with so many CPU seconds each, and how that came."""
    told = " + ".join(f"{number(rate)} {what}/s × {1000 * cost:.1f} ms" for rate, what, cost in parts if rate)
    return ask.margin * sum(rate * cost for rate, _, cost in parts), f"{ask.margin:g} × ({told})"


def _held(ask: Ask, processes: int, start: float, each: float) -> tuple[float, str]:
    """Return the MB of so many processes with those at once among them, and how that came."""
    told = f"{ask.margin:g} × ({processes} × {start:.0f} MB + {ask.present:,} × {each:.3f} MB)"
    return ask.margin * (processes * start + ask.present * each), told
