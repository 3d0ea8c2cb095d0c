"""From an event to the outcome of one attempt."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from hookwright_sender.event import Event
from hookwright_sender.message import Message
from hookwright_sender.outcome import Attempt
from hookwright_sender.signing import Signer
from hookwright_sender.transport import Transport


async def deliver(  # noqa: PLR0913, PLR0917  two things to say, four with a default
    event: Event,
    url: str,
    transport: Transport,
    secrets: Sequence[str] = (),
    message_id: str | None = None,
    clock: Callable[[], float] = time.time,
) -> Attempt:
    """Validate, encode, sign and send an event, once.

    Several `secrets` give several signatures, none gives no signature. `clock` returns Unix
    seconds. Raises, before anything is sent, `InvalidPayload`, `InvalidURL`, `InvalidSecret` and
    `InvalidMessageID`; whatever the other side does is the outcome of the attempt.
    """
    event.validate()
    signer = Signer(secrets) if secrets else None
    message = Message.of(event, message_id)
    attempt = await transport.attempt(url, message.headers_at(int(clock()), signer), message.body)
    return replace(attempt, message_id=message.id)
