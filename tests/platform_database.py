"""Databases with the platform's tables, which tests use in turn: what costs much is done once."""

import shutil
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event

from hookwright_sender.store.database import Database
from hookwright_sender.store.schema import REVISIONS
from hookwright_sender.store.tables import metadata

from .postgresql import SHOW_OUT

TABLES = [table.name for table in metadata.sorted_tables]
# Bytes of a table from which on it costs less to make it anew than to delete its rows.
LARGE = 2**20


def emptied(url: str, *more: str) -> None:
    """Empty every table of a PostgreSQL database, once nobody else is connected any more.

    Then do `more`, in the same transaction.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SHOW_OUT)
        sizes = connection.execute(
            "SELECT max(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchone()
        if sizes is not None and sizes[0] > LARGE:
            statements = ["TRUNCATE " + ", ".join(f'public."{name}"' for name in TABLES)]
        else:
            statements = [f'DELETE FROM public."{name}"' for name in reversed(TABLES)]
        # A test may have pretended that the tables are of another version.
        statements.append(f"UPDATE public.alembic_version SET version_num = '{REVISIONS[-1]}'")
        connection.execute(";".join([*statements, *more]).encode())


def hurry(database: Database) -> None:
    """Let a SQLite database not wait for the disk: what is tested with it survives no power cut."""
    if database.is_sqlite:

        @event.listens_for(database._engine, "connect")
        def configure(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA synchronous=OFF")


class Files:
    """States of SQLite databases, each with the key file beside it: `keep` one, go `back` to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, here: Path) -> str:
        """Return the URL of the database of a folder."""
        return f"sqlite:///{here / 'hookwright.db'}"

    def keep(self, state: str, here: Path) -> None:
        """Keep the state of the database of a folder, which nobody has open."""
        (self._folder / state).mkdir()
        for file in here.glob("hookwright.db*"):
            shutil.copy(file, self._folder / state)

    def back(self, state: str, here: Path) -> None:
        """Have a database in that state in a folder."""
        for file in (self._folder / state).iterdir():
            shutil.copy(file, here)


class Schemas:
    """States of one PostgreSQL database, each in a schema of its own: as `Files`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self, _here: Path) -> str:
        """Return the URL of the database, whatever the folder is."""
        return self._url

    def keep(self, state: str, _here: Path) -> None:
        """Keep the state of the database."""
        copies = (f'CREATE TABLE "{state}"."{each}" AS TABLE public."{each}"' for each in TABLES)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(";".join([f'CREATE SCHEMA "{state}"', *copies]).encode())

    def back(self, state: str, _here: Path) -> None:
        """Have the database in that state."""
        copies = (f'INSERT INTO public."{each}" TABLE "{state}"."{each}"' for each in TABLES)
        emptied(self._url, *copies)
