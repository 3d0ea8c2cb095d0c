"""The one statement that SQLite and PostgreSQL do not say alike: some of the due, of each queue.

Both go through the queues that they are given, and take from the pending index of each no more
than it has room for: what a queue holds beyond that is never looked at.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import BigInteger, Connection, Integer, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from hookwright_sender.delivery.lanes import AnyRow

COLUMNS = (
    "d.id, d.webhook_id, d.claim, d.lost, d.event_id, d.event, e.contract, e.body, d.test,"
    " d.attempts, d.step, d.created_at, d.due_at"
)
# SQLite: LIMIT knows no column, so that queues with the same room share a statement. CROSS JOIN
# keeps the order of the loops.
SQLITE = text(f"""
    SELECT {COLUMNS}
    FROM json_each(:webhooks) AS lane
    CROSS JOIN deliveries AS d ON d.id IN (
        SELECT id FROM deliveries
        WHERE webhook_id = lane.value AND state = 'pending' AND due_at <= :now
        ORDER BY due_at, id LIMIT :room)
    CROSS JOIN events AS e ON e.id = d.event_id
""")  # noqa: S608  constants
# PostgreSQL: what another worker is about to claim or to finish is left to it.
POSTGRESQL = text(f"""
    SELECT {COLUMNS}
    FROM unnest(:webhooks, :rooms) AS lane (webhook_id, room)
    CROSS JOIN LATERAL (
        SELECT * FROM deliveries
        WHERE webhook_id = lane.webhook_id AND state = 'pending' AND due_at <= :now
        ORDER BY due_at, id LIMIT lane.room
        FOR UPDATE SKIP LOCKED) AS d
    JOIN events AS e ON e.id = d.event_id
""").bindparams(  # noqa: S608  constants
    bindparam("webhooks", type_=ARRAY(BigInteger)), bindparam("rooms", type_=ARRAY(Integer))
)


def due(connection: Connection, rooms: Mapping[int, int], moment: float) -> Iterator[AnyRow]:
    """Yield what is due by a moment: of each queue (its webhook's id) as much as it has room for.

    On PostgreSQL the rows are locked.
    """
    if connection.dialect.name != "sqlite":
        lanes = {"webhooks": list(rooms), "rooms": list(rooms.values()), "now": moment}
        yield from connection.execute(POSTGRESQL, lanes)
        return
    alike: dict[int, list[int]] = defaultdict(list)
    for webhook, room in rooms.items():
        alike[room].append(webhook)
    for room, webhooks in alike.items():
        lane = {"webhooks": json.dumps(webhooks), "room": room, "now": moment}
        yield from connection.execute(SQLITE, lane)
