"""Memory and processors: the hub counts in K, M, G, T; Kubernetes has units of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from singmuk.faults import Fault
from singmuk.hub.kubernetes.files import Values
from singmuk.lang import Path as Place

#: What JupyterHub reads in singleuser.memory: "384M"; it stops at 384Mi and at 384MB.
HUB = re.compile(r"[0-9]+(\.[0-9]+)?[KMGT]?")
#: What Kubernetes reads everywhere else: 1, 250m, 1.5, 512Mi, 1G, 2e3.
KUBERNETES = re.compile(r"[0-9]+(\.[0-9]*)?([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?")
POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
#: Below these stand quantities by name: {cpu: 250m, memory: 1Gi}.
GROUPS = ("requests", "limits", "guarantees")


def faults(values: Values) -> Iterator[Fault]:
    """Yield quantities that the hub or Kubernetes would refuse, and limits below what is guaranteed."""
    seats = values.group("singleuser", "memory")
    for name in ("guarantee", "limit"):
        given = seats.get(name)
        if isinstance(given, str) and not HUB.fullmatch(given):
            yield values.at(
                ("singleuser", "memory", name),
                f"{given!r} is no amount of memory that the hub reads; write a number and K, M, G or T, such as 384M",
            )
    yield from _order(values, "memory", _bytes(seats.get("guarantee")), _bytes(seats.get("limit")))
    cpu = values.group("singleuser", "cpu")
    yield from _order(values, "cpu", _number(cpu.get("guarantee")), _number(cpu.get("limit")))
    yield from _quantities(values, values.data, ())


def _order(values: Values, what: str, guarantee: Decimal | None, limit: Decimal | None) -> Iterator[Fault]:
    if guarantee is not None and limit is not None and limit < guarantee:
        yield values.at(
            ("singleuser", what, "limit"), "is less than the guarantee, and no seat would start; raise it or lower that"
        )


def _bytes(given: Any) -> Decimal | None:
    if isinstance(given, str) and HUB.fullmatch(given):
        power = POWERS.get(given[-1], 0)
        number = Decimal(given[:-1] if power else given)
        return number * Decimal(1024**power)
    return _number(given)


def _number(given: Any) -> Decimal | None:
    return Decimal(str(given)) if isinstance(given, int | float) and not isinstance(given, bool) else None


def _quantities(values: Values, found: Any, place: Place) -> Iterator[Fault]:
    """Yield what is no quantity of Kubernetes in *found*, which stands at *place*."""
    if isinstance(found, list):
        for number, one in enumerate(found):
            yield from _quantities(values, one, (*place, number))
    elif isinstance(found, dict):
        for name, one in found.items():
            here = (*place, name)
            around = place[-1] if place else ""
            if name in GROUPS and isinstance(one, dict) and around in ("resources", "extraResource"):
                yield from _group(values, one, here)
            else:
                yield from _quantities(values, one, here)


def _group(values: Values, given: dict[str, Any], place: Place) -> Iterator[Fault]:
    for name, one in given.items():
        if isinstance(one, bool) or not KUBERNETES.fullmatch(str(one)):
            yield values.at((*place, name), f"{one!r} is no quantity of Kubernetes; write such as 250m, 2, 512Mi or 1G")
