"""Sockets without a client library's opinion: exact bytes out, what comes back in.

Plain connections use the socket itself: a stream would throw away an answer that has already
arrived as soon as a write fails, and a receiver that refuses a large body does just that.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from .errors import BadOption

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where a receiver listens."""

    host: str
    port: int
    tls: bool = False

    @property
    def authority(self) -> str:
        """Return the value of the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Return the address as the first part of a URL."""
        return f"{'https' if self.tls else 'http'}://{self.authority}"


def parse_url(url: str) -> tuple[Address, str]:
    """Split a URL into the address and the request target; raises BadOption where there is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadOption(f"{url!r} is not a URL ({error}): give http://host:port/path") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadOption(f"{url!r} is neither a project's folder nor an http(s) URL")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise BadOption(f"{url!r} is not a URL as it is sent: escape all but visible ASCII")
    tls = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.hostname, port or (443 if tls else 80), tls), target


class Wire(Protocol):
    """One connection: bytes out, bytes in."""

    async def send(self, data: bytes) -> None:
        """Send everything."""

    async def receive(self) -> bytes:
        """Return what has come; nothing at the end, whether it was orderly or not."""

    def half_close(self) -> None:
        """Say that nothing more will be sent."""

    def close(self, *, abort: bool = False) -> None:
        """Let go; `abort` resets the connection."""


class SocketWire:
    """A plain TCP connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        """Send everything."""
        await self._loop.sock_sendall(self._socket, data)

    async def receive(self) -> bytes:
        """Return what has come; nothing at the end, whether it was orderly or not."""
        try:
            return await self._loop.sock_recv(self._socket, CHUNK)
        except OSError:
            return b""

    def half_close(self) -> None:
        """Say that nothing more will be sent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self, *, abort: bool = False) -> None:
        """Let go; `abort` resets the connection."""
        if abort:
            with contextlib.suppress(OSError):
                linger = struct.pack("ii", 1, 0)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._socket.close()


class TlsWire:
    """A TLS connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send everything."""
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> bytes:
        """Return what has come; nothing at the end, whether it was orderly or not."""
        try:
            return await self._reader.read(CHUNK)
        except (OSError, ssl.SSLError):
            return b""

    def half_close(self) -> None:
        """Do nothing: TLS before 1.3 cannot be half closed."""

    def close(self, *, abort: bool = False) -> None:
        """Let go; `abort` resets the connection."""
        if abort:
            self._writer.transport.abort()
        else:
            self._writer.close()


async def dial(address: Address) -> Wire:
    """Connect; raises OSError where that fails, ssl.SSLError (one of them) included."""
    loop = asyncio.get_running_loop()
    kind = socket.SOCK_STREAM
    if address.tls:
        context = ssl.create_default_context()
        streams = await asyncio.open_connection(address.host, address.port, ssl=context)
        return TlsWire(*streams)
    # A numeric address needs no look-up, which would take a thread for each connection.
    numeric = socket.AI_NUMERICHOST
    try:
        found = socket.getaddrinfo(address.host, address.port, type=kind, flags=numeric)
    except socket.gaierror:
        found = await loop.getaddrinfo(address.host, address.port, type=kind)
    trouble: OSError | None = None
    for family, _, protocol, _, where in found:
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, where)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            trouble = error
        except BaseException:
            sock.close()
            raise
        else:
            return SocketWire(sock)
    raise trouble or OSError(f"{address.host} has no address")
