"""Opening and closing the queue of a webhook, in the transaction that changes the webhook."""

from sqlalchemy import Connection, bindparam, insert, update

from hookwright_sender.delivery.dialects import PENDING
from hookwright_sender.delivery.wake import notify
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import deliveries, queues

INSERT = insert(queues)
SET_OPEN = update(queues).where(queues.c.webhook_id == bindparam("webhook"))
CANCEL = (
    update(deliveries)
    .where(deliveries.c.webhook_id == bindparam("webhook"), PENDING)
    .values(state="cancelled", finished_at=bindparam("at"))
)


def add_queue(connection: Connection, webhook_id: int) -> None:
    """Give a new webhook its queue, open and empty."""
    connection.execute(INSERT, {"webhook_id": webhook_id, "open": True, "due_at": None})


def close_queue(connection: Connection, webhook_id: int) -> None:
    """Let nothing of a webhook be claimed; what is pending stays as it is. In flight ends."""
    connection.execute(SET_OPEN, {"webhook": webhook_id, "open": False})


def open_queue(connection: Connection, database: Database, webhook_id: int) -> None:
    """Let a webhook's deliveries be claimed again; whoever waits for them hears of it."""
    connection.execute(SET_OPEN, {"webhook": webhook_id, "open": True})
    notify(connection, database)


def cancel_pending(connection: Connection, database: Database, webhook_id: int) -> int:
    """Cancel all that a webhook still has to send; return how many those were.

    For its removal: delete the webhook in the same transaction, before this. What is in flight
    ends, and counts as delivered if it was.
    """
    parameters = {"webhook": webhook_id, "at": database.clock()}
    return connection.execute(CANCEL, parameters).rowcount
