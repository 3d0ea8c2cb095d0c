"""Corrections to aiohttp's connections, which the rules for an attempt need."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, cast

from aiohttp import ClientPayloadError, ClientRequest, ClientTimeout, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from aiohttp.tracing import Trace

HEAD_END = b"\r\n\r\n"
# Seconds for which what was once resolved and checked is good.
LIFE = 60.0


class Reach:
    """Whether the attempt that runs in this context got a connection."""

    __slots__ = ("connected",)

    def __init__(self) -> None:
        self.connected = False


current_reach: ContextVar[Reach] = ContextVar("current_reach")


class AnswerProtocol(ResponseHandler):
    """Lets no fault in an answer's body spoil headers that were complete before it.

    aiohttp drops a parsed head when the body behind it, in the same packet, is broken, and waits
    for a body that broke in a later packet until the deadline.
    """

    born = 0.0
    _answered = False

    def set_response_params(self, **parameters: Any) -> None:
        """Begin to wait for an answer's head."""
        self._answered = False
        super().set_response_params(**parameters)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take a head from the parser: a final one ends the wait, an interim one does not."""
        self._answered = self._answered or data[0].code >= 200  # noqa: PLR2004  RFC 9110, 15.2
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        """Give the parser the head and what follows it one after the other."""
        while not self._answered and self._parser is not None:
            end = data.find(HEAD_END) + len(HEAD_END)
            if not len(HEAD_END) <= end < len(data):
                break
            super().data_received(data[:end])
            data = data[end:]
        super().data_received(data)
        body = self._payload
        if self._exception is not None and body is not None and not body.is_eof():
            body.set_exception(ClientPayloadError("the body is malformed"), self._exception)


class Connector(TCPConnector):
    """Resolves for every new connection, never queues, and notes that a connection stands.

    A connection is used again for its own host, port and scheme only (aiohttp's key), and for
    `life` seconds of `monotonic` at most: aiohttp bounds how long it idles, not how long it lives.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, life: float = LIFE, **options: Any
    ) -> None:
        super().__init__(limit=0, use_dns_cache=False, **options)
        self._monotonic = monotonic
        self._life = life
        # aiohttp has no parameter for it.
        protocol: type[ResponseHandler] = AnswerProtocol
        self._factory = partial(protocol, loop=self._loop)

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109  aiohttp's own signature
    ) -> Connection:
        """Return a connection for a request, new or used before."""
        self._retire(req.connection_key)
        connection = await super().connect(req, traces, timeout)
        reach = current_reach.get(None)
        if reach is not None:
            reach.connected = True
        return connection

    async def _create_connection(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109  aiohttp's own signature
    ) -> ResponseHandler:
        # From before the look-up, so that the answer's age counts in full.
        born = self._monotonic()
        protocol = await super()._create_connection(req, traces, timeout)
        cast("AnswerProtocol", protocol).born = born
        return protocol

    def _retire(self, key: ConnectionKey) -> None:
        """Close the idle connections for a key that have lived long enough."""
        idle = self._conns.get(key)
        if not idle:
            return
        oldest = self._monotonic() - self._life
        for pooled in tuple(idle):
            protocol = cast("AnswerProtocol", pooled[0])
            if protocol.born < oldest:
                idle.remove(pooled)
                protocol.close()
