"""The transport under test, in one kind of loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import uvloop

from hookwright_sender import HttpTransport

LONG = 30.0  # seconds: never reached, so that a slow machine changes no outcome
SHORT = 1.0  # seconds: always reached, because the other side never does its part
BODY = b'{"a":1}'
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}


@dataclass(frozen=True)
class Client:
    """A transport under test, and the kind of loop that it runs in."""

    transport: type[HttpTransport]
    loop: Callable[[], asyncio.AbstractEventLoop]

    def run(self, main):
        """Run a coroutine to its end."""
        with asyncio.Runner(loop_factory=self.loop) as runner:
            return runner.run(main)

    def one(self, serve, behaviour, *, timeout=LONG, tls=None, scheme=None, **options):
        """Make one attempt at a server of that behaviour; return the attempt and the server."""

        async def run():
            async with (
                serve(behaviour, tls) as server,
                self.transport(timeout, **options) as transport,
            ):
                url = server.url if scheme is None else server.url.replace("http", scheme, 1)
                return await transport.attempt(url, HEADERS, BODY), server

        return self.run(run())

    def two(self, serve, behaviour, **options):
        """Make two attempts, one after the other, with one transport."""

        async def run():
            async with serve(behaviour) as server, self.transport(LONG, **options) as transport:
                first = await transport.attempt(server.url, HEADERS, BODY)
                return first, await transport.attempt(server.url, HEADERS, BODY), server

        return self.run(run())


CLIENTS = {
    "asyncio": Client(HttpTransport, asyncio.new_event_loop),
    "uvloop": Client(HttpTransport, uvloop.new_event_loop),
}
