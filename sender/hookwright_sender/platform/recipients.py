"""To whom a batch of events belongs, and where it must go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.event import Scalar
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.owner import COLUMNS, NAMES, TABLES, Kind
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.sealed import open_destination
from hookwright_sender.store.tables import webhooks

# SQLite takes 32,766 parameters.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Recipient:
    """A CTA (`trait` is its kind) or a project (its name), and its webhook if it has one."""

    trait: str
    webhook_id: int | None
    parameters: Mapping[str, Scalar]


def recipients(
    connection: Connection, ring: KeyRing, principal: Principal, kind: Kind, ids: Iterable[int]
) -> dict[int, Recipient]:
    """Return what is known of CTAs or projects. Raises `NotFound` for another account's."""
    wanted = list(dict.fromkeys(ids))
    found: dict[int, Recipient] = {}
    for at in range(0, len(wanted), MOST):
        found |= _found(connection, ring, principal, kind, wanted[at : at + MOST])
    for identity in wanted:
        if identity not in found:
            raise NotFound(NAMES[kind], identity)
    return found


def _found(
    connection: Connection, ring: KeyRing, principal: Principal, kind: Kind, ids: list[int]
) -> dict[int, Recipient]:
    table, column = TABLES[kind], COLUMNS[kind]
    trait = table.c.kind if kind == "cta" else table.c.name
    columns = (
        table.c.id,
        trait.label("trait"),
        webhooks.c.id.label("webhook"),
        webhooks.c.settings,
    )
    query = (
        select(*columns)
        .select_from(table)
        .outerjoin(webhooks, column == table.c.id)
        .where(table.c.account_id == principal.account_id, table.c.id.in_(ids))
    )
    return {
        row.id: Recipient(row.trait, row.webhook, _parameters(ring, row.webhook, row.settings))
        for row in connection.execute(query)
    }


def _parameters(
    ring: KeyRing, webhook_id: int | None, settings: bytes | None
) -> Mapping[str, Scalar]:
    if webhook_id is None or settings is None:
        return {}
    return open_destination(ring, webhook_id, settings).parameters
