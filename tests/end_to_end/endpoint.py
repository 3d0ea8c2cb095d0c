"""An endpoint at its worst, and mended afterwards: on one port, whatever becomes of it."""

import asyncio
import gzip
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hookwright_receiver.conformance.project.ports import HOST, reserved_port

OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"content-length: 0\r\n\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
TEN_GIGABYTES = b"content-length: 10000000000\r\n\r\n"
# A gigabyte for whoever inflates it.
BOMB = gzip.compress(gzip.compress(bytes(2**30), 1), 1)
DRIP = 0.02


class Exchange:
    """One connection, as the endpoint sees it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, taken: Counter[str]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._taken = taken

    async def request(self) -> str:
        """Read a request to its end; return its `webhook-id`."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        await self._reader.readexactly(int(headers["content-length"]))
        return headers["webhook-id"]

    async def write(self, data: bytes) -> None:
        """Write, and wait until the socket took it."""
        self._writer.write(data)
        await self._writer.drain()

    async def gone(self) -> None:
        """Wait until the other side closes."""
        while await self._reader.read(65536):
            pass

    def take(self, identity: str) -> None:
        """Note that a message was taken in order."""
        self._taken[identity] += 1

    def reset(self) -> None:
        """Let the connection end with a reset."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Behaviour = Callable[[Exchange], Awaitable[None]]


class Endpoint:
    """A port with a behaviour behind it; `taken` counts what was taken in order, by message id."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def become(self, behaviour: Behaviour | None, tls: ssl.SSLContext | None = None) -> None:
        """Behave so from now on; with None nobody listens. Connections that stand are cut."""
        await self.close()
        if behaviour is None:
            return

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await behaviour(Exchange(reader, writer, self.taken))
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                # What becomes of a connection is the other side's doing, or the end of the fault.
                pass
            finally:
                self._tasks.discard(task)
                writer.transport.abort()

        self._server = await asyncio.start_server(
            connected, HOST, self.port, ssl=tls, reuse_address=True
        )

    async def close(self) -> None:
        """Stop listening, and cut every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    """Keep a port for the time of a block; nobody listens there yet."""
    with reserved_port() as port:
        made = Endpoint(port)
        try:
            yield made
        finally:
            await made.close()


async def fine(exchange: Exchange) -> None:
    """Take every message."""
    with suppress(asyncio.IncompleteReadError):
        while True:
            exchange.take(await exchange.request())
            await exchange.write(EMPTY)


def say(*parts: bytes) -> Behaviour:
    """Answer with fixed bytes, and wait for the other side to close."""

    async def behaviour(exchange: Exchange) -> None:
        await exchange.request()
        for part in parts:
            await exchange.write(part)
        await exchange.gone()

    return behaviour


def status(line: str, *headers: str) -> Behaviour:
    """Answer with a status and some headers, again and again."""
    lines = "".join(f"{header}\r\n" for header in headers)
    answer = f"HTTP/1.1 {line}\r\n{lines}content-length: 0\r\n\r\n".encode()

    async def behaviour(exchange: Exchange) -> None:
        while True:
            await exchange.request()
            await exchange.write(answer)

    return behaviour


def endless(start: bytes, part: bytes) -> Behaviour:
    """Answer without an end, as fast as it is taken."""

    async def behaviour(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.write(start)
        while True:
            await exchange.write(part)

    return behaviour


def ask_for_date(seconds: int) -> Behaviour:
    """Answer 429, and ask to be left alone until a date so many seconds ahead."""

    async def behaviour(exchange: Exchange) -> None:
        await exchange.request()
        date = datetime.now(UTC) + timedelta(seconds=seconds)
        header = f"retry-after: {format_datetime(date, usegmt=True)}\r\n"
        head = f"HTTP/1.1 429 Slow Down\r\n{header}content-length: 0\r\n\r\n"
        await exchange.write(head.encode())

    return behaviour


def cut(*parts: bytes) -> Behaviour:
    """Answer with fixed bytes and reset the connection."""

    async def behaviour(exchange: Exchange) -> None:
        await exchange.request()
        for part in parts:
            await exchange.write(part)
        exchange.reset()

    return behaviour


async def drip(exchange: Exchange) -> None:
    """Answer a byte at a time, and never to the end."""
    await exchange.request()
    for byte in b"HTTP/1.1 200 OK\r\nx: ":
        await exchange.write(bytes([byte]))
    while True:
        await exchange.write(b"y")
        await asyncio.sleep(DRIP)


async def cut_handshake(exchange: Exchange) -> None:
    """Reset the connection as soon as TLS begins."""
    await exchange._reader.read(1)
    exchange.reset()
