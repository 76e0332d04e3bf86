"""Figures for whoever watches the desk: how many, how long, what was refused; never who."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one process; several processes share a folder that `PROMETHEUS_MULTIPROC_DIR` names."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "singmuk_requests",
            "Answers by method, route and status",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "singmuk_request_seconds", "Time to answer", ["route"], buckets=BUCKETS, registry=self._registry
        )
        self.saves = Counter("singmuk_saves", "Responses that are kept", registry=self._registry)
        self.handins = Counter("singmuk_handins", "Hand-ins", registry=self._registry)
        self.refusals = Counter("singmuk_refusals", "What was refused, by reason", ["reason"], registry=self._registry)

    def seen(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH") else "other"
        self.requests.labels(known, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return the figures in Prometheus' format, of all processes where they share a folder."""
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            together = CollectorRegistry()
            multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
            return generate_latest(together)
        return generate_latest(self._registry)
