"""Reading, writing, failing: the same on SQLite and on PostgreSQL."""

import sqlite3
import stat
import threading
import time

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from hookwright_sender.errors import SenderError
from hookwright_sender.ids import NODES
from hookwright_sender.settings import Settings
from hookwright_sender.store.clock import now
from hookwright_sender.store.database import Database
from hookwright_sender.store.errors import InvalidDatabaseURL, StoreUnavailable
from hookwright_sender.store.schema import upgrade
from hookwright_sender.store.tables import accounts, ctas
from tests.secrets_table import DATABASE_URLS


def count(database):
    """Return how many accounts there are."""
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(accounts)).scalar_one()


def account(database, name="a"):
    """Return the values of a new account."""
    return {"id": database.new_id(), "name": name, "created_at": 1.0}


def test_all_of_a_transaction_or_nothing(database):
    """What is raised within undoes what was written before."""
    with database.writing() as connection:
        connection.execute(insert(accounts), account(database))

    def failing():
        with database.writing() as connection:
            connection.execute(insert(accounts), account(database))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        failing()
    assert count(database) == 1


def test_writers_take_turns(database):
    """Read, think, write: no update is lost, and nobody is told that the database is busy."""
    with database.writing() as connection:
        connection.execute(insert(accounts), account(database, "0"))
    row = select(accounts.c.name).with_for_update()

    def add():
        for _ in range(25):
            with database.writing() as connection:
                value = int(connection.execute(row).scalar_one())
                connection.execute(accounts.update().values(name=str(value + 1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.execute(select(accounts.c.name)).scalar_one() == "100"


def test_a_reader_does_not_wait_for_a_writer(database):
    """It sees what was there before."""
    with database.writing() as connection:
        connection.execute(insert(accounts), account(database))
        assert count(database) == 0
    assert count(database) == 1


def test_the_clock_is_the_databases_own(database):
    """Unix seconds; within a second of this machine's clock, where both run."""
    with database.reading() as connection:
        told = connection.execute(select(now())).scalar_one()
    assert isinstance(told, float)
    assert abs(told - time.time()) < 1


def test_foreign_keys_hold(database):
    """On SQLite they have to be switched on."""
    orphan = {"id": 1, "account_id": 2, "kind": "form", "name": "", "created_at": 0.0}

    def add():
        with database.writing() as connection:
            connection.execute(insert(ctas), orphan)

    with pytest.raises(IntegrityError):
        add()


def test_each_process_has_a_node_of_its_own(database):
    """Two that are open at once never make the same id."""
    with Database(database.url.render_as_string(hide_password=False)) as other:
        first, second = database.new_id(), other.new_id()
    assert (first >> 10) % NODES != (second >> 10) % NODES


URLS = [
    # url, reason
    ("hookwright.db", "a path is no URL"),
    ("mysql://root@localhost/x", "a kind that is not supported"),
    ("sqlite://", "in memory: nothing would survive"),
    ("sqlite:///:memory:", "in memory, said in full"),
    ("://", "nothing at all"),
]


@pytest.mark.parametrize(("url", "reason"), URLS, ids=[reason for _, reason in URLS])
def test_what_names_no_database_is_refused(url, reason):
    """One line with the remedy, exit code 2."""
    with pytest.raises(InvalidDatabaseURL, match="sqlite:///") as refused:
        Database(url)
    assert refused.value.exit_code == 2, reason


@pytest.mark.parametrize(("url", "why"), DATABASE_URLS, ids=[why for _, why in DATABASE_URLS])
def test_no_piece_of_a_password_is_shown(url, why):
    """Whatever is wrong with a URL, or with what it names."""

    def use():
        with Database(url) as database:
            assert "hush" not in database.shown, why
            with database.reading() as connection:
                connection.execute(text("SELECT 1"))

    with pytest.raises((SenderError, DatabaseError)) as caught:
        use()
    assert "hush" not in str(caught.value), why


def test_a_url_of_the_environment_is_its_text(monkeypatch):
    """A line's end from a file is no part of it, and settings are shown without it."""
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", " postgresql://me:hush@localhost/x\n")
    settings = Settings.read()
    assert settings.database_url == "postgresql://me:hush@localhost/x"
    assert "hush" not in repr(settings)


def test_a_password_is_not_shown():
    """Neither where a database is shown, nor where it cannot be reached."""
    with Database("postgresql://me:hunter2@127.0.0.1:1/x") as database:
        assert "hunter2" not in database.shown

        def ask():
            with database.reading() as connection:
                connection.execute(text("SELECT 1"))

        with pytest.raises(StoreUnavailable) as unavailable:
            ask()
    assert "hunter2" not in str(unavailable.value)
    assert unavailable.value.exit_code == 3


def test_a_file_is_its_owners_alone(tmp_path):
    """The database, and what SQLite puts beside it."""
    file = tmp_path / "platform.db"
    with Database(f"sqlite:///{file}") as database:
        upgrade(database)
        with database.writing() as connection:
            connection.execute(insert(accounts), account(database))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) >= {"platform.db", "platform.db-wal"}
    assert set(modes.values()) == {0o600}


def test_a_file_that_somebody_else_writes_is_unavailable(tmp_path, monkeypatch):
    """After a while, and as `StoreUnavailable`: the same call may do later."""
    impatient = ("PRAGMA journal_mode=WAL", "PRAGMA busy_timeout=50")
    monkeypatch.setattr("hookwright_sender.store.database.PRAGMAS", impatient)
    file = tmp_path / "platform.db"
    with Database(f"sqlite:///{file}") as database:
        upgrade(database)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        def write():
            with database.writing():
                pass

        with pytest.raises(StoreUnavailable, match="locked"):
            write()
        other.execute("ROLLBACK")
        other.close()
        write()


def test_a_folder_that_is_not_there_is_unavailable(tmp_path):
    """Told in a line that names the file."""
    with (
        Database(f"sqlite:///{tmp_path}/none/platform.db") as database,
        pytest.raises(StoreUnavailable, match=r"none/platform\.db"),
        database.reading(),
    ):
        pass


def test_a_database_that_takes_no_writes_is_unavailable(database_url):
    """As a stand-by is, and as providers make one whose disk is full: later it may do."""
    with Database(database_url) as database:
        upgrade(database)
        name = database.url.database

        def write(allowed):
            with database.transaction() as connection:
                setting = f"default_transaction_read_only = {'off' if allowed else 'on'}"
                connection.execute(text("SET TRANSACTION READ WRITE"))
                connection.execute(text(f'ALTER DATABASE "{name}" SET {setting}'))
            # Connections that are new find it so.
            database.close()
            with database.writing() as connection:
                connection.execute(insert(accounts), account(database))

        write(allowed=True)
        with pytest.raises(StoreUnavailable, match="read-only"):
            write(allowed=False)
        assert count(database) == 1
        write(allowed=True)


def test_the_server_notices_that_we_are_cut_off(database_url):
    """As soon as we do: until it does, what was claimed is locked and nobody else can have it."""
    with Database(database_url) as database, database.reading() as connection:
        settings = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("tcp_user_timeout", "tcp_keepalives_idle", "lock_timeout")
        }
    assert settings == {
        "tcp_user_timeout": "10000", "tcp_keepalives_idle": "5", "lock_timeout": "10s",
    }  # fmt: skip
