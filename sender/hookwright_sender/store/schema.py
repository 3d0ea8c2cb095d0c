"""The tables' history: what brings a database up to what this version wants."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hookwright_sender.store.database import Database
from hookwright_sender.store.errors import SchemaOutdated, SchemaTooNew

# Any number that nobody else locks: processes that start together upgrade one after the other.
LOCK = 0x686F6F6B


def upgrade(database: Database) -> bool:
    """Bring the tables up to date, all or nothing; return whether there was anything to do.

    Raises `SchemaTooNew` for a database that a later version of hookwright has upgraded.
    """
    with database.transaction() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found = _revision(connection)
        if found == head():
            return False
        _refuse_newer(found)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def check_current(database: Database) -> None:
    """Raise `SchemaOutdated` or `SchemaTooNew` unless the tables are what this version wants."""
    with database.reading() as connection:
        found = _revision(connection)
    if found == head():
        return
    _refuse_newer(found)
    raise SchemaOutdated


def is_empty(database: Database) -> bool:
    """Tell whether nothing was ever set up in a database."""
    with database.reading() as connection:
        return _revision(connection) is None


def head() -> str:
    """Return the revision that this version wants."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "there is at least one migration"  # noqa: S101  shipped with us
    return revision


def _refuse_newer(found: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaTooNew


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(__package__) / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
