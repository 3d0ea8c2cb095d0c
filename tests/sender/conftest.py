"""Receivers that behave, and receivers that do not, on real sockets."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from hookwright_sender.encryption.key_ring import KeyRing, new_key
from hookwright_sender.store.database import Database
from hookwright_sender.store.schema import upgrade
from tests.platform_database import emptied, hurry


@dataclass
class Exchange:
    """One connection as the server sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: "Server"

    async def request(self):
        """Read one whole request and keep it; None when the client has gone."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        request = head + await self.reader.readexactly(length)
        self.server.requests.append(request)
        return request

    async def write(self, data):
        """Write, and wait until the socket took it."""
        if self.writer.is_closing():
            # asyncio lets that pass, for uvloop it is a mistake.
            raise ConnectionResetError
        self.server.written += len(data)
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self):
        """Wait until the client has closed the connection."""
        while await self.reader.read(65536):
            pass


@dataclass
class Server:
    """What a test sees of a server: where it is, what arrived, and how many bytes went out."""

    url: str = ""
    connections: int = 0
    written: int = 0
    requests: list[bytes] = field(default_factory=list)


Behaviour = Callable[[Exchange], Awaitable[None]]


@asynccontextmanager
async def running(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve every connection with one behaviour, on a free port of the loopback."""
    server = Server()
    tasks = set()

    async def connection(reader, writer):
        server.connections += 1
        tasks.add(asyncio.current_task())
        try:
            await behaviour(Exchange(reader, writer, server))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # What becomes of the connection is the client's doing, or the end of the test.
            pass
        finally:
            writer.transport.abort()

    listener = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/hook"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answering(*parts: bytes, then: str = "wait") -> Behaviour:
    """Answer every request with the same parts, then wait for the next or `close`."""

    async def behaviour(exchange):
        while await exchange.request() is not None:
            for part in parts:
                await exchange.write(part)
            if then == "close":
                return

    return behaviour


@pytest.fixture(scope="session")
def authority():
    """A certificate authority of the test's own."""
    return trustme.CA()


@pytest.fixture
def certified(authority):
    """Return a server's TLS context with a certificate for a name."""

    def context(*names):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(made)
        return made

    return context


@pytest.fixture
def trusting(authority):
    """A client's TLS context that trusts the test's authority, and not the hundreds of a system."""
    return ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())


@pytest.fixture
def serve():
    """Return `running`, `answering` and a way to run them: conftest is not importable."""
    return running


@pytest.fixture
def answers():
    """Return the maker of servers that answer with fixed bytes."""
    return answering


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request, tmp_path) -> Iterator[Database]:
    """A database of either kind, without a table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/platform.db"
    else:
        url = request.getfixturevalue("database_url")
    with Database(url) as database:
        yield database


@pytest.fixture(scope="session")
def upgraded_file(tmp_path_factory) -> Path:
    """A file with the platform's tables, to be copied: migrations take their time."""
    file = tmp_path_factory.mktemp("upgraded") / "platform.db"
    with Database(f"sqlite:///{file}") as database:
        upgrade(database)
    return file


@pytest.fixture(scope="session")
def upgraded_url(postgresql) -> Iterator[str]:
    """A PostgreSQL database with the platform's tables, which tests empty and use in turn."""
    with postgresql.database() as url:
        with Database(url) as database:
            upgrade(database)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> Iterator[Database]:
    """A database of either kind, with the platform's tables and nothing in them."""
    if request.param == "sqlite":
        file = tmp_path / "platform.db"
        shutil.copy(request.getfixturevalue("upgraded_file"), file)
        url = f"sqlite:///{file}"
    else:
        url = request.getfixturevalue("upgraded_url")
        emptied(url)
    with Database(url) as database:
        hurry(database)
        yield database


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    """A key ring of one key."""
    return KeyRing.parse(new_key())
