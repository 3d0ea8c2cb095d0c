"""To whom a batch of events belongs, and where it must go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from hookwright_sender.delivery.dialects import among
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.event import Scalar
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.owner import COLUMNS, NAMES, TABLES, Kind
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.sealed import open_destination
from hookwright_sender.store.tables import webhooks


def _owners(kind: Kind) -> Select[Any]:
    table = TABLES[kind]
    trait = table.c.kind if kind == "cta" else table.c.name
    return (
        select(
            table.c.id,
            trait.label("trait"),
            webhooks.c.id.label("webhook"),
            webhooks.c.settings,
        )
        .select_from(table)
        .outerjoin(webhooks, COLUMNS[kind] == table.c.id)
        .where(table.c.account_id == bindparam("account"), among(table.c.id))
    )


OWNERS: dict[Kind, Select[Any]] = {kind: _owners(kind) for kind in TABLES}


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
    if not wanted:
        return {}
    given = {"account": principal.account_id, "ids": wanted}
    found = {
        row.id: Recipient(row.trait, row.webhook, _parameters(ring, row.webhook, row.settings))
        for row in connection.execute(OWNERS[kind], given)
    }
    for identity in wanted:
        if identity not in found:
            raise NotFound(NAMES[kind], identity)
    return found


def _parameters(
    ring: KeyRing, webhook_id: int | None, settings: bytes | None
) -> Mapping[str, Scalar]:
    if webhook_id is None or settings is None:
        return {}
    return open_destination(ring, webhook_id, settings).parameters
