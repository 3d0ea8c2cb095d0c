"""Sample data to a webhook, on its owner's request, by the way of every other message."""

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from hookwright_schemas import Contract
from hookwright_sender.delivery.claim import Claimed
from hookwright_sender.delivery.courier import Courier
from hookwright_sender.delivery.finish import Finished
from hookwright_sender.delivery.log import DeliveryLog
from hookwright_sender.delivery.outbox import Outgoing, put
from hookwright_sender.delivery.queue import MARGIN, Queue
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.event import Event as Message
from hookwright_sender.platform import audit
from hookwright_sender.platform.destination import proven
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.lead import FORM_LEAD, SOCIAL_LEAD
from hookwright_sender.platform.link import LINK_CREATED
from hookwright_sender.platform.owner import Owner, found_owner
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.sealed import open_destination
from hookwright_sender.platform.threads import Run
from hookwright_sender.platform.transaction import joining
from hookwright_sender.platform.webhook import found_webhook
from hookwright_sender.store.database import Database
from hookwright_sender.transport import Transport


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of a test; `latency` is in seconds.

    `body` are the first 1,024 bytes of the answer, with known secrets masked.
    """

    # It is no test of pytest's.
    __test__ = False

    delivery_id: int
    outcome: str
    status: int | None
    latency: float
    body: bytes
    error: str | None

    @property
    def succeeded(self) -> bool:
        """Tell whether the receiver took the message."""
        return self.outcome == "success"


class WebhookTester:
    """Sends the contract's sample to a webhook and waits for what comes of it.

    It is an event and a delivery like any other, built, signed, sent and logged by what does that
    for all of them; but it is claimed from the start, so that no worker sends it too, and there
    is one attempt. `lease` is in seconds: longer than the deadline of an attempt.
    """

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        transport: Transport,
        contract: Contract,
        *,
        lease: float = 5.0 + MARGIN,
    ) -> None:
        self._database = database
        self._ring = ring
        self._contract = contract
        self._courier = Courier(ring, transport, contract, clock=database.clock)
        self._log = DeliveryLog(database, ring)
        self._queue = Queue(database, lease)

    async def test(
        self, principal: Principal, owner: Owner, *, run: Run = asyncio.to_thread
    ) -> TestResult:
        """Test the owner's webhook; one that is disabled can be tested too, to see it mended.

        Raises `NotFound`, and `HostNotProven` while the proof of its host is gone. `run` runs what
        blocks.
        """
        claimed = await run(self._begin, principal, owner)
        finished = await self._courier.attempt(claimed)
        return await run(self._end, principal, finished)

    def _begin(self, principal: Principal, owner: Owner) -> Claimed:
        with joining(self._database, None) as connection:
            owned = found_owner(connection, principal, owner)
            row = found_webhook(connection, principal, owner)
            proven(connection, principal, row.host)
            parameters = open_destination(self._ring, row.id, row.settings).parameters
            message = Message.sample(self._contract, _event(owner, owned), parameters)
            message.validate()
            delivery = self._put(connection, principal, owner, row.id, message)
            audit.record(connection, self._database, principal, "webhook.test", str(owner))
            # Before anybody else can see it.
            claimed = None if delivery is None else self._queue.claim_one(connection, delivery)
            if claimed is None:
                raise NotFound("webhook of", owner)
            return claimed

    def _put(
        self,
        connection: Connection,
        principal: Principal,
        owner: Owner,
        webhook_id: int,
        message: Message,
    ) -> int | None:
        outgoing = Outgoing(
            event_id=self._database.new_id(),
            account_id=principal.account_id,
            cta_id=owner.id if owner.kind == "cta" else None,
            project_id=owner.id if owner.kind == "project" else None,
            event=message.definition.id,
            contract=self._contract.identity,
            body=message.encode(),
            webhook_id=webhook_id,
            created_at=self._database.clock(),
            test=True,
        )
        [delivery] = put(connection, self._database, self._ring, [outgoing])
        return delivery

    def _end(self, principal: Principal, finished: Finished) -> TestResult:
        self._queue.turn([finished])
        delivery = finished.claimed.delivery_id
        shown = self._log.show(principal.account_id, delivery)
        attempt = shown.attempts[-1] if shown is not None and shown.attempts else None
        return TestResult(
            delivery_id=delivery,
            outcome=finished.outcome.value,
            status=finished.status,
            latency=finished.latency,
            body=b"" if attempt is None else attempt.response_body,
            error=None if attempt is None else attempt.error,
        )


def _event(owner: Owner, owned: Row[Any]) -> str:
    if owner.kind == "project":
        return LINK_CREATED
    return FORM_LEAD if owned.kind == "form" else SOCIAL_LEAD
