"""Two corrections to aiohttp's connections, which the rules for an attempt need."""

from contextvars import ContextVar
from functools import partial
from typing import Any

from aiohttp import ClientPayloadError, ClientRequest, ClientTimeout, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from aiohttp.tracing import Trace

HEAD_END = b"\r\n\r\n"


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
    """Resolves for every new connection, never queues, and notes that a connection stands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limit=0, use_dns_cache=False, **options)
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
        connection = await super().connect(req, traces, timeout)
        reach = current_reach.get(None)
        if reach is not None:
            reach.connected = True
        return connection
