"""One attempt of a claimed delivery, from sealed rows to a sealed outcome."""

import json
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from hookwright_schemas import Contract
from hookwright_schemas.errors import UnknownEvent
from hookwright_sender.delivery.claim import Claimed, Target
from hookwright_sender.delivery.details import Answered, Details, answered
from hookwright_sender.delivery.finish import Finished
from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.errors import InvalidURL
from hookwright_sender.event import Event
from hookwright_sender.message import Message, user_agent
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.retry.decision import decide
from hookwright_sender.retry.ladder import Ladder
from hookwright_sender.signing import Signer
from hookwright_sender.transport import Transport

WEBHOOKS = 4096
ONCE = Ladder((), jitter=0.0)


@dataclass(slots=True)
class Prepared:
    """A webhook's settings, decrypted; `signer` holds until `until`, when a secret expires."""

    revision: int
    url: str
    secrets: list[tuple[str, float | None]]
    details: Details
    signer: Signer | None = None
    until: float = 0.0


class Courier:
    """Makes attempts and decides what becomes of the deliveries.

    `clock` returns Unix seconds. Decrypted settings are kept for as many as 4,096 webhooks.
    """

    def __init__(  # noqa: PLR0913  all that an attempt depends on
        self,
        ring: KeyRing,
        transport: Transport,
        contract: Contract,
        *,
        ladder: Ladder | None = None,
        clock: Callable[[], float] = time.time,
        rand: Callable[[], float] = random.random,
    ) -> None:
        self._ring = ring
        self._transport = transport
        self._contract = contract
        self._ladder = ladder or Ladder()
        self._clock = clock
        self._rand = rand
        self._webhooks: OrderedDict[int, Prepared] = OrderedDict()
        self._headers: dict[tuple[str, str], Mapping[str, str]] = {}
        header = contract.idempotency_header
        self._own_header = None if header is None else header.lower()

    async def attempt(self, claimed: Claimed) -> Finished:
        """Send a claimed delivery once, and say what came of it.

        Raises `UnknownKey`, `Tampered` or `InvalidSecret` when what is stored cannot be used; what
        the other side does is an outcome.
        """
        started = self._clock()
        prepared = self._prepare(claimed.webhook, started)
        message = self._message(claimed)
        headers = message.headers_at(int(started), prepared.signer)
        try:
            attempt = await self._transport.attempt(prepared.url, headers, message.body)
        except InvalidURL as error:
            attempt = Attempt(Outcome.FORBIDDEN, 0.0, error=str(error), reached=False)
        ended = self._clock()
        back = answered(attempt.response_headers)
        decision = decide(
            attempt.outcome,
            attempt.status,
            claimed.step + 1,
            back.headers.get("retry-after"),
            ended,
            self._rand,
            ONCE if claimed.test else self._ladder,
        )
        return Finished(
            claimed,
            decision,
            attempt.outcome,
            attempt.status,
            started,
            ended,
            attempt.latency,
            self._seal(claimed, prepared, message, headers, back, attempt),
        )

    def _prepare(self, target: Target, moment: float) -> Prepared:
        webhook = target.webhook_id
        prepared = self._webhooks.get(webhook)
        if prepared is None or prepared.revision != target.revision:
            prepared = self._decrypt(target)
            self._webhooks[webhook] = prepared
            if len(self._webhooks) > WEBHOOKS:
                self._webhooks.popitem(last=False)
        self._webhooks.move_to_end(webhook)
        if moment >= prepared.until:
            valid = [
                (secret, expires)
                for secret, expires in prepared.secrets
                if expires is None or expires > moment
            ]
            prepared.signer = Signer([secret for secret, _ in valid]) if valid else None
            prepared.until = min(
                (expires for _, expires in valid if expires is not None), default=float("inf")
            )
        return prepared

    def _decrypt(self, target: Target) -> Prepared:
        def opened(column: str, sealed: bytes) -> bytes:
            return self._ring.decrypt(sealed, place("webhooks", column, target.webhook_id))

        settings = json.loads(opened("settings", target.settings))
        secrets = json.loads(opened("secrets", target.secrets))
        known = [(each["secret"], each.get("expires_at")) for each in secrets]
        details = Details((secret for secret, _ in known), self._contract.reserved)
        return Prepared(target.revision, settings["url"], known, details)

    def _message(self, claimed: Claimed) -> Message:
        body = self._ring.decrypt(claimed.body, place("events", "body", claimed.event_id))
        identity = f"msg_{claimed.event_id}"
        headers = {**self._fixed(claimed.event, claimed.contract), "webhook-id": identity}
        if self._own_header is not None:
            headers[self._own_header] = identity
        return Message(identity, body, headers)

    def _fixed(self, event: str, contract: str) -> Mapping[str, str]:
        """Return the headers that every message of an event has; see `Message.of`."""
        found = self._headers.get((event, contract))
        if found is None:
            found = {
                "content-type": "application/json",
                "user-agent": user_agent(),
                "hookwright-contract": contract,
            }
            # One of an older contract goes out as it was accepted.
            with suppress(UnknownEvent):
                found |= Event(self._contract, event).headers
            self._headers[event, contract] = found
        return found

    def _seal(  # noqa: PLR0913, PLR0917  all that is known of an attempt
        self,
        claimed: Claimed,
        prepared: Prepared,
        message: Message,
        headers: Mapping[str, str],
        back: Answered,
        attempt: Attempt,
    ) -> bytes:
        details = prepared.details.of(message.body, headers, back, attempt)
        where = place("attempts", "details", claimed.delivery_id, claimed.claim)
        return self._ring.encrypt(details, where)
