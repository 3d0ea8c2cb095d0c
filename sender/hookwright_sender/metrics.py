"""Counters and histograms of the sender, for Prometheus."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

# Seconds, about three a decade.
LATENCIES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
BATCHES = (1, 4, 16, 64, 256)


class Meter(Protocol):
    """What the engine tells of itself; times are in seconds."""

    def attempted(self, outcome: str, latency: float) -> None:
        """Count an attempt that came to an end."""
        ...

    def delivered(self, lag: float) -> None:
        """Note how long a first attempt's success took since the event was accepted."""
        ...

    def turned(self, seconds: float, claimed: int, recorded: int, outdated: int) -> None:
        """Note a transaction with the database."""
        ...

    def failed(self) -> None:
        """Count a transaction that the database did not take."""
        ...

    def stumbled(self) -> None:
        """Count a delivery that could not even be attempted, since stored data is unusable."""
        ...

    def changed(self, change: str) -> None:
        """Count a webhook that fails, recovered or was disabled."""
        ...

    def holding(self, flying: int, waiting: int) -> None:
        """Note how many attempts run, and how many deliveries are claimed and not begun."""
        ...


class Silent:
    """Tells nobody."""

    def attempted(self, outcome: str, latency: float) -> None:
        """See `Meter`."""

    def delivered(self, lag: float) -> None:
        """See `Meter`."""

    def turned(self, seconds: float, claimed: int, recorded: int, outdated: int) -> None:
        """See `Meter`."""

    def failed(self) -> None:
        """See `Meter`."""

    def stumbled(self) -> None:
        """See `Meter`."""

    def changed(self, change: str) -> None:
        """See `Meter`."""

    def holding(self, flying: int, waiting: int) -> None:
        """See `Meter`."""


class Metrics:
    """Keeps them in a registry of `prometheus_client`, under names that begin `hookwright_`."""

    def __init__(self, registry: "CollectorRegistry | None" = None) -> None:
        # A command that serves nothing need not wait for it.
        from prometheus_client import REGISTRY, Counter, Gauge, Histogram  # noqa: PLC0415

        to = REGISTRY if registry is None else registry

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"hookwright_{name}", text, labels, registry=to)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"hookwright_{name}", text, buckets=buckets, registry=to)

        self._attempts = counter("attempts", "Attempts that came to an end", "outcome")
        # To look one up takes longer than to count.
        self._outcomes: dict[str, Counter] = {}
        self._changes = counter(
            "webhook_changes", "Webhooks that changed for the worse or better", "change"
        )
        self._claims = counter("claims", "Deliveries claimed")
        self._recorded = counter("outcomes_recorded", "Outcomes recorded")
        self._outdated = counter("outcomes_outdated", "Outcomes that came after the lease")
        self._store_failures = counter("store_failures", "Transactions that the database refused")
        self._stumbles = counter("unusable_deliveries", "Deliveries that could not be attempted")
        self._latency = histogram("attempt_seconds", "Time of an attempt", LATENCIES)
        self._lag = histogram("delivery_lag_seconds", "From accepted to delivered", LATENCIES)
        self._turns = histogram("turn_seconds", "Time of a transaction", LATENCIES)
        self._flying = Gauge("hookwright_attempts_running", "Attempts that run", registry=to)
        self._waiting = Gauge("hookwright_claims_waiting", "Claimed and not begun", registry=to)

    def attempted(self, outcome: str, latency: float) -> None:
        """See `Meter`."""
        attempts = self._outcomes.get(outcome)
        if attempts is None:
            attempts = self._outcomes[outcome] = self._attempts.labels(outcome)
        attempts.inc()
        self._latency.observe(latency)

    def delivered(self, lag: float) -> None:
        """See `Meter`."""
        self._lag.observe(lag)

    def turned(self, seconds: float, claimed: int, recorded: int, outdated: int) -> None:
        """See `Meter`."""
        self._turns.observe(seconds)
        self._claims.inc(claimed)
        self._recorded.inc(recorded)
        self._outdated.inc(outdated)

    def failed(self) -> None:
        """See `Meter`."""
        self._store_failures.inc()

    def stumbled(self) -> None:
        """See `Meter`."""
        self._stumbles.inc()

    def changed(self, change: str) -> None:
        """See `Meter`."""
        self._changes.labels(change).inc()

    def holding(self, flying: int, waiting: int) -> None:
        """See `Meter`."""
        self._flying.set(flying)
        self._waiting.set(waiting)
