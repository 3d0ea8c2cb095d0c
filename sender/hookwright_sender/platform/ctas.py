"""Calls to action, which collect leads."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from hookwright_sender.platform import audit
from hookwright_sender.platform.errors import InvalidValue, NotFound
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page, page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.text import check_name
from hookwright_sender.platform.transaction import joining
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import ctas

KINDS = ("form", "social_optin", "social_optin_xl")


@dataclass(frozen=True, slots=True)
class Cta:
    """A CTA of one of the `KINDS`."""

    id: int
    kind: str
    name: str
    created_at: float


class Ctas:
    """The CTAs of an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, principal: Principal, kind: str, name: str, *, connection: Connection | None = None
    ) -> Cta:
        """Make a CTA of a kind, which stays. Raises `InvalidValue`."""
        if kind not in KINDS:
            raise InvalidValue("kind", f"is unknown: use one of {', '.join(KINDS)}")
        made = Cta(self._database.new_id(), kind, check_name(name), self._database.clock())
        with joining(self._database, connection) as transaction:
            transaction.execute(
                insert(ctas).values(
                    id=made.id,
                    account_id=principal.account_id,
                    kind=kind,
                    name=made.name,
                    created_at=made.created_at,
                )
            )
            audit.record(transaction, self._database, principal, "cta.create", f"cta:{made.id}")
        return made

    def get(self, principal: Principal, cta_id: int) -> Cta:
        """Return a CTA. Raises `NotFound`."""
        query = select(ctas).where(ctas.c.id == cta_id, ctas.c.account_id == principal.account_id)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("CTA", cta_id)
        return _cta(row)

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Cta]:
        """Return a part of the CTAs, newest first."""
        query = select(ctas).where(ctas.c.account_id == principal.account_id)
        with self._database.reading() as connection:
            return page(connection, query, ctas.c.id, after, limit, _cta)


def _cta(row: Row[Any]) -> Cta:
    return Cta(row.id, row.kind, row.name, row.created_at)
