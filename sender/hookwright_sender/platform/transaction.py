"""One transaction for everything that a call does."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from hookwright_sender.store.database import Database


@contextmanager
def joining(database: Database, connection: Connection | None) -> Iterator[Connection]:
    """Yield a connection in a transaction: the caller's, who ends it, or one of its own."""
    if connection is not None:
        yield connection
        return
    # The first id of a process asks for a transaction itself, and SQLite has one at a time.
    database.ids  # noqa: B018  see above
    with database.writing() as own:
        yield own
