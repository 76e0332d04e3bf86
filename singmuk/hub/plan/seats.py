"""What seats take: nodes, memory, how fast they start, volumes."""

from __future__ import annotations

from collections.abc import Iterator

from singmuk.hub.plan.asked import Ask, AskedError, above
from singmuk.hub.plan.lines import Line, number
from singmuk.hub.plan.measured import Measured


def lines(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[Line]:  # noqa: ARG001
    """Yield what the seats of *ask* take; raise `AskedError` when none fits on a node."""
    seat, count = measured.hub.seat, ask.seated
    yield Line("seats", "seats", "at once", count, "", f"{ask.present:,} × {ask.seats:g}")
    memory = ask.margin * seat.rss_mb
    how = f"{ask.margin:g} × {seat.rss_mb:.0f} MB, server and kernel"
    yield Line("seats", "seat-mb", "memory of each", memory, "MB", how)
    work = measured.desk.seat.cpu
    each = ask.margin * (seat.cpu / (60 * ask.minutes) + work / (60 * ask.stay) + seat.idle_cpu)
    how = (
        f"{count:,} × {ask.margin:g} × (start {seat.cpu:.1f} s within {ask.minutes:g} min + "
        f"work {work:.1f} s within {ask.stay:g} min + {seat.idle_cpu:.4f} idle)"
    )
    yield Line("seats", "seat-cores", "processors", count * each, "cores", how)
    fits = per_node(ask, memory, each)
    why = min(fits, key=lambda name: fits[name])
    if count and not fits[why]:
        raise AskedError(
            f"--node-cpu, --node-gb: no seat fits on a node of {ask.node_cpu:g} CPU and {ask.node_gb:g} GB for want of "
            f"{why}: one takes {memory:.0f} MB and {each:.2f} cores; give larger nodes"
        )
    how = ", ".join(f"{number} by {name}" for name, number in fits.items())
    yield Line("seats", "seats-per-node", "on a node", fits[why], "", f"{how}; {why} decides")
    full = above(count / fits[why]) if count else 0
    nodes = full + 1 if count else 0
    spare = f"{count:,} ÷ {fits[why]:,}, and one to spare" if count else "no seats"
    yield Line("seats", "nodes", f"nodes of {ask.node_cpu:g} CPU, {ask.node_gb:g} GB", nodes, "", spare)
    yield Line("seats", "seats-gb", "memory of all", count * memory / 1e3, "GB", f"{count:,} × {memory:.0f} MB")
    yield from _starting(ask, measured, count, full)
    home = seat.home_bytes / 1e6
    yield Line("seats", "volumes", "folders or volumes", ask.owners, "", f"{ask.people:,} × {ask.seats:g}, one each")
    how = f"{ask.margin:g} × {ask.owners:,} × {home:.1f} MB at the start; what people add comes on top"
    yield Line("seats", "homes-gb", "their size", ask.margin * ask.owners * home / 1e3, "GB", how)


def per_node(ask: Ask, memory: float, cores: float) -> dict[str, int]:
    """Return how many seats of *memory* MB and *cores* fit on a node, by what is short."""
    free = 1 - ask.assumed("node-reserve")
    return {
        "memory": int(ask.node_gb * 1000 * free / memory),
        "pods": max(0, int(ask.assumed("pods") - ask.assumed("system-pods"))),
        "processors": int(ask.node_cpu * free / cores),
    }


def _starting(ask: Ask, measured: Measured, count: int, full: int) -> Iterator[Line]:
    """Yield how many seats may start at once, how fast they start, and how long until all are ready."""
    seat = measured.hub.seat
    cores = full * ask.node_cpu * (1 - ask.assumed("node-reserve"))
    # So many as do not wait for each other: a start keeps a core busy for most of its time.
    limit = max(1, min(int(ask.assumed("starting-most")), int(cores / ask.margin))) if count else 0
    how = (
        f"a core each: {cores:.0f} ÷ {ask.margin:g}, at most {ask.assumed('starting-most'):.0f}; concurrent_spawn_limit"
    )
    yield Line("seats", "starting", "may start at once", limit, "", how if count else "no seats")
    if not count:
        return
    by = {
        "processors": cores / seat.cpu / ask.margin,
        "the limit": limit / seat.seconds.upper,
        "the hub": 1 / seat.hub_cpu / ask.margin,
    }
    why = min(by, key=lambda name: by[name])
    how = ", ".join(f"{number(rate)} by {name}" for name, rate in by.items())
    yield Line("seats", "starts", "starts", by[why], "/s", f"{how}; {why} decides")
    first = seat.seconds.upper
    yield Line("seats", "first", "the first is ready after", first, "s", "a start, three in four took no longer")
    over, again = max(0, count - limit), ask.assumed("again") if count > limit else 0.0
    ready = first + over / by[why] + again
    how = f"{first:.1f} s + {over:,} ÷ {number(by[why])}/s + {again:.0f} s (told to come again), all asked together"
    yield Line("seats", "ready", "all are ready after", ready, "s", how)


def warnings(ask: Ask, measured: Measured, known: dict[str, float]) -> Iterator[str]:
    """Yield what to beware of with seats."""
    if not known["seats"]:
        return
    volumes = ask.assumed("volumes")
    if min(known["seats"], known["seats-per-node"]) > volumes:
        yield (
            f"A volume for each person stops at about {volumes:.0f} on a node, long before "
            f"{known['seats-per-node']:.0f} seats: take one shared volume with a folder each "
            "(storage.type: static, subPath), or none."
        )
    if known["seats"] > ask.assumed("one-machine"):
        yield f"{known['seats']:,.0f} seats at once are more than one machine should hold: use Kubernetes."
    if known["ready"] > 60 * ask.minutes:
        yield (
            f"All seats are ready {known['ready'] / 60:.0f} min after everybody pressed the button, later than the "
            f"{ask.minutes:g} min within which they come: start them before, or let groups begin one after the other."
        )
    storm = measured.hub.storm
    yield (
        f"Whoever asks while {known['starting']:.0f} are starting is told to come again later (429): of "
        f"{storm.at_once} at once with a limit of {storm.limit}, {storm.told_later} times; the first was ready after "
        f"{storm.first:.0f} s, the last after {storm.last:.0f} s on {measured.hub.processors} processors."
    )
