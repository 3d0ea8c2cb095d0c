"""Events in: leads of CTAs, tracking links of projects."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Connection

from hookwright_schemas import Contract, InvalidPayload
from hookwright_sender.delivery.outbox import Outgoing, put
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.event import Event as Message
from hookwright_sender.platform.aliases import place_links
from hookwright_sender.platform.events import Event
from hookwright_sender.platform.lead import Lead, lead_event
from hookwright_sender.platform.link import LINK_CREATED, Link, Place, check_link, link_fields
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.recipients import Recipient, recipients
from hookwright_sender.platform.transaction import joining
from hookwright_sender.store.database import Database

__all__ = ["Capture", "Lead", "Link"]

DAY = 86_400


class Capture:
    """Stores events, each with its delivery, in one transaction.

    What a message says is settled here and stays: the parameters are those of the webhook at
    this moment. `wake` is called after a commit: a delivery worker in this process does not hear
    of it otherwise.
    """

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        contract: Contract,
        wake: Callable[[], None] = lambda: None,
        randbytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._database = database
        self._ring = ring
        self._contract = contract
        self._wake = wake
        self._randbytes = randbytes

    def lead(
        self, principal: Principal, lead: Lead, *, connection: Connection | None = None
    ) -> Event:
        """Store what a CTA collected. Raises `NotFound`, and `InvalidPayload` with pointers."""
        return self._emit(principal, (lead,), connection, alone=True)[0]

    def link(
        self, principal: Principal, link: Link, *, connection: Connection | None = None
    ) -> Event:
        """Make a tracking link; the payload says all about it.

        Raises `NotFound`, `InvalidValue`, `AliasTaken` and `InvalidPayload`.
        """
        return self._emit(principal, (link,), connection, alone=True)[0]

    def emit(
        self,
        principal: Principal,
        happened: Sequence[Lead | Link],
        *,
        connection: Connection | None = None,
    ) -> list[Event]:
        """Store a batch, all of it or nothing; some hundred at once go fastest.

        Raises what `lead` and `link` do; the pointers of an `InvalidPayload` begin with the
        position in the batch: `/3/data`.
        """
        return self._emit(principal, happened, connection, alone=False)

    def _emit(
        self,
        principal: Principal,
        happened: Sequence[Lead | Link],
        connection: Connection | None,
        *,
        alone: bool,
    ) -> list[Event]:
        moment = self._database.clock()
        owners = [_owner(each) for each in happened]
        # Before anything is locked.
        hosts = [check_link(each) if isinstance(each, Link) else None for each in happened]
        with joining(self._database, connection) as transaction:
            known = recipients(transaction, self._ring, principal, owners)
            links = [
                (each, host)
                for each, host in zip(happened, hosts, strict=True)
                if isinstance(each, Link) and host is not None
            ]
            places = iter(
                place_links(transaction, self._database, principal, links, self._randbytes)
            )
            messages = []
            for position, (each, owner) in enumerate(zip(happened, owners, strict=True)):
                try:
                    messages.append(self._message(each, known[owner], places, moment))
                except InvalidPayload as error:
                    raise error if alone else _at(position, error) from None
            outgoing = self._outgoing(principal, owners, known, messages, moment)
            deliveries = put(transaction, self._database, self._ring, outgoing)
        if connection is None:
            self._wake()
        return [
            Event(
                out.event_id,
                out.event,
                out.cta_id,
                out.project_id,
                test=False,
                payload=message.payload,
                created_at=moment,
                delivery_id=delivery,
            )
            for out, message, delivery in zip(outgoing, messages, deliveries, strict=True)
        ]

    def _message(
        self, happened: Lead | Link, recipient: Recipient, places: Iterator[Place], moment: float
    ) -> Message:
        """Return the message of what happened, which is valid. Raises `InvalidPayload`."""
        if isinstance(happened, Link):
            event = LINK_CREATED
            fields = link_fields(happened, next(places), recipient.trait)
        else:
            date = _date(int(moment // DAY))
            event, fields = lead_event(happened, recipient.trait, self._contract, date)
        message = Message(self._contract, event, fields, recipient.parameters)
        message.validate()
        return message

    def _outgoing(
        self,
        principal: Principal,
        owners: Sequence[Owner],
        known: Mapping[Owner, Recipient],
        messages: Sequence[Message],
        moment: float,
    ) -> list[Outgoing]:
        contract = self._contract.identity
        return [
            Outgoing(
                event_id=self._database.new_id(),
                account_id=principal.account_id,
                cta_id=owner.id if owner.kind == "cta" else None,
                project_id=owner.id if owner.kind == "project" else None,
                event=message.definition.id,
                contract=contract,
                body=message.encode(),
                webhook_id=known[owner].webhook_id,
                created_at=moment,
            )
            for owner, message in zip(owners, messages, strict=True)
        ]


def _owner(happened: Lead | Link) -> Owner:
    if isinstance(happened, Link):
        return Owner("project", happened.project_id)
    return Owner("cta", happened.cta_id)


def _at(position: int, error: InvalidPayload) -> InvalidPayload:
    return InvalidPayload(
        replace(violation, pointer=f"/{position}{violation.pointer}")
        for violation in error.violations
    )


@lru_cache(maxsize=2)
def _date(day: int) -> str:
    """Return a day of Unix time as the contract writes it: 18347 -> `2020-03-26`."""
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
