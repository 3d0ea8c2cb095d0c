"""The log of deliveries: what was sent, what came of it, attempt by attempt."""

from collections.abc import Mapping
from dataclasses import dataclass

from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Filters:
    """What to list; None is everything. Times are Unix seconds, of when the delivery was made."""

    webhook_id: int | None = None
    event: str | None = None
    # pending, delivered, dead, cancelled
    state: str | None = None
    # Of the last attempt.
    outcome: str | None = None
    status: int | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery; `due_at` is None unless it is pending. `attempts` is how many there were."""

    id: int
    event_id: int
    webhook_id: int
    event: str
    test: bool
    state: str
    attempts: int
    last_outcome: str | None
    last_status: int | None
    created_at: float
    due_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """One attempt; `response_body` is the first 1,024 bytes of the answer, known secrets masked."""

    number: int
    started_at: float
    latency: float
    outcome: str
    status: int | None
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    response_body: bytes
    error: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery with its attempts, the first one first."""

    delivery: Delivery
    attempts: tuple[LoggedAttempt, ...]


@dataclass(frozen=True, slots=True)
class LogPage:
    """A part of the log, newest first; `next` is the id to go on after, None at the end."""

    items: tuple[Delivery, ...]
    next: int | None


class DeliveryLog:
    """The deliveries of an account."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring

    def list(
        self,
        account_id: int,
        filters: Filters | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> LogPage:
        """Return deliveries, newest first, from behind the id `after`."""
        raise NotImplementedError

    def show(self, account_id: int, delivery_id: int) -> Shown | None:
        """Return a delivery with its attempts; None when the account has no such delivery."""
        raise NotImplementedError
