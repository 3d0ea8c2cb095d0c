"""The tables' history: what brings a database up to what this version wants."""

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table, text

from hookwright_sender.store.database import Database
from hookwright_sender.store.errors import SchemaOutdated, SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config

# Of every migration, oldest first: alembic, which knows them too, takes its time to be imported.
REVISIONS = ("0001",)
VERSION = table("alembic_version", column("version_num"))
# Any number that nobody else locks: processes that start together upgrade one after the other.
LOCK = 0x686F6F6B


def upgrade(database: Database) -> bool:
    """Bring the tables up to date, all or nothing; return whether there was anything to do.

    Raises `SchemaTooNew` for a database that a later version of hookwright has upgraded.
    """
    with database.transaction() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _is_current(connection):
            return False
        from alembic import command  # noqa: PLC0415  see REVISIONS

        configuration = config()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    return True


def check_current(database: Database) -> None:
    """Raise `SchemaOutdated` or `SchemaTooNew` unless the tables are what this version wants."""
    with database.reading() as connection:
        if not _is_current(connection):
            raise SchemaOutdated


def is_empty(database: Database) -> bool:
    """Tell whether nothing was ever set up in a database."""
    with database.reading() as connection:
        return _revision(connection) is None


def _is_current(connection: Connection) -> bool:
    found = _revision(connection)
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew
    return found == REVISIONS[-1]


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(select(VERSION.c.version_num)).scalar()


def config() -> "Config":
    """Return what alembic needs to know to find the migrations."""
    from alembic.config import Config  # noqa: PLC0415  see REVISIONS

    found = Config()
    found.set_main_option("script_location", str(files(__package__) / "migrations"))
    found.set_main_option("path_separator", "os")
    return found
