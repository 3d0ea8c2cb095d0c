"""The database that an instance gets for itself: a SQLite file, or one on a PostgreSQL server."""

import asyncio
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from hookwright_receiver.conformance.errors import BadOption, Unreachable

SINK_TABLES = "received"
# What is wrong is not quoted: it may be a piece of the password.
UNREADABLE = (
    "--database-url must be postgresql://USER:PASSWORD@HOST/NAME, the password percent-encoded "
    "(% as %25, @ as %40, / as %2F, # as %23)"
)


class Storage(Protocol):
    """One database, made for one instance."""

    url: str

    def locked(self) -> Any:
        """Keep everybody from writing for the length of an `async with` block."""

    async def in_sink(self, marker: str) -> int:
        """Return how many rows of the `sql` sink's tables hold this text."""

    async def drop(self) -> None:
        """Remove the database."""


class SQLiteStorage:
    """A file in the instance's folder, which is removed with the folder."""

    def __init__(self, folder: Path) -> None:
        self.url = "sqlite:///inbox.db"
        self._file = folder / "inbox.db"

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the write lock."""
        connection = await asyncio.to_thread(self._lock)
        try:
            yield
        finally:
            connection.rollback()
            connection.close()

    def _lock(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, timeout=10, isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN IMMEDIATE")
        return connection

    async def in_sink(self, marker: str) -> int:
        """Return how many rows of the `sql` sink's tables hold this text."""
        return await asyncio.to_thread(self._count, marker)

    def _count(self, marker: str) -> int:
        connection = sqlite3.connect(self._file, timeout=10)
        try:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ?",
                (f"{SINK_TABLES}%",),
            ).fetchall()
            return sum(
                connection.execute(
                    f'SELECT count(*) FROM "{name}" WHERE payload LIKE ?',  # noqa: S608  names from the schema
                    (f"%{marker}%",),
                ).fetchone()[0]
                for (name,) in names
            )
        finally:
            connection.close()

    async def drop(self) -> None:
        """Leave it to the folder's end."""


class PostgreSQLStorage:
    """A new database on a server, by a URL whose user may create one."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._name = f"hookwright_check_{secrets.token_hex(6)}"
        self.url = urlunsplit(urlsplit(server)._replace(path=f"/{self._name}"))

    async def create(self) -> None:
        """Make the database; raises Unreachable where the server does not let us."""
        await asyncio.to_thread(self._command, f'CREATE DATABASE "{self._name}"')

    async def drop(self) -> None:
        """Remove the database, whoever is still connected."""
        await asyncio.to_thread(self._command, f'DROP DATABASE IF EXISTS "{self._name}" (FORCE)')

    def _command(self, statement: str) -> None:
        with self._connect(self._server, autocommit=True) as connection:
            connection.execute(statement)

    @staticmethod
    def _connect(url: str, *, autocommit: bool = False) -> Any:
        try:
            import psycopg  # noqa: PLC0415  an extra that few need
        except ImportError:
            raise BadOption(
                "a PostgreSQL inbox needs psycopg: pip install 'psycopg[binary]'"
            ) from None
        try:
            return psycopg.connect(url, autocommit=autocommit, connect_timeout=5)
        except psycopg.ProgrammingError:
            raise BadOption(UNREADABLE) from None
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise Unreachable(f"the PostgreSQL server does not answer: {reason}") from None

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold an exclusive lock on every table."""
        connection = await asyncio.to_thread(self._lock)
        try:
            yield
        finally:
            await asyncio.to_thread(connection.close)

    def _lock(self) -> Any:
        connection = self._connect(self.url)
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        names = ", ".join(name for (name,) in tables)
        connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        return connection

    async def in_sink(self, marker: str) -> int:
        """Return how many rows of the `sql` sink's tables hold this text."""
        return await asyncio.to_thread(self._count, marker)

    def _count(self, marker: str) -> int:
        with self._connect(self.url) as connection:
            tables = connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename LIKE %s",
                (f"{SINK_TABLES}%",),
            ).fetchall()
            return sum(
                connection.execute(
                    f"SELECT count(*) FROM {name} WHERE payload LIKE %s",  # noqa: S608  names from the catalogue
                    (f"%{marker}%",),
                ).fetchone()[0]
                for (name,) in tables
            )


def _is_readable(url: str) -> bool:
    """Tell whether a URL can be read, and in one way, here and by libpq."""
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError:
        return False
    ats = split.netloc.count("@"), (split.path + split.query).count("@")
    return not split.fragment and ats in {(0, 0), (1, 0)}


async def make_storage(database_url: str | None, folder: Path) -> Storage:
    """Return a new database: on the PostgreSQL server that was named, else a SQLite file."""
    if database_url is None or database_url.startswith("sqlite:"):
        return SQLiteStorage(folder)
    if not database_url.startswith(("postgres://", "postgresql://")):
        raise BadOption("--database-url must be postgresql://USER:PASSWORD@HOST/NAME, or left out")
    if not _is_readable(database_url):
        raise BadOption(UNREADABLE)
    storage = PostgreSQLStorage(database_url)
    await storage.create()
    return storage
