"""Measured figures that are round, so that a plan can be computed on paper."""

from __future__ import annotations

import json

from singmuk.hub.plan import measured
from singmuk.hub.plan.asked import Ask


def sign_in(hub, proxy, desk, database):
    return {
        **{"per_second": 20.0, "p99": 5000.0, "hub_cpu": hub, "proxy_cpu": proxy, "desk_cpu": desk},
        **{"database_cpu": database, "bytes": 500_000.0},
    }


def rows(hub, database):
    one = sign_in(hub, 0.02, 0.01, database)
    return {
        "sign_in": {"1": one, "20": one, "100": one},
        "answer": {"hub_cpu": 0.0, "proxy_cpu": 0.001, "database_cpu": database / 4},
        "check": {"hub_cpu": 0.004},
        "hub_bytes": 4_000.0,
        "hub_empty": 400_000.0,
        "desk_bytes": 8_000.0,
    }


#: Round figures, so that a plan can be computed on paper.
HUB = {
    **{"format": 1, "date": "2026-11-01", "processors": 2, "load": [0.1, 2.0], "versions": {"jupyterhub": "5.5.4"}},
    "rows": {"SQLite": rows(0.04, 0.0), "PostgreSQL": rows(0.05, 0.008)},
    **{"idle": {"hub_mb": 100.0, "proxy_mb": 50.0}, "people": {"hub_mb": 110.0, "proxy_mb": 70.0}, "people_count": 500},
    "seat": {
        **{"seconds": {"lower": 3.0, "median": 4.0, "upper": 5.0}, "cpu": 3.2, "hub_cpu": 0.1, "pss_mb": 150.0},
        **{"rss_mb": 200.0, "home_bytes": 1_000_000.0, "idle_cpu": 0.001, "activity_cpu": 0.005},
    },
    "storm": {"at_once": 20, "limit": 4, "first": 8.0, "median": 50.0, "last": 100.0, "told_later": 40},
}
DESK_ROWS = {
    "campaign": {"requests": 1_000, "people": 100, "cpu_each": 0.02},
    "memory": {"start_mb": 100.0, "each_mb": 0.1},
}
DESK = {
    **{"date": "2026-11-01", "processors": 2, "load": [0.1, 2.0]},
    "rows": {"SQLite": DESK_ROWS, "PostgreSQL": DESK_ROWS},
    "seat": {"cpu": 4.0},
}
FIGURES = measured.Measured.model_validate_json(json.dumps({"hub": HUB, "desk": DESK}))
ASK = Ask(people=10_000, peak=0.25, seats=0.05, margin=2.0)


def changed(data, **values):
    """Return *data* with the *values* put where their names, with __ for a dot, lead."""
    copy = json.loads(json.dumps(data))
    for path, value in values.items():
        *way, last = path.split("__")
        place = copy
        for name in way:
            place = place[name]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return copy
