"""How events get in: with their deliveries, in the transaction of whatever made them happen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection, bindparam, insert, select

from hookwright_sender.delivery.lanes import lower
from hookwright_sender.delivery.wake import notify
from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.store.clock import now
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import deliveries, events, queues

LANES = (
    select(queues.c.webhook_id, queues.c.due_at, now().label("now"))
    .where(queues.c.webhook_id.in_(bindparam("webhooks", expanding=True)))
    .order_by(queues.c.webhook_id)
    # Whoever wants to say that nothing is due later must wait for us to commit, and look again.
    .with_for_update(read=True, key_share=True)
)
INSERT_EVENTS = insert(events)
INSERT_DELIVERIES = insert(deliveries)
# SQLite takes 32,766 parameters.
MOST_LANES = 10_000


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
    encrypt = ring.encrypt
    if outgoing:
        connection.execute(
            INSERT_EVENTS,
            [
                {
                    "id": each.event_id,
                    "account_id": each.account_id,
                    "cta_id": each.cta_id,
                    "project_id": each.project_id,
                    "event": each.event,
                    "contract": each.contract,
                    "test": each.test,
                    "body": encrypt(each.body, place("events", "body", each.event_id)),
                    "created_at": each.created_at,
                }
                for each in outgoing
            ],
        )
    if lanes:
        connection.execute(
            INSERT_DELIVERIES,
            [
                {
                    "id": identity,
                    "account_id": each.account_id,
                    "event_id": each.event_id,
                    "webhook_id": each.webhook_id,
                    "event": each.event,
                    "test": each.test,
                    "state": "pending",
                    "due_at": due,
                    "claim": 0,
                    "lost": 0,
                    "attempts": 0,
                    "step": 0,
                    "created_at": each.created_at,
                }
                for identity, each in zip(ids, outgoing, strict=True)
                if identity is not None
            ],
        )
    later = [webhook for webhook, at in lanes.items() if at is None or at > due]
    if later:
        lower(connection, dict.fromkeys(later, due))
        notify(connection, database)
    return ids


def _lanes(
    connection: Connection, webhooks: Iterable[int | None]
) -> tuple[dict[int, float | None], float]:
    wanted = sorted(webhook for webhook in webhooks if webhook is not None)
    parts = [wanted[at : at + MOST_LANES] for at in range(0, len(wanted), MOST_LANES)]
    rows = list(chain(*(connection.execute(LANES, {"webhooks": part}) for part in parts)))
    lanes = {row.webhook_id: row.due_at for row in rows}
    return lanes, max((row.now for row in rows), default=0.0)
