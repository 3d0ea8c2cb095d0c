"""One receiver in the course of a demo: what it was sent, and what was last seen in it."""

import time
from collections.abc import Iterable

from hookwright.demo.delivery import Delivery
from hookwright.demo.errors import NotReached
from hookwright.demo.observation import Reading, settled
from hookwright.demo.receiver import Receiver
from hookwright.demo.report import Row
from hookwright_schemas import Contract
from hookwright_sender import Attempt, HttpTransport, Message


class Host:
    """A receiver that is sent messages and looked into."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.sent: list[tuple[Delivery, Attempt]] = []
        self.reading = Reading()

    async def send(self, messages: Iterable[Delivery], transport: HttpTransport) -> None:
        """Send one message after the other; raises NotReached."""
        for delivery in messages:
            # Not `deliver`, which would refuse to send what breaks the contract.
            message = Message.of(delivery.event, delivery.message_id)
            headers = message.headers_at(int(time.time()))
            attempt = await transport.attempt(self.receiver.url, headers, message.body)
            if not attempt.reached:
                raise NotReached(self.receiver.obituary(f"is gone ({attempt.error})"))
            self.note(delivery, attempt)

    def note(self, delivery: Delivery, attempt: Attempt) -> None:
        """Note what somebody else has sent it."""
        self.sent.append((delivery, attempt))

    @property
    def deliveries(self) -> list[Delivery]:
        """What it was sent, in order."""
        return [delivery for delivery, _ in self.sent]

    async def look(self, contract: Contract, within: float) -> None:
        """Read what it holds, once its handlers have run or `within` seconds are over."""
        self.reading = await settled(self.receiver, contract, within)

    def rows(self) -> list[Row]:
        """Return a row for each delivery, with what became of its message in the end."""
        return [
            Row(self.receiver.stack, delivery, attempt, self.reading.of(delivery.message_id))
            for delivery, attempt in self.sent
        ]
