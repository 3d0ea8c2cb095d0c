"""Numbers about the API, for Prometheus."""

from collections.abc import Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from hookwright_sender.api.limits import Gate

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts requests by operation and status, how long they took, and how many there are now."""

    def __init__(self, registry: CollectorRegistry, gates: Mapping[str, Gate]) -> None:
        self._requests = Counter(
            "hookwright_api_requests",
            "Requests that were answered.",
            ["operation", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "hookwright_api_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ["operation"],
            buckets=BUCKETS,
            registry=registry,
        )
        waiting = Gauge(
            "hookwright_api_requests_inside",
            "Requests that hold a place: to be let in, for the database, for a network.",
            ["gate"],
            registry=registry,
        )
        for name, gate in gates.items():
            waiting.labels(name).set_function(partial(_inside, gate))

    def count(self, operation: str, status: int, seconds: float) -> None:
        """Count a request. Operations are those of the table, so that there is a bound to them."""
        name = operation or "none"
        self._requests.labels(name, str(status)).inc()
        self._seconds.labels(name).observe(seconds)


def _inside(gate: Gate) -> float:
    return gate.inside
