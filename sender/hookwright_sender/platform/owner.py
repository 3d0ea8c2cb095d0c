"""What a webhook belongs to."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.sql.elements import ColumnElement

from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.tables import ctas, projects, webhooks

Kind = Literal["cta", "project"]
NAMES: dict[Kind, str] = {"cta": "CTA", "project": "project"}
# The table that an owner has a row in, and the column of a webhook that names it.
TABLES: dict[Kind, Table] = {"cta": ctas, "project": projects}
COLUMNS: dict[Kind, ColumnElement[int]] = {
    "cta": webhooks.c.cta_id,
    "project": webhooks.c.project_id,
}


@dataclass(frozen=True, slots=True)
class Owner:
    """A CTA or a project: each has one webhook at most."""

    kind: Kind
    id: int

    def __str__(self) -> str:
        """Return `cta:123`, as the audit log writes it."""
        return f"{self.kind}:{self.id}"


def owner_of(webhook: Row[Any]) -> Owner:
    """Return what a row of `webhooks` belongs to."""
    if webhook.cta_id is not None:
        return Owner("cta", webhook.cta_id)
    return Owner("project", webhook.project_id)


def found_owner(connection: Connection, principal: Principal, owner: Owner) -> Row[Any]:
    """Return the row of a CTA or a project of the account. Raises `NotFound`."""
    table = TABLES[owner.kind]
    query = select(table).where(table.c.id == owner.id, table.c.account_id == principal.account_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(NAMES[owner.kind], owner.id)
    return row
