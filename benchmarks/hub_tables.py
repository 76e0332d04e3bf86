"""The tables of the hub's benchmark, with what a reader must know."""

from __future__ import annotations

from typing import Any


def markdown(data: dict[str, Any]) -> str:
    """Return the tables for the guide."""
    rows, seat, storm = data["rows"], data["seat"], data["storm"]
    told = [
        "| sign-ins at once | database | a second | p50, s | p99, s | CPU each: hub, ms | proxy | desk | database |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for database, found in rows.items():
        for together, row in found["sign_in"].items():
            cpu = " | ".join(_ms(row[f"{name}_cpu"]) for name in ("hub", "proxy", "desk", "database"))
            times = f"{row['per_second']:.1f} | {row['p50'] / 1e3:.2f} | {row['p99'] / 1e3:.2f}"
            told.append(f"| {together} | {database} | {times} | {cpu} |")
    people = rows["SQLite"]["answer"]["people"]
    told += ["", "| | " + " | ".join(rows) + " |", "| --- |" + " ---: |" * len(rows)]
    lines = {
        "an answer through the proxy, CPU of the proxy, ms": lambda one: _ms(one["answer"]["proxy_cpu"]),
        "the same, CPU of the hub, ms": lambda one: _ms(one["answer"]["hub_cpu"]),
        "the same, CPU of the desk, ms": lambda one: _ms(one["answer"]["desk_cpu"]),
        "the same, CPU of the database, ms": lambda one: _ms(one["answer"]["database_cpu"]),
        f"answers a second, {people} at it at once": lambda one: f"{one['answer']['per_second']:.0f}",
        "the same, p99 of an answer, ms": lambda one: f"{one['answer']['p99']:.0f}",
        "sign-ins and answers that were tried again, hub or desk being too busy": lambda one: str(one["tried_again"]),
        "the hub says who somebody is, CPU, ms": lambda one: _ms(one["check"]["hub_cpu"]),
        "the hub's database, empty, MB": lambda one: f"{one['hub_empty'] / 1e6:.2f}",
        "the hub's database, one person, kB": lambda one: f"{one['hub_bytes'] / 1e3:.1f}",
        "the desk's database, one participant, kB": lambda one: f"{one['desk_bytes'] / 1e3:.1f}",
    }
    for name, show in lines.items():
        told.append(f"| {name} | " + " | ".join(show(found) for found in rows.values()) + " |")
    seconds = seat["seconds"]
    table = {
        "start, s (a quarter, half, three quarters)": " / ".join(f"{value:.1f}" for value in seconds.values()),
        "start, CPU s": f"{seat['cpu']:.2f}",
        "start, CPU of the hub, ms": _ms(seat["hub_cpu"]),
        "server alone, MB (PSS / RSS)": f"{seat['server_pss_mb']:.0f} / {seat['server_rss_mb']:.0f}",
        "server and kernel, MB (PSS / RSS)": f"{seat['pss_mb']:.0f} / {seat['rss_mb']:.0f}",
        "kernel started and all cells run, CPU s": f"{seat['work_cpu']:.2f}",
        "nobody types, share of a core": f"{seat['idle_cpu']:.4f}",
        "it says that it is in use, CPU of the hub, ms": _ms(seat["activity_cpu"]),
        "home, MB": f"{seat['home_bytes'] / 1e6:.2f}",
        f"{storm['at_once']} asked for at once, {storm['limit']} may start: first / half / all ready after, s": (
            f"{storm['first']:.0f} / {storm['median']:.0f} / {storm['last']:.0f}"
        ),
        "the same: told to come again, times": str(storm["told_later"]),
    }
    told += ["", "| a seat | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in table.items())]
    idle, after = data["idle"], data["people"]
    told += [
        "",
        f"| memory, MB | idle | after {data['people_count']} people |",
        "| --- | ---: | ---: |",
        *(f"| {name} | {idle[f'{name}_mb']:.0f} | {after[f'{name}_mb']:.0f} |" for name in ("hub", "proxy")),
    ]
    versions = ", ".join(f"{name} {number}" for name, number in data["versions"].items())
    notes = [
        f"Measured on {data['date']} with `make benchmark` on {data['processors']} processors and "
        f"{data['memory_gb']:.0f} GB that hub, proxy, desk, database, seats and people share, load "
        f"{data['load'][0]:.1f} before it began and {data['load'][1]:.1f} when it ended; it took "
        f"{data['minutes']:.1f} minutes.",
        versions + ".",
        "A sign-in: a browser with an empty cache asks for the assignment, is led to the hub, gives a password, is led "
        "back, reads the notice, and has the assignment's page with all its files. The password is checked by the hub; "
        "an organisation's own sign-in adds its own time and hardly any of this processor's.",
        "A seat's start: from the press of the button until JupyterLab's page is there, an account of its own each. "
        "Whom the hub tells to come again does so when it says.",
    ]
    return "\n".join([*told, "", *(f"- {note}" for note in notes)]) + "\n"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
