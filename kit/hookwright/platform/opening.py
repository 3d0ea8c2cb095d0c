"""The store, as a command finds it: set up by those that serve, only used by the others."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from hookwright.platform.errors import NoDatabase, UnusableDatabase
from hookwright_sender import logs
from hookwright_sender.settings import Settings
from hookwright_sender.store import schema
from hookwright_sender.store.database import Database

if TYPE_CHECKING:
    from hookwright_sender.encryption.key_ring import KeyRing


@contextmanager
def database_of(settings: Settings) -> Iterator[Database]:
    """Open the database that the settings name, whatever state it is in.

    Raises `StoreUnavailable` when it does not answer and `UnusableDatabase` when what is there is
    no database, or one in which nothing may be done.
    """
    with Database(settings.database_url) as database:
        try:
            yield database
        except DatabaseError as error:
            # Its own text quotes the statement.
            reason = str(error.orig).strip().partition("\n")[0]
            raise UnusableDatabase(database.shown, reason) from error


@contextmanager
def existing(settings: Settings) -> Iterator[Database]:
    """Open a database that was set up before; raises `NoDatabase`, `SchemaOutdated`."""
    _quieten()
    with database_of(settings) as database:
        _refuse_missing(database)
        schema.check_current(database)
        yield database


@contextmanager
def existing_or_new(settings: Settings) -> Iterator[Database]:
    """Open a database, and set it up, keys included, where there is none."""
    _quieten()
    with database_of(settings) as database:
        if schema.is_empty(database):
            schema.upgrade(database)
            _ring(database, settings)
        schema.check_current(database)
        yield database


@contextmanager
def prepared(settings: Settings) -> Iterator[tuple[Database, "KeyRing"]]:
    """Open a database and bring it up to date, its keys included; makes both where there is none.

    Every process may do so at its start: they do it one after the other.
    """
    with database_of(settings) as database:
        schema.upgrade(database)
        yield database, _ring(database, settings)


@contextmanager
def unlocked(settings: Settings) -> Iterator[tuple[Database, "KeyRing"]]:
    """Open a database that was set up before, and its keys, for what has to read secrets."""
    with existing(settings) as database:
        yield database, _ring(database, settings)


def _quieten() -> None:
    # What goes well in a command is told by what it prints, and not in lines between.
    logs.configure("text", level=logging.WARNING)


def _ring(database: Database, settings: Settings) -> "KeyRing":
    from hookwright_sender.store.keys import (  # noqa: PLC0415  most commands need no keys
        key_file_of,
        open_key_ring,
    )

    return open_key_ring(database, settings.keys, key_file_of(database))


def _refuse_missing(database: Database) -> None:
    # SQLite would make the file.
    missing = database.file is not None and not database.file.exists()
    if missing or schema.is_empty(database):
        raise NoDatabase(database.shown)
