"""News of something due: LISTEN and NOTIFY on PostgreSQL."""

from sqlalchemy import Connection, text

from hookwright_sender.store.database import Database

CHANNEL = "hookwright_due"
NOTIFY = text(f"NOTIFY {CHANNEL}")


def notify(connection: Connection, database: Database) -> None:
    """Tell every worker, once the transaction is committed, that something has become due."""
    if not database.is_sqlite:
        connection.execute(NOTIFY)
