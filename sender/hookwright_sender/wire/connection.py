"""One connection: requests go out on it and answers come back, one at a time."""

import asyncio
import math
import select
import socket
from collections.abc import Callable
from typing import cast

from hookwright_sender.wire.answer import Answer
from hookwright_sender.wire.failure import HungUpError, MalformedAnswerError

# Bytes given to the transport at a time: a receiver that does not read holds no more than this
# beside the body itself.
PIECE = 64 * 1024


class Connection(asyncio.Protocol):
    """A connection of the pool; `answer` and `failure` tell what came of the last exchange.

    `failure` is set when the exchange ended before the answer did: `TimeoutError`, what the
    system said of a broken connection, `HungUpError` or `MalformedAnswerError`. `born` is when its
    host was resolved, `patience` for how many seconds it may wait for the next one.
    """

    __slots__ = (
        "_early",
        "_large",
        "_loop",
        "_lost",
        "_paused",
        "_poll",
        "_rest",
        "_socket",
        "_transport",
        "_waiter",
        "answer",
        "born",
        "closed",
        "failure",
        "idle_since",
        "key",
        "patience",
        "served",
    )

    def __init__(  # noqa: PLR0913, PLR0917  one caller
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        key: tuple[bool, str, int],
        born: float,
        monotonic: Callable[[], float],
        lost: Callable[["Connection"], None],
    ) -> None:
        self._loop = loop
        self._socket = sock
        waiting = select.poll()
        waiting.register(sock, select.POLLIN)
        self._poll = waiting.poll
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._rest: memoryview | None = None
        self._large = False
        self._paused = False
        self._early: Exception | None = None
        self.answer = Answer(monotonic)
        self.born = self.idle_since = born
        self.served = 0
        self.patience = math.inf
        self.closed = False
        self.failure: Exception | None = None
        self.key = key

    def exchange(self, head: bytes, body: bytes) -> asyncio.Future[None]:
        """Write a request; the future is done when `answer` or `failure` tell how it ended."""
        transport = self._transport
        self._waiter = waiter = self._loop.create_future()
        if transport is None or self.closed:
            self._end(self._early or HungUpError())
            return waiter
        self._large = len(body) > PIECE
        if not self._large:
            transport.write(head + body)
        else:
            self._rest = memoryview(body)
            transport.write(head)
            self._write_on()
        return waiter

    def expire(self) -> None:
        """End the exchange at its deadline."""
        self._end(TimeoutError())
        self.abort()

    def abort(self) -> None:
        """Close at once; nothing that is still to be written goes out."""
        self.closed = True
        self._rest = None
        if self._transport is not None:
            self._transport.abort()

    def is_reusable(self) -> bool:
        """Tell whether the exchange left the connection as another one needs it."""
        # A receiver may answer before it took a large body, and never take the rest.
        transport = self._transport
        return (
            not self.closed
            and self.answer.keep
            and self._rest is None
            and transport is not None
            and (not self._large or transport.get_write_buffer_size() == 0)
        )

    def is_quiet(self) -> bool:
        """Tell whether nothing waits to be read, not even the end of the connection.

        The loop may not have come to it yet. Behind TLS anything but an end may be a message of
        TLS itself.
        """
        # A third of what it costs to try to read.
        if not self._poll(0):
            return True
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK)) and self.key[0]
        except OSError:
            return False

    # What follows is called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the answer; bytes that nobody asked for end the connection."""
        if self._waiter is None:
            self._early = MalformedAnswerError("it came before the request")
            self.abort()
        elif self.answer.feed(data):
            answer = self.answer
            malformed = answer.status is None and answer.malformed is not None
            self._end(MalformedAnswerError(answer.malformed) if malformed else None)

    def eof_received(self) -> None:
        """Take the end of what the other side sends as the end of the connection."""
        self._break(None)
        self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Take the end of the connection."""
        self.closed = True
        self._rest = None
        self._break(error)
        self._lost(self)
        self.answer.close()

    def pause_writing(self) -> None:
        """Wait until the other side has read some."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on with a large body."""
        self._paused = False
        self._write_on()

    def _write_on(self) -> None:
        transport = self._transport
        if transport is None:
            return
        while self._rest is not None and self._waiter is not None and not self._paused:
            if transport.is_closing():
                return
            if self._poll(0):
                # Maybe an answer, from a receiver that wants no more of the body and hangs up:
                # another write would fail, and the loop then drops what it has not read.
                self._loop.call_soon(self._write_on)
                return
            piece, rest = self._rest[:PIECE], self._rest[PIECE:]
            self._rest = rest if len(rest) else None
            transport.write(piece)

    def _break(self, error: Exception | None) -> None:
        if self._waiter is None:
            self._early = self._early or error
            return
        if error is None:
            self.answer.end()
        self._end(None if self.answer.finished else error or HungUpError())

    def _end(self, failure: Exception | None) -> None:
        waiter = self._waiter
        if waiter is None:
            return
        self.failure = failure
        self._waiter = None
        if not waiter.done():
            waiter.set_result(None)
