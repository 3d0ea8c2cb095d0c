"""How a webhook is written down; `revision` tells workers that they hold an older one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, update

from hookwright_sender.delivery.pausing import add_queue, open_queue
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.sealed import (
    Destination,
    Secret,
    open_destination,
    seal_destination,
    seal_secrets,
)
from hookwright_sender.platform.upsert import upsert
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import webhooks


def create(  # noqa: PLR0913, PLR0917  what it consists of
    connection: Connection,
    database: Database,
    ring: KeyRing,
    owned: Mapping[str, int],
    destination: Destination,
    secret: Secret,
) -> bool:
    """Make a webhook with its queue; False when its owner has one, made at the same time.

    `owned` are its columns `account_id`, `domain_id` and `cta_id` or `project_id`.
    """
    webhook_id, moment = database.new_id(), database.clock()
    made = connection.execute(
        upsert(database, webhooks)
        .values(
            **owned,
            id=webhook_id,
            target="custom",
            settings=seal_destination(ring, webhook_id, destination),
            secrets=seal_secrets(ring, webhook_id, [secret]),
            revision=1,
            state="active",
            reason="",
            created_at=moment,
            updated_at=moment,
        )
        .on_conflict_do_nothing()
        .returning(webhooks.c.id)
    ).first()
    if made is None:
        return False
    add_queue(connection, webhook_id)
    return True


def replace(  # noqa: PLR0913, PLR0917  what it consists of
    connection: Connection,
    database: Database,
    ring: KeyRing,
    row: Row[Any],
    domain_id: int,
    destination: Destination,
) -> None:
    """Give a webhook, whose row is locked, another destination, the host of which is proven."""
    changes: dict[str, Any] = {
        "settings": seal_destination(ring, row.id, destination),
        "domain_id": domain_id,
        "updated_at": database.clock(),
    }
    if (
        row.state != "disabled"
        and destination.url != open_destination(ring, row.id, row.settings).url
    ):
        # What failed was the former URL. Of a disabled one it tells what there is to replay.
        changes["failing_since"] = None
    if row.state == "held":
        changes |= {"state": "active", "reason": ""}
        open_queue(connection, database, row.id)
    change(connection, row, changes)


def change(connection: Connection, row: Row[Any], changes: Mapping[str, Any]) -> None:
    """Change columns of a webhook, and with them its revision."""
    connection.execute(
        update(webhooks)
        .where(webhooks.c.id == row.id)
        .values(**changes, revision=webhooks.c.revision + 1)
    )
