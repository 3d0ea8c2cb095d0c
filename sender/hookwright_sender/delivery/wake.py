"""News of something due: LISTEN and NOTIFY on PostgreSQL."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

from hookwright_sender.delivery.backoff import Backoff
from hookwright_sender.store.database import NOTICE, POSTGRESQL, Database

log = logging.getLogger("hookwright.delivery")

CHANNEL = "hookwright_due"
NOTIFY = text(f"NOTIFY {CHANNEL}")


def notify(connection: Connection, database: Database) -> None:
    """Tell every worker, once the transaction is committed, that something has become due."""
    if not database.is_sqlite:
        connection.execute(NOTIFY)


async def listen(database: Database, heard: Callable[[], None], backoff: Backoff) -> None:
    """Call `heard` for news, over a connection of its own, until it is cancelled.

    Also whenever the connection stands again: nobody knows what was said meanwhile. SQLite has no
    such thing; there, whoever is in the same process calls `DeliveryWorker.wake`.
    """
    if database.is_sqlite:
        return
    # An extra of its own.
    import psycopg  # noqa: PLC0415

    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    options: dict[str, Any] = {**POSTGRESQL, "options": f"-c timezone=UTC {NOTICE}"}
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, **options
            ) as connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                backoff.reset()
                heard()
                async for _news in connection.notifies():
                    heard()
        except psycopg.Error as error:
            log.warning("no news from the database: %s", str(error).partition("\n")[0])
        await asyncio.sleep(backoff.next())
