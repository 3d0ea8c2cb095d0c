"""What an owner should know without having asked."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from hookwright_sender.platform.page import DEFAULT_LIMIT, Page, page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import notices


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `kind` is `proof_lost`, `proof_regained` or what the delivery worker tells."""

    id: int
    kind: str
    message: str
    webhook_id: int | None
    domain_id: int | None
    created_at: float


def notify(  # noqa: PLR0913  all of it is the notice
    connection: Connection,
    database: Database,
    account_id: int,
    kind: str,
    message: str,
    *,
    domain_id: int | None = None,
) -> None:
    """Leave a notice in the transaction that it is about."""
    connection.execute(
        insert(notices).values(
            id=database.new_id(),
            account_id=account_id,
            kind=kind,
            domain_id=domain_id,
            message=message,
            created_at=database.clock(),
        )
    )


class Notices:
    """The notices of an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Notice]:
        """Return a part of the notices, newest first."""
        query = select(notices).where(notices.c.account_id == principal.account_id)
        with self._database.reading() as connection:
            return page(connection, query, notices.c.id, after, limit, _notice)


def _notice(row: Row[Any]) -> Notice:
    return Notice(row.id, row.kind, row.message, row.webhook_id, row.domain_id, row.created_at)
