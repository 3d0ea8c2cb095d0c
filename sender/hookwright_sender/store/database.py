"""The database: one way to read, one way to write, whichever kind it is."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hookwright_sender.ids import Ids
from hookwright_sender.store.errors import InvalidDatabaseURL, StoreUnavailable
from hookwright_sender.store.tables import nodes

DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
WRITING = "hookwright_writing"
# Seconds that a writer of another process is waited for.
BUSY_TIMEOUT = 5.0
# The API's threads, and some for all else that a process does: a worker's turns, proofs, a purge.
POOL_SIZE = 24

ENGINE = {
    "pool_size": POOL_SIZE,
    "max_overflow": 0,
    "pool_timeout": BUSY_TIMEOUT,
    # What is stored may be somebody's data, and has no business in an error.
    "hide_parameters": True,
}
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={int(BUSY_TIMEOUT * 1000)}",
)
# A worker that is cut off from its database must notice, and so must the database: in seconds. Left
# to itself it holds what was claimed locked for as long as it tries to send that, a quarter hour.
NOTICE = (
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=10s"
)
POSTGRESQL = {
    "connect_timeout": 5,
    "application_name": "hookwright",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c idle_in_transaction_session_timeout=20s -c lock_timeout=10s -c timezone=UTC "
    + NOTICE,
}
# What a server says that takes no writes just now: its disk is full, or it is a stand-by yet.
READ_ONLY = "25006"


class Database:
    """A database by its URL: `sqlite:///path` or `postgresql://user@host/name`.

    Its methods block: from an event loop, call them in a thread. Whatever keeps it from answering
    (it is locked, full, gone) is raised as `StoreUnavailable`; a transaction that was begun has
    then left nothing behind, unless it failed at its very end, where nobody can know.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self.url = _parse(url)
        self.clock = clock
        self._engine = _engine(self.url)
        self._writer = self._engine.execution_options(**{WRITING: True})
        # SQLite has one writer at a time, and its own queue for it is a series of naps.
        self._turn: threading.Lock | None = threading.Lock() if self.is_sqlite else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def is_sqlite(self) -> bool:
        """Tell whether it is a file of one machine, for one serving process."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The file that it is in, for SQLite."""
        return Path(str(self.url.database)) if self.is_sqlite else None

    @property
    def shown(self) -> str:
        """Its URL as a person writes it, without the password."""
        # The query may hold a password too, and SQLAlchemy hides the one before the host alone.
        url = self.url.set(drivername=self.url.get_backend_name(), query={})
        return url.render_as_string(hide_password=True)

    @cached_property
    def ids(self) -> Ids:
        """What makes ids for this process: the database hands out its node."""
        with self.transaction() as connection:
            node = connection.execute(
                insert(nodes).values(started_at=self.clock()).returning(nodes.c.id)
            ).scalar_one()
        return Ids(node, self.clock)

    def new_id(self) -> int:
        """Return an id that no row has, in this table or another."""
        return self.ids.new()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for statements that change nothing."""
        with translating(self), self._engine.connect() as connection:
            yield connection

    def writing(self) -> AbstractContextManager[Connection]:
        """Return a block with a connection in a transaction: all of it, durably, or nothing."""
        # Within the block `new_id` could not ask for a node: nobody else writes meanwhile.
        _ = self.ids
        return self.transaction()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Do what `writing` does, before there are tables too: ids may then not be made in it."""
        with translating(self), self._turn or nullcontext(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextmanager
def translating(database: Database) -> Iterator[None]:
    """Turn what keeps a database from answering into `StoreUnavailable`."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise StoreUnavailable(database.shown, _reason(error)) from error
    except DBAPIError as error:
        read_only = getattr(error.orig, "sqlstate", None) == READ_ONLY
        if not error.connection_invalidated and not read_only:
            raise
        raise StoreUnavailable(database.shown, _reason(error)) from error


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    # SQLAlchemy's own text quotes the statement and its values.
    return str(cause).strip().partition("\n")[0]


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise InvalidDatabaseURL("it is no URL") from None
    except ValueError:
        # Its text quotes what stands where the port is looked for, perhaps a password.
        raise InvalidDatabaseURL(
            "its port is no number, or an @ before the host is missing"
        ) from None
    if "@" in f"{url.host}{url.database}" and not url.drivername.startswith("sqlite"):
        raise InvalidDatabaseURL("the password has to be percent-encoded (@ as %40, / as %2F)")
    scheme = url.drivername.partition("+")[0]
    if scheme not in DRIVERS:
        raise InvalidDatabaseURL(f"{scheme!r} is no database that is supported")
    if scheme == "sqlite" and (not url.database or url.database == ":memory:"):
        raise InvalidDatabaseURL("it names no file")
    return url.set(drivername=DRIVERS[scheme])


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, **ENGINE, pool_pre_ping=True, connect_args=POSTGRESQL)
    engine = create_engine(url, **ENGINE)
    file = Path(str(url.database))

    @event.listens_for(engine, "do_connect")
    def make(*_arguments: Any) -> None:
        # Readable by its owner alone, and so are the files that SQLite puts beside it. Only one
        # that is new is opened here: closing a file drops every lock that SQLite has on it.
        with suppress(OSError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # Transactions are begun below and nowhere else.
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads before it writes would fail when another one wrote meanwhile.
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
