"""The log of deliveries: what was sent, what came of it, attempt by attempt."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from hookwright_sender.delivery.details import BODY_LIMIT, HEADER_LIMIT
from hookwright_sender.delivery.dialects import DEAD, PENDING, AnyRow
from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.encryption.masking import Masker
from hookwright_sender.explanation import mended
from hookwright_sender.ids import first_id_at
from hookwright_sender.store.database import Database
from hookwright_sender.store.scan import ROWS, limit_time, lowest
from hookwright_sender.store.tables import attempts, deliveries, webhooks

# Seconds by which an id may be off the time at which its delivery was made.
SLACK = 60.0
# Of one delivery, the last ones: each replay adds a ladder of them.
MOST_ATTEMPTS = 50

COLUMNS = (
    deliveries.c.id,
    deliveries.c.event_id,
    deliveries.c.webhook_id,
    deliveries.c.event,
    deliveries.c.test,
    deliveries.c.state,
    deliveries.c.attempts,
    deliveries.c.last_outcome,
    deliveries.c.last_status,
    deliveries.c.created_at,
    deliveries.c.due_at,
    deliveries.c.finished_at,
)
ONE = select(*COLUMNS).where(
    deliveries.c.id == bindparam("delivery"), deliveries.c.account_id == bindparam("account")
)
ATTEMPTS = (
    select(attempts)
    .where(attempts.c.delivery_id == bindparam("delivery"))
    .order_by(attempts.c.claim.desc())
    .limit(MOST_ATTEMPTS)
)
WEBHOOK = select(webhooks.c.settings, webhooks.c.secrets).where(
    webhooks.c.id == bindparam("webhook")
)


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
    """A delivery with its attempts, 50 at most: the last ones, in the order they were made."""

    delivery: Delivery
    attempts: tuple[LoggedAttempt, ...]


@dataclass(frozen=True, slots=True)
class LogPage:
    """A part of the log, newest first; `next` is the id to go on after, None at the end."""

    items: tuple[Delivery, ...]
    next: int | None


def conditions(account_id: int, filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a delivery of an account must meet to be listed."""
    account: ColumnElement[int] = deliveries.c.account_id
    if filters.webhook_id is not None:
        # Keeps SQLite from the index of the account, which may have far more than the webhook.
        account += 0
    found: list[ColumnElement[bool]] = [account == account_id]
    wanted = {
        deliveries.c.webhook_id: filters.webhook_id,
        deliveries.c.event: filters.event,
        deliveries.c.last_outcome: filters.outcome,
        deliveries.c.last_status: filters.status,
    }
    found += [column == value for column, value in wanted.items() if value is not None]
    if filters.state is not None:
        known = {"pending": PENDING, "dead": DEAD}
        found.append(known.get(filters.state, deliveries.c.state == filters.state))
    if filters.since is not None:
        found.append(deliveries.c.id >= first_id_at(filters.since - SLACK))
        found.append(deliveries.c.created_at >= filters.since)
    if filters.until is not None:
        found.append(deliveries.c.id < first_id_at(filters.until + SLACK))
        found.append(deliveries.c.created_at < filters.until)
    return found


class DeliveryLog:
    """The deliveries of an account. `scan` is how many of them one page looks at."""

    def __init__(self, database: Database, ring: KeyRing, scan: int = ROWS) -> None:
        self._database = database
        self._ring = ring
        self._scan = scan

    def list(
        self,
        account_id: int,
        filters: Filters | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> LogPage:
        """Return deliveries, newest first, from behind the id `after`; `until` is exclusive.

        A page may be short, even empty, and still have a `next`: few were found among those that
        it looked at.
        """
        wanted = filters or Filters()
        among = _among(account_id, wanted)
        if after is not None:
            among.append(deliveries.c.id < after)
        with self._database.reading() as connection:
            limit_time(connection)
            if wanted.webhook_id is not None and not _owns(connection, account_id, wanted):
                return LogPage((), None)
            query, end = select(*COLUMNS).where(*among).order_by(deliveries.c.id.desc()), None
            if list(_left(deliveries.c, wanted)):
                query, end = self._bounded(connection, among, wanted)
            rows = connection.execute(query.limit(limit + 1)).all()
        items = tuple(_delivery(row) for row in rows[:limit])
        return LogPage(items, items[-1].id if len(rows) > limit else end)

    def _bounded(
        self, connection: Connection, among: Sequence[ColumnElement[bool]], wanted: Filters
    ) -> tuple[Select[Any], int | None]:
        """Return a query that looks at so many deliveries, and the id at which it stops."""
        end = lowest(connection, deliveries.c.id, among, self._scan)
        columns = select(*COLUMNS).where(*among)
        if end is not None:
            columns = columns.where(deliveries.c.id >= end)
        # Looked at as they are, since another index might lead through far more.
        looked_at = columns.cte("looked_at").prefix_with("MATERIALIZED")
        query = select(looked_at).where(*_left(looked_at.c, wanted))
        return query.order_by(looked_at.c.id.desc()), end

    def show(self, account_id: int, delivery_id: int) -> Shown | None:
        """Return a delivery with its attempts; None when the account has no such delivery.

        Those are the last 50; `Delivery.attempts` says how many there were. What the message held
        was masked when an attempt was recorded; what the webhook knows as secrets now is masked
        here.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                ONE, {"delivery": delivery_id, "account": account_id}
            ).one_or_none()
            if row is None:
                return None
            mask = self._masker(connection, row.webhook_id)
            made = connection.execute(ATTEMPTS, {"delivery": delivery_id}).all()
        return Shown(_delivery(row), tuple(self._attempt(each, mask) for each in reversed(made)))

    def _masker(self, connection: Connection, webhook_id: int) -> Masker:
        row = connection.execute(WEBHOOK, {"webhook": webhook_id}).one_or_none()
        if row is None:
            return Masker(())
        settings = self._opened(row.settings, place("webhooks", "settings", webhook_id))
        secrets = self._opened(row.secrets, place("webhooks", "secrets", webhook_id))
        parameters = settings["parameters"].values()
        return Masker([*(each["secret"] for each in secrets), *parameters])

    def _attempt(self, row: AnyRow, mask: Masker) -> LoggedAttempt:
        where = place("attempts", "details", row.delivery_id, row.claim)
        details = self._opened(row.details, where)
        body = details["body"].encode("utf-8", "surrogateescape")
        error = details["error"]
        return LoggedAttempt(
            row.claim,
            row.started_at,
            row.latency,
            row.outcome,
            row.status,
            _masked(details["request_headers"], mask),
            _masked(details["response_headers"], mask),
            mask.mask_bytes(body, cut=len(body) >= BODY_LIMIT),
            None if error is None else mask(mended(error)),
        )

    def _opened(self, sealed: bytes, where: str) -> Any:
        return json.loads(self._ring.decrypt(bytes(sealed), where))


def _among(account_id: int, filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions of an index that ends with the id."""
    found: list[ColumnElement[bool]] = []
    if filters.webhook_id is None:
        found.append(deliveries.c.account_id == account_id)
    else:
        found.append(deliveries.c.webhook_id == filters.webhook_id)
    if filters.since is not None:
        found.append(deliveries.c.id >= first_id_at(filters.since - SLACK))
    if filters.until is not None:
        found.append(deliveries.c.id < first_id_at(filters.until + SLACK))
    return found


def _left(
    columns: ReadOnlyColumnCollection[str, ColumnElement[Any]], filters: Filters
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that each row has to be looked at for."""
    wanted = {
        columns.event: filters.event,
        columns.state: filters.state,
        columns.last_outcome: filters.outcome,
        columns.last_status: filters.status,
    }
    yield from (column == value for column, value in wanted.items() if value is not None)
    if filters.since is not None:
        yield columns.created_at >= filters.since
    if filters.until is not None:
        yield columns.created_at < filters.until


def _owns(connection: Connection, account_id: int, filters: Filters) -> bool:
    """Tell whether a webhook's deliveries are an account's: all of them have the same one."""
    query = select(deliveries.c.account_id).where(deliveries.c.webhook_id == filters.webhook_id)
    return connection.execute(query.limit(1)).scalar_one_or_none() == account_id


def _masked(headers: Mapping[str, str], mask: Masker) -> dict[str, str]:
    return {
        name: mask(mended(value), cut=len(value) >= HEADER_LIMIT) for name, value in headers.items()
    }


def _delivery(row: AnyRow) -> Delivery:
    made = Delivery(*row)
    return made if made.state == "pending" else replace(made, due_at=None)
