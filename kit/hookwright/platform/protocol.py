"""uvicorn's HTTP protocol with bounds on time and size, which it does not have itself."""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hookwright_sender.api.bodies import LIMIT

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 256
# The application answers 413 for a body that is too large, with a reason; this ends what would go
# on for ever. A body that comes in chunks of one byte takes six for each.
MAX_REQUEST_BYTES = MAX_HEAD_BYTES + 8 * LIMIT
# Seconds in which a request must be there completely.
REQUEST_TIMEOUT = 10.0


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose request takes too long or is too large, head and trailers included.

    A request that comes in one piece, as nearly all do, costs no timer.
    """

    _deadline: asyncio.TimerHandle | None = None
    _is_partial = False
    _is_head = True
    _bytes_read = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to wait."""
        self._clear_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and look whether the bounds are kept."""
        super().data_received(data)
        self._bytes_read += len(data)
        if self.transport.is_closing():
            self._clear_deadline()
        elif self._is_partial and (
            self._bytes_read > self._limit() or len(self.headers) > MAX_HEADERS
        ):
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._is_partial or self.cycle is None or self.cycle.response_complete:
            self._set_deadline()
        else:
            self._clear_deadline()

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        super().on_message_begin()
        self._is_partial = self._is_head = True
        self._bytes_read = 0

    def on_headers_complete(self) -> None:
        """Note that the head is there; trailers, after the body, are no headers."""
        super().on_headers_complete()
        self._is_head = False
        self.headers = []

    def on_message_complete(self) -> None:
        """Note that the request is there."""
        super().on_message_complete()
        self._is_partial = False

    def _limit(self) -> int:
        return MAX_HEAD_BYTES if self._is_head else MAX_REQUEST_BYTES

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self._time_out)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _time_out(self) -> None:
        self._deadline = None
        if self._is_partial:
            self._end(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _end(self, status: HTTPStatus) -> None:
        """Close the connection, with a bare answer if none is on its way."""
        self._clear_deadline()
        is_answered = not self._is_head and self.cycle.response_started
        if not is_answered and not self.transport.is_closing():
            self.transport.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                "connection: close\r\ncontent-length: 0\r\n\r\n".encode("ascii")
            )
        self.transport.close()
