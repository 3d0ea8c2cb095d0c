"""Inserts that do not mind a row that is there already."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from hookwright_sender.store.database import Database

Upsert = sqlite.Insert | postgresql.Insert


def upsert(database: Database, table: Table) -> Upsert:
    """Return an INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if database.is_sqlite else postgresql.insert(table)
