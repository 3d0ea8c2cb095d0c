"""The one webhook of a CTA or a project."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete

from hookwright_schemas import Contract
from hookwright_sender.delivery.pausing import cancel_pending
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.egress.name_servers import NameServers
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform import audit
from hookwright_sender.platform.destination import Gate, proven
from hookwright_sender.platform.errors import NotFound, UnknownTarget, WebhookExists
from hookwright_sender.platform.owner import Owner, found_owner, owner_of
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page, page
from hookwright_sender.platform.parameters import check_parameters, unmasked
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.sealed import (
    Destination,
    Secret,
    new_secret,
    open_destination,
    open_secrets,
    rotated,
    seal_secrets,
)
from hookwright_sender.platform.threads import Run
from hookwright_sender.platform.transaction import joining
from hookwright_sender.platform.webhook import (
    Webhook,
    find_webhook,
    found_webhook,
    of_account,
    shown,
)
from hookwright_sender.platform.webhook_rows import change, create, replace
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import webhooks

__all__ = ["TARGETS", "Enabled", "Owner", "SetWebhook", "Webhook", "Webhooks"]

# Services of others will stand beside it.
TARGETS = ("custom",)


@dataclass(frozen=True, slots=True)
class SetWebhook:
    """What `set` did; `secret` is there when the webhook is new, and never shown again."""

    webhook: Webhook
    created: bool
    secret: str | None

    def __repr__(self) -> str:
        """Keep the secret out of logs."""
        return f"<SetWebhook {self.webhook.id}>"


@dataclass(frozen=True, slots=True)
class Enabled:
    """What `enable` did: how many deliveries that were missed will be made now."""

    webhook: Webhook
    replayed: int


class Webhooks:
    """The webhooks of an account.

    `wake` is called when something may have become due: a delivery worker in this process does
    not hear of it otherwise.
    """

    def __init__(  # noqa: PLR0913  what it stands on
        self,
        database: Database,
        ring: KeyRing,
        policy: EgressPolicy,
        names: NameServers,
        contract: Contract,
        *,
        replay: Replay | None = None,
        wake: Callable[[], None] = lambda: None,
        randbytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._database = database
        self._ring = ring
        self._gate = Gate(database, policy, names)
        self._contract = contract
        self._replay = replay or Replay(database)
        self._wake = wake
        self._randbytes = randbytes

    async def set(  # noqa: PLR0913  it is set to all of this
        self,
        principal: Principal,
        owner: Owner,
        target: str,
        url: str,
        parameters: Mapping[str, Any],
        *,
        only_new: bool = False,
        run: Run = asyncio.to_thread,
    ) -> SetWebhook:
        """Make the owner's webhook, or replace where it goes and what its messages add.

        A mask among the parameters keeps the stored value. A webhook that is replaced keeps its
        id, its queue, its signing secrets, and the state `disabled` until it is enabled; one that
        was held for its former host is released. What is queued goes to the new URL with the
        parameters of its own time. Raises `NotFound`, `UnknownTarget`, `WebhookExists`
        (`only_new`), `InvalidValue`, `InvalidURL`, `ForbiddenURL`, `ForbiddenAddress`,
        `InvalidHost`, `HostNotProven`, `TooManyParameters`, `ReservedParameter`,
        `InvalidParameter`, `UnknownMask` and `ParametersTooLarge`. `run` runs what blocks.
        """
        await run(self._precheck, principal, owner, target, only_new)
        dialled = self._gate.judge(url)
        check_parameters(parameters, self._contract)
        host = await self._gate.admit(principal, dialled, run)
        wanted = Destination(url, parameters)
        done = await run(self._store, principal, owner, host, wanted, only_new)
        self._wake()
        return done

    def get(self, principal: Principal, owner: Owner) -> Webhook:
        """Return the owner's webhook. Raises `NotFound`."""
        with self._database.reading() as connection:
            return shown(self._ring, found_webhook(connection, principal, owner))

    def get_by_id(self, principal: Principal, webhook_id: int) -> Webhook:
        """Return a webhook. Raises `NotFound`."""
        with self._database.reading() as connection:
            return shown(self._ring, _by_id(connection, principal, webhook_id))

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Webhook]:
        """Return a part of the webhooks, newest first."""
        query = of_account(principal)
        with self._database.reading() as connection:
            return page(
                connection, query, webhooks.c.id, after, limit, lambda row: shown(self._ring, row)
            )

    def remove(self, principal: Principal, owner: Owner) -> None:
        """Remove the owner's webhook and cancel what it had to send; its log stays.

        An attempt that is being made ends, and is recorded. Raises `NotFound`.
        """
        with joining(self._database, None) as connection:
            row = found_webhook(connection, principal, owner, lock=True)
            # Its queue goes with it: an event that comes meanwhile finds none, or is cancelled.
            connection.execute(delete(webhooks).where(webhooks.c.id == row.id))
            cancel_pending(connection, self._database, row.id)
            audit.record(connection, self._database, principal, "webhook.remove", str(owner))

    def rotate_secret(
        self, principal: Principal, owner: Owner, *, connection: Connection | None = None
    ) -> str:
        """Return a new signing secret, shown this once; the one before signs for 24 h more.

        Three secrets sign at most: of those that are changed faster the oldest is dropped.
        Raises `NotFound`.
        """
        fresh = new_secret(self._randbytes)
        moment = self._database.clock()
        with joining(self._database, connection) as transaction:
            row = found_webhook(transaction, principal, owner, lock=True)
            secrets = rotated(open_secrets(self._ring, row.id, row.secrets), fresh, moment)
            changes = {"secrets": seal_secrets(self._ring, row.id, secrets), "updated_at": moment}
            change(transaction, row, changes)
            subject = str(owner)
            audit.record(transaction, self._database, principal, "webhook.rotate_secret", subject)
        return fresh.secret

    def enable(self, principal: Principal, webhook_id: int) -> Enabled:
        """Enable a webhook that was disabled, and send everything that it missed.

        Raises `NotFound`, and `HostNotProven` while the proof of its host is gone.
        """

        def permit(connection: Connection) -> Row[Any]:
            row = _by_id(connection, principal, webhook_id)
            # The proof stands until the transaction is over.
            proven(connection, principal, row.host)
            return row

        with joining(self._database, None) as connection:
            subject = str(owner_of(permit(connection)))
            audit.record(connection, self._database, principal, "webhook.enable", subject)
        replayed = self._replay.enable(principal.account_id, webhook_id, permit)
        self._wake()
        return Enabled(self.get_by_id(principal, webhook_id), replayed or 0)

    def _precheck(self, principal: Principal, owner: Owner, target: str, only_new: bool) -> None:
        """Refuse at once what needs no look-up of names; what counts is checked again later."""
        with self._database.reading() as connection:
            found_owner(connection, principal, owner)
            if target not in TARGETS:
                raise UnknownTarget(target, TARGETS)
            if only_new and find_webhook(connection, principal, owner) is not None:
                raise WebhookExists

    def _store(
        self, principal: Principal, owner: Owner, host: str, wanted: Destination, only_new: bool
    ) -> SetWebhook:
        with joining(self._database, None) as connection:
            # The proof stands until this is committed: whoever finds it gone then finds this, too.
            domain_id = proven(connection, principal, host)
            fresh = new_secret(self._randbytes)
            created = self._create_or_replace(
                connection, principal, owner, domain_id, wanted, fresh, only_new
            )
            action = "webhook.create" if created else "webhook.replace"
            audit.record(connection, self._database, principal, action, str(owner))
            row = found_webhook(connection, principal, owner)
        return SetWebhook(shown(self._ring, row), created, fresh.secret if created else None)

    def _create_or_replace(  # noqa: PLR0913, PLR0917  see `_store`
        self,
        connection: Connection,
        principal: Principal,
        owner: Owner,
        domain_id: int,
        wanted: Destination,
        fresh: Secret,
        only_new: bool,
    ) -> bool:
        """Write the webhook down; return whether it is new."""
        while True:
            row = find_webhook(connection, principal, owner, lock=True)
            stored = {} if row is None else self._destination(row).parameters
            parameters = unmasked(wanted.parameters, stored, self._contract)
            destination = Destination(wanted.url, parameters)
            if row is not None:
                if only_new:
                    raise WebhookExists
                replace(connection, self._database, self._ring, row, domain_id, destination)
                return False
            owned = {"account_id": principal.account_id, "domain_id": domain_id}
            owned[f"{owner.kind}_id"] = owner.id
            if create(connection, self._database, self._ring, owned, destination, fresh):
                return True
            # Somebody else made it just now: theirs is replaced.

    def _destination(self, row: Row[Any]) -> Destination:
        return open_destination(self._ring, row.id, row.settings)


def _by_id(connection: Connection, principal: Principal, webhook_id: int) -> Row[Any]:
    row = connection.execute(of_account(principal).where(webhooks.c.id == webhook_id)).first()
    if row is None:
        raise NotFound("webhook", webhook_id)
    return row
