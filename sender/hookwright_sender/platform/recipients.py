"""To whom a batch of events belongs, and where it must go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.event import Scalar
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.owner import COLUMNS, NAMES, TABLES, Kind, Owner
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
    connection: Connection, ring: KeyRing, principal: Principal, owners: Iterable[Owner]
) -> dict[Owner, Recipient]:
    """Return what is known of every owner. Raises `NotFound` for one of another account."""
    wanted = dict.fromkeys(owners)
    found: dict[Owner, Recipient] = {}
    for kind in NAMES:
        ids = [owner.id for owner in wanted if owner.kind == kind]
        for at in range(0, len(ids), MOST):
            found |= _found(connection, ring, principal, kind, ids[at : at + MOST])
    for owner in wanted:
        if owner not in found:
            raise NotFound(NAMES[owner.kind], owner.id)
    return found


def _found(
    connection: Connection, ring: KeyRing, principal: Principal, kind: Kind, ids: list[int]
) -> dict[Owner, Recipient]:
    table, column = TABLES[kind], COLUMNS[kind]
    trait = table.c.kind if kind == "cta" else table.c.name
    query = (
        select(
            table.c.id, trait.label("trait"), webhooks.c.id.label("webhook_id"), webhooks.c.settings
        )
        .select_from(table)
        .outerjoin(webhooks, column == table.c.id)
        .where(table.c.account_id == principal.account_id, table.c.id.in_(ids))
    )
    return {
        Owner(kind, row.id): Recipient(
            row.trait,
            row.webhook_id,
            {}
            if row.webhook_id is None
            else open_destination(ring, row.webhook_id, row.settings).parameters,
        )
        for row in connection.execute(query)
    }
