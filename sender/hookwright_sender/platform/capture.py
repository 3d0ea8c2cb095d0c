"""Events in: leads of CTAs, tracking links of projects."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection

from hookwright_schemas import Contract, InvalidPayload
from hookwright_sender.delivery.outbox import Outgoing, put
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.aliases import place_links
from hookwright_sender.platform.events import Event
from hookwright_sender.platform.lead import Lead
from hookwright_sender.platform.link import Link, check_link
from hookwright_sender.platform.payloads import Payloads
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.recipients import recipients
from hookwright_sender.platform.transaction import joining
from hookwright_sender.store.database import Database

__all__ = ["Capture", "Lead", "Link"]


class _Draft(NamedTuple):
    cta_id: int | None
    project_id: int | None
    webhook_id: int | None
    event: str
    payload: dict[str, Any]


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

        Raises `NotFound`, `InvalidValue`, `LinksNotProven`, `AliasTaken` and `InvalidPayload`.
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
        # Before anything is locked.
        hosts = [check_link(each) if isinstance(each, Link) else "" for each in happened]
        with joining(self._database, connection) as transaction:
            drafts = self._drafts(transaction, principal, happened, hosts, moment, alone)
            contract, account = self._contract, principal.account_id
            outgoing = [
                Outgoing(
                    self._database.new_id(),
                    account,
                    draft.cta_id,
                    draft.project_id,
                    draft.event,
                    contract.identity,
                    contract.encode(draft.payload),
                    draft.webhook_id,
                    moment,
                )
                for draft in drafts
            ]
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
                payload=draft.payload,
                created_at=moment,
                delivery_id=delivery,
            )
            for out, draft, delivery in zip(outgoing, drafts, deliveries, strict=True)
        ]

    def _drafts(  # noqa: PLR0913, PLR0917  see `_emit`
        self,
        connection: Connection,
        principal: Principal,
        happened: Sequence[Lead | Link],
        hosts: Sequence[str],
        moment: float,
        alone: bool,
    ) -> list[_Draft]:
        """Return what the messages say, each of them valid; makes the links on the way."""
        links = [
            (each, host)
            for each, host in zip(happened, hosts, strict=True)
            if isinstance(each, Link)
        ]
        wanted = (each.cta_id for each in happened if isinstance(each, Lead))
        ctas = recipients(connection, self._ring, principal, "cta", wanted)
        wanted = (link.project_id for link, _ in links)
        projects = recipients(connection, self._ring, principal, "project", wanted)
        places = iter(place_links(connection, self._database, principal, links, self._randbytes))
        payloads = Payloads(self._contract, moment)
        drafts = []
        for position, each in enumerate(happened):
            try:
                if isinstance(each, Lead):
                    to = ctas[each.cta_id]
                    event, payload = payloads.lead(each, to)
                    drafts.append(_Draft(each.cta_id, None, to.webhook_id, event, payload))
                else:
                    to = projects[each.project_id]
                    event, payload = payloads.link(each, next(places), to)
                    drafts.append(_Draft(None, each.project_id, to.webhook_id, event, payload))
            except InvalidPayload as error:
                raise error if alone else _at(position, error) from None
        return drafts


def _at(position: int, error: InvalidPayload) -> InvalidPayload:
    return InvalidPayload(
        replace(violation, pointer=f"/{position}{violation.pointer}")
        for violation in error.violations
    )
