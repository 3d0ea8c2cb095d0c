"""Who changed what; never a value."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from hookwright_sender.platform.page import DEFAULT_LIMIT, Page, page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: `webhook.replace` of `cta:123` by `key:45`."""

    id: int
    actor: str
    action: str
    subject: str
    created_at: float


def record(
    connection: Connection, database: Database, principal: Principal, action: str, subject: str
) -> None:
    """Note a change in the transaction that makes it."""
    connection.execute(
        insert(audit).values(
            id=database.new_id(),
            account_id=principal.account_id,
            actor=principal.actor,
            action=action,
            subject=subject,
            created_at=database.clock(),
        )
    )


class Audit:
    """The audit log of an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Entry]:
        """Return a part of the log, newest first."""
        query = select(audit).where(audit.c.account_id == principal.account_id)
        with self._database.reading() as connection:
            return page(connection, query, audit.c.id, after, limit, _entry)


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.actor, row.action, row.subject, row.created_at)
