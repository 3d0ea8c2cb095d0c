"""The runner's client, where the runner itself is at fault."""

import asyncio

import pytest

from hookwright_receiver.conformance.answer import Failure
from hookwright_receiver.conformance.client import LATE, TRIES, Client
from hookwright_receiver.conformance.wire import Address

REQUEST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Clock:
    """Goes on by a step with every look at it."""

    def __init__(self, step):
        self.now = 0.0
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.mark.parametrize(
    ("step", "closing", "connections", "failure", "why"),
    [
        (0.0, 0, 1, None, "answered"),
        (0.0, 1, 1, Failure.CLOSED, "the receiver's fault: the request was there in time"),
        (LATE / 2, 1, 1, Failure.CLOSED, "and so it was here"),
        (LATE, 0, 1, None, "late, and answered nevertheless"),
        (LATE, 1, 2, None, "the runner's fault: it had said nothing for too long"),
        (LATE, TRIES, TRIES, Failure.CLOSED, "some receivers close whatever comes"),
    ],
)
def test_a_late_request_is_sent_again(step, closing, connections, failure, why):
    """No receiver fails a case because its grader had no turn on a busy machine."""
    served = []

    async def serve(reader, writer):
        served.append(await reader.readuntil(b"\r\n\r\n"))
        if len(served) > closing:
            writer.write(ANSWER)
        writer.close()

    async def run():
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = Client(Address("127.0.0.1", port), monotonic=Clock(step))
            return await client.exchange(REQUEST, 30.0)

    exchange = asyncio.run(run())
    assert (exchange.failure, served) == (failure, [REQUEST] * connections), why
