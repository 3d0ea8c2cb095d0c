"""How events get in: with their deliveries, in the transaction of whatever made them happen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from hookwright_sender.delivery.dialects import among, insert_many
from hookwright_sender.delivery.lanes import lower
from hookwright_sender.delivery.wake import notify
from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.store.clock import now
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import deliveries, events, queues

LANES = (
    select(queues.c.webhook_id, queues.c.due_at, now().label("now"))
    .where(among(queues.c.webhook_id, "webhooks"))
    .order_by(queues.c.webhook_id)
    # Whoever wants to say that nothing is due later must wait for us to commit, and look again.
    .with_for_update(read=True, key_share=True)
)
EVENTS = (
    "id", "account_id", "cta_id", "project_id", "event", "contract", "test", "body", "created_at",
)  # fmt: skip
DELIVERIES = (
    "id", "account_id", "event_id", "webhook_id", "event", "test", "state", "due_at", "claim",
    "lost", "attempts", "step", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way out: `body` is the exact bytes of the message, `contract` its identity.

    Without a `webhook_id` it is kept and goes nowhere. A `test` gets one attempt.
    """

    event_id: int
    account_id: int
    cta_id: int | None
    project_id: int | None
    event: str
    contract: str
    body: bytes
    webhook_id: int | None
    created_at: float
    test: bool = False


def put(
    connection: Connection, database: Database, ring: KeyRing, outgoing: Sequence[Outgoing]
) -> list[int | None]:
    """Store events and their deliveries, due at once; return the ids of the deliveries in order.

    None for an event without a webhook, or whose webhook was removed meanwhile. On PostgreSQL the
    workers hear of it with the commit; in one process with its worker, call `worker.wake()` then.
    """
    lanes, due = _lanes(connection, {each.webhook_id for each in outgoing} - {None})
    # A webhook that is removed takes its queue along.
    ids = [database.new_id() if each.webhook_id in lanes else None for each in outgoing]
    insert_many(connection, events, EVENTS, [_event(each, ring) for each in outgoing])
    made = [
        (
            identity, each.account_id, each.event_id, each.webhook_id, each.event, each.test,
            "pending", due, 0, 0, 0, 0, each.created_at,
        )
        for identity, each in zip(ids, outgoing, strict=True)
        if identity is not None
    ]  # fmt: skip
    insert_many(connection, deliveries, DELIVERIES, made)
    later = [webhook for webhook, at in lanes.items() if at is None or at > due]
    if later:
        lower(connection, dict.fromkeys(later, due))
        notify(connection, database)
    return ids


def _event(each: Outgoing, ring: KeyRing) -> tuple[Any, ...]:
    body = ring.encrypt(each.body, place("events", "body", each.event_id))
    return (
        each.event_id, each.account_id, each.cta_id, each.project_id, each.event, each.contract,
        each.test, body, each.created_at,
    )  # fmt: skip


def _lanes(
    connection: Connection, webhooks: Collection[int | None]
) -> tuple[dict[int, float | None], float]:
    """Return the bounds of queues, each kept from being moved up until the end, and the time."""
    if not webhooks:
        return {}, 0.0
    rows = connection.execute(LANES, {"webhooks": webhooks}).all()
    return {row.webhook_id: row.due_at for row in rows}, max((row.now for row in rows), default=0.0)
