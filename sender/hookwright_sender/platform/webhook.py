"""A webhook as its owner sees it, and how it is found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.owner import COLUMNS, Owner, found_owner, owner_of
from hookwright_sender.platform.parameters import masked
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.sealed import open_destination
from hookwright_sender.store.tables import domains, webhooks

# The domain's status is there too: a webhook stands on the proof of its host.
WEBHOOKS = select(webhooks, domains.c.host, domains.c.status.label("proof")).join(
    domains, domains.c.id == webhooks.c.domain_id
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as its owner sees it: every value of `parameters` is a mask, `{"masked": true}`.

    `state` is `active`, `held` (the proof of its host is gone) or `disabled`; `reason` says why.
    """

    id: int
    owner: Owner
    target: str
    url: str
    host: str
    parameters: Mapping[str, Mapping[str, bool]]
    state: str
    reason: str
    created_at: float
    updated_at: float
    failing_since: float | None
    disabled_at: float | None


def of_account(principal: Principal) -> Select[Any]:
    """Return the query for the webhooks of an account."""
    return WEBHOOKS.where(webhooks.c.account_id == principal.account_id)


def found_webhook(
    connection: Connection, principal: Principal, owner: Owner, *, lock: bool = False
) -> Row[Any]:
    """Return the row of the owner's webhook. Raises `NotFound` for either."""
    found_owner(connection, principal, owner)
    row = find_webhook(connection, principal, owner, lock=lock)
    if row is None:
        raise NotFound("webhook of", owner)
    return row


def find_webhook(
    connection: Connection, principal: Principal, owner: Owner, *, lock: bool = False
) -> Row[Any] | None:
    """Return the row of the owner's webhook, None when it has none."""
    query = of_account(principal).where(COLUMNS[owner.kind] == owner.id)
    if lock:
        query = query.with_for_update(of=webhooks)
    return connection.execute(query).first()


def shown(ring: KeyRing, row: Row[Any]) -> Webhook:
    """Return a webhook as its owner may see it."""
    destination = open_destination(ring, row.id, row.settings)
    return Webhook(
        id=row.id,
        owner=owner_of(row),
        target=row.target,
        url=destination.url,
        host=row.host,
        parameters=masked(destination.parameters),
        state=row.state,
        reason=row.reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
        failing_since=row.failing_since,
        disabled_at=row.disabled_at,
    )
