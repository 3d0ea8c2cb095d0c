"""The HTTP client of the runner: it sends what it is told to, byte for byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .answer import Answer, AnswerReader, Closed, Failure, InvalidAnswer
from .wire import Address, Wire, dial

SENT_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent (its first 4 KiB, and its length), and the answer or why there is none."""

    sent: bytes
    sent_length: int
    answer: Answer | None = None
    failure: Failure | None = None
    detail: str = ""

    @property
    def status(self) -> int | None:
        """Return the status of the answer, if there is one."""
        return self.answer.status if self.answer else None

    @property
    def accepted(self) -> bool:
        """Tell whether the answer is a 2xx."""
        return self.answer is not None and 200 <= self.answer.status < 300  # noqa: PLR2004


class Connection:
    """One connection to the receiver, for the cases that need more than a request and an answer."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.reader = AnswerReader(wire)
        self._kept = bytearray()
        self._length = 0

    async def send(self, data: bytes) -> None:
        """Send bytes; raises OSError where the other side is gone."""
        self._kept += data[: max(0, SENT_KEPT - len(self._kept))]
        self._length += len(data)
        await self.wire.send(data)

    async def answer(
        self,
        timeout: float,  # noqa: ASYNC109  the deadline is what many cases are about
        *,
        head_only: bool = False,
    ) -> Exchange:
        """Return the next answer, or how it failed to come within `timeout` seconds."""
        answer: Answer | None = None
        failure: Failure | None = None
        detail = ""
        try:
            async with asyncio.timeout(timeout):
                answer = await self.reader.answer(head_only=head_only)
        except TimeoutError:
            failure, detail = Failure.TIMEOUT, f"{timeout:g} s"
        except Closed:
            failure = Failure.CLOSED
        except InvalidAnswer as error:
            failure, detail = Failure.INVALID, str(error)
        return Exchange(bytes(self._kept), self._length, answer, failure, detail)


Sending = Callable[[Connection], Awaitable[None]]


class Client:
    """Opens connections to one address."""

    def __init__(
        self,
        address: Address,
        *,
        connect_timeout: float = 5.0,
        on_connect: Callable[[], None] = lambda: None,
    ) -> None:
        self.address = address
        self._connect_timeout = connect_timeout
        self._on_connect = on_connect

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Open a connection for the length of the block; raises OSError (TimeoutError included)."""
        self._on_connect()
        async with asyncio.timeout(self._connect_timeout):
            wire = await dial(self.address)
        try:
            yield Connection(wire)
        finally:
            wire.close()

    async def exchange(
        self,
        request: bytes,
        timeout: float,  # noqa: ASYNC109
        *,
        head_only: bool = False,
    ) -> Exchange:
        """Send one request on a connection of its own and return what came of it."""
        return await self.converse(lambda c: c.send(request), timeout, head_only=head_only)

    async def converse(
        self,
        send: Sending,
        timeout: float,  # noqa: ASYNC109
        *,
        head_only: bool = False,
    ) -> Exchange:
        """Run `send` on a new connection and wait for an answer, which may come before its end."""
        try:
            async with self.connect() as connection:
                sender = asyncio.ensure_future(_quietly(send, connection))
                try:
                    return await connection.answer(timeout, head_only=head_only)
                finally:
                    sender.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await sender
        except TimeoutError:
            return Exchange(b"", 0, failure=Failure.TIMEOUT, detail="connecting")
        except OSError as error:
            return Exchange(b"", 0, failure=Failure.REFUSED, detail=error.strerror or str(error))


async def _quietly(send: Sending, connection: Connection) -> None:
    # A receiver may refuse a request before it has read all of it: the answer tells.
    with contextlib.suppress(OSError):
        await send(connection)
