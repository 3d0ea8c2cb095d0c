"""A database that closes what is idle, is restarted, or locks: what waiting mends, and what not."""

import errno
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from tests import postgresql as servers

from .conftest import Receiver, module, wait_until


@pytest.fixture
def on_postgresql(project, database_url, tmp_path, monkeypatch):
    """A receiver whose database is a server: a file closes no connections."""
    monkeypatch.chdir(tmp_path)
    receiver = Receiver(database_url, {})
    yield receiver
    for session in receiver.sessions:
        session.close()


def test_a_connection_that_was_closed_while_idle(on_postgresql):
    """By a failover or a NAT: the delivery after the pause is stored, in each session."""
    receiver = on_postgresql
    inboxes = [receiver.opened() for _ in range(3)]
    for number, inbox in enumerate(inboxes):
        inbox.ping()
        with psycopg.connect(receiver.url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        inbox.store([receiver.entry(f"m{number}")])
        assert inbox.claim()


def test_a_row_that_is_locked_for_a_moment_is_not_lost(on_postgresql):
    """By a claim of another process, which has seen the row before it was claimed here."""
    receiver = on_postgresql
    receiver.put("a")
    claimed = receiver.claim()
    written = []
    with psycopg.connect(receiver.url) as other:
        other.execute("SELECT id FROM inbox FOR UPDATE")
        writing = threading.Thread(target=lambda: written.append(receiver.end(claimed)))
        writing.start()
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        wait_until(lambda: other.execute(waiting).fetchone() or not writing.is_alive())
    writing.join()
    assert written == [True]
    assert receiver.statuses() == ["done"]


@pytest.mark.parametrize("at", ["BEGIN", "INSERT", "COMMIT"])
def test_a_process_without_files_refuses_nobody(on_postgresql, monkeypatch, at):
    """Beside a crowd of connections, waiting for an answer takes a file: 503, and never 422."""
    receiver = on_postgresql
    inbox = receiver.opened()
    inbox.ping()
    unavailable = module("database").Unavailable
    run, failed = type(inbox._session)._run, threading.Event()

    def fail(self, sql, parameters=()):
        if at in sql and not failed.is_set():
            failed.set()
            # The question is asked, and nobody reads the answer.
            self._connection.pgconn.send_query(b"SELECT 1")
            raise OSError(errno.EMFILE, "Too many open files")
        return run(self, sql, parameters)

    monkeypatch.setattr(type(inbox._session), "_run", fail)
    with pytest.raises(unavailable):
        inbox.store([receiver.entry("a")])
    assert inbox.store([receiver.entry("a")]) == [module("inbox").Outcome.STORED]
    assert len(receiver.statuses()) == 1


def test_a_connection_that_is_lost_in_the_middle(on_postgresql, monkeypatch):
    """What had not been committed is done again; what had is a repeat of itself."""
    receiver = on_postgresql
    inbox = receiver.opened()
    session_type = type(inbox._session)
    run, lost = session_type._run, threading.Event()

    def lose(self, sql, parameters=()):
        if sql == "COMMIT" and not lost.is_set():
            lost.set()
            with psycopg.connect(receiver.url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(%s)", (self._connection.info.backend_pid,)
                )
        return run(self, sql, parameters)

    monkeypatch.setattr(session_type, "_run", lose)
    assert inbox.store([receiver.entry("a")]) == [module("inbox").Outcome.STORED]
    assert lost.is_set()
    assert len(receiver.statuses()) == 1


def test_a_server_that_is_restarted(project, tmp_path, monkeypatch):
    """A restart of a moment costs no delivery its 200; one that lasts is "unavailable"."""
    monkeypatch.chdir(tmp_path)
    with servers.fragile() as server, server.database() as url:
        receiver = Receiver(url, {})
        receiver.inbox.store([receiver.entry("before")])
        server.stop()
        with pytest.raises(module("database").Unavailable):
            receiver.inbox.store([receiver.entry("away")])
        monkeypatch.setattr(module("database"), "RECONNECT", 30.0)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(receiver.inbox.store, [receiver.entry("during")])
            server.start()
            assert waiting.result() == [module("inbox").Outcome.STORED]
        server.stop()
        server.start()
        receiver.inbox.store([receiver.entry("after")])
        assert len(receiver.statuses()) == 3
        receiver.inbox.close()


def test_opposite_orders_of_keys(receiver):
    """Two processes get the same repeats in another order: neither waits for the other."""
    entries = [receiver.entry(f"m{number}") for number in range(60)]
    inboxes = [receiver.opened(), receiver.opened()]
    for _ in range(30):
        receiver.tell("DELETE FROM inbox")
        barrier = threading.Barrier(2)

        def store(inbox, batch, barrier=barrier):
            barrier.wait()
            return inbox.store(batch)

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(store, inboxes, (entries, entries[::-1])))
        stored = sum(result.value == "stored" for results in done for result in results)
        assert stored == len(entries)
        assert len(receiver.statuses()) == len(entries)


def test_a_database_that_is_locked(receiver):
    """Waiting mends it: "unavailable", nothing is stored, and then it is."""
    with locked(receiver.url), pytest.raises(module("database").Unavailable):
        receiver.inbox.store([receiver.entry("a"), receiver.entry("b")])
    assert receiver.statuses() == []
    receiver.inbox.store([receiver.entry("a"), receiver.entry("b")])
    assert receiver.statuses() == ["pending"] * 2


def locked(url):
    """Hold the lock of a database until the block ends."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect("inbox.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection = psycopg.connect(url)
        connection.execute("LOCK TABLE inbox")
    return closing(connection)


def test_a_file_that_cannot_be_written(project):
    """A full disk, another owner: all of it passes."""
    passes = module("sqlite").SQLiteSession("", durable=True, patience=1.0)._passes
    for name in ("FULL", "READONLY", "IOERR", "CANTOPEN", "BUSY", "LOCKED"):
        error = sqlite3.OperationalError()
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}") | 256
        assert passes(error), name
    for name in ("ERROR", "CONSTRAINT", "TOOBIG", "MISMATCH"):
        error = sqlite3.OperationalError()
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}")
        assert not passes(error), name


STATES = [
    ("57P01", True, "the server is being stopped"),
    ("57P03", True, "it is starting"),
    ("57014", True, "it took too long"),
    ("55P03", True, "somebody has the lock"),
    ("53100", True, "its disk is full"),
    ("53300", True, "too many connections"),
    ("40P01", True, "a deadlock"),
    ("40001", True, "a serialization failure"),
    ("25006", True, "a standby, until it is promoted"),
    ("08006", True, "the connection failed"),
    ("22P05", False, "a text that it cannot hold"),
    ("23505", False, "a constraint"),
    ("42703", False, "no such column"),
    ("42P01", False, "no such table"),
    ("54000", False, "a limit of the server"),
    ("P0001", False, "a trigger says no"),
]


@pytest.mark.parametrize(("state", "passes", "reason"), STATES, ids=[row[2] for row in STATES])
def test_what_waiting_can_mend(project, state, passes, reason):
    """One place decides, by what the server says."""
    error = psycopg.errors.lookup(state)()
    assert error.sqlstate == state
    session = module("postgresql").PostgreSQLSession("", durable=True, patience=1.0)
    assert session._passes(error) is passes, reason


def test_metrics_while_the_database_is_away(on_postgresql):
    """What this process knows by itself is told all the same."""
    receiver = on_postgresql
    pool = module("worker").WorkerPool(receiver.settings, receiver.database)
    metrics = module("metrics").Metrics(receiver.opened(), pool)
    receiver.put("a")
    assert b"webhook_inbox_oldest_pending_seconds" in metrics.render()
    with locked(receiver.url):
        page = metrics.render()
    assert b"webhook_workers_replaced_total 0.0" in page
    assert b"webhook_inbox_messages" not in page
