"""Secrets in a file of values: it is kept in a repository, and Helm keeps it once more in the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from singmuk.faults import Fault
from singmuk.hub.kubernetes.files import Values
from singmuk.lang import Path as Place

#: Settings that hold a secret, by the name of the field, wherever it stands; with what to do.
CHART = "take it out; the chart makes one and keeps it in the Secret hub"
OURS = "put it into the Secret singmuk-hub, and name that in hub.extraEnv"
FIELDS = {
    "apiToken": CHART,
    "api_token": CHART,
    "cookieSecret": CHART,
    "cookie_secret": CHART,
    "secretToken": CHART,
    "auth_token": CHART,
    "keys": CHART,
    "client_secret": OURS,
    "password": OURS,
}
#: Variables that hold one, by what is in their names.
WORDS = ("SECRET", "PASSWORD", "TOKEN")


def faults(values: Values) -> Iterator[Fault]:
    """Yield secrets that stand in the files themselves."""
    for place in (("hub",), ("proxy", "secretToken")):
        yield from _below(values, values.get(*place), place)
    url = values.get("hub", "db", "url")
    if isinstance(url, str) and ":" in url.partition("://")[2].rpartition("@")[0]:
        yield values.at(("hub", "db", "url"), f"holds a password; {OURS} as PGPASSWORD")


def _below(values: Values, found: Any, place: Place) -> Iterator[Fault]:
    if isinstance(found, dict):
        for name, one in found.items():
            yield from _below(values, one, (*place, name))
    elif isinstance(found, list) and place[-1] != "keys":
        for number, one in enumerate(found):
            yield from _below(values, one, (*place, number))
    elif found and _secret(place):
        yield values.at(place, f"is a secret, and this file is no place for it; {FIELDS.get(str(place[-1]), OURS)}")


def _secret(place: Place) -> bool:
    name = str(place[-1])
    if "extraEnv" in place:
        # {valueFrom: {secretKeyRef: …}} names a Secret and is none.
        written = place[-2:-1] == ("extraEnv",) or name == "value"
        variable = str(place[place.index("extraEnv") + 1])
        return written and (variable.startswith("PGPASS") or any(word in variable.upper() for word in WORDS))
    return name in FIELDS and (name != "keys" or "CryptKeeper" in place)
