"""What rotations are tested on, and what a process does that kills one at each of its steps."""

import fcntl
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, event, insert, select, text, update

from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.store import database as database_module
from hookwright_sender.store import tables
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import open_for_rotation, open_key_ring
from hookwright_sender.store.rotation import rotate
from hookwright_sender.store.tables import ENCRYPTED, encryption_keys

CALLS = ("open", "fsync", "replace", "rename", "link", "unlink", "pread")
ACCOUNT = 1 << 62


def fill(database: Database, ring: KeyRing, count: int) -> dict[str, bytes]:
    """Store `count` values in each encrypted column; return them all, by their places."""
    values: dict[str, bytes] = {}

    def sealed(table: str, column: str, *row: Any) -> bytes:
        where = place(table, column, *row)
        values[where] = f"{where} Zoë ".encode() * (1 + len(values) % 7)
        return ring.encrypt(values[where], where)

    ids = [ACCOUNT + number for number in range(1, count + 1)]
    owned = {"account_id": ACCOUNT, "created_at": 1.0}
    keys = [number.to_bytes(32, "big") for number in range(count)]
    domain = {"host": "h.example", "token": "t", "status": "verified", "reason": "", "detail": ""}
    rows: dict[Any, list[dict[str, Any]]] = {
        tables.accounts: [{"id": ACCOUNT, "name": "a", "created_at": 1.0}],
        tables.domains: [{"id": ACCOUNT, **domain, **owned}],
        tables.ctas: [{"id": each, "kind": "form", "name": "c", **owned} for each in ids],
        tables.webhooks: [
            {
                "id": each, "cta_id": each, "domain_id": ACCOUNT, "target": "custom",
                "settings": sealed("webhooks", "settings", each),
                "secrets": sealed("webhooks", "secrets", each),
                "revision": 1, "state": "active", "reason": "", "updated_at": 1.0, **owned,
            }
            for each in ids
        ],
        tables.events: [
            {
                "id": each, "cta_id": each, "event": "form_lead", "contract": "c", "test": False,
                "body": sealed("events", "body", each), **owned,
            }
            for each in ids
        ],
        tables.deliveries: [
            {
                "id": each, "event_id": each, "webhook_id": each, "event": "form_lead",
                "test": False, "state": "pending", "due_at": 1.0, "claim": 1, "attempts": 1,
                "step": 1, **owned,
            }
            for each in ids
        ],
        tables.attempts: [
            {
                "delivery_id": each, "claim": each % 3, "started_at": 1.0, "latency": 0.1,
                "outcome": "success", "details": sealed("attempts", "details", each, each % 3),
            }
            for each in ids
        ],
        tables.idempotent_answers: [
            {
                "key": key, "fingerprint": b"f",
                "answer": sealed("idempotent_answers", "answer", ACCOUNT, key), **owned,
            }
            for key in keys
        ],
    }  # fmt: skip
    with database.writing() as connection:
        for table, values_of in rows.items():
            connection.execute(insert(table), [whole(table, each) for each in values_of])
    return values


def whole(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Give a row what its table wants and this test does not care about."""
    wanted = [each for each in table.columns if not each.nullable and each.server_default is None]
    return {column.name: column.type.python_type() for column in wanted} | row


def stored(database: Database, ring: KeyRing) -> dict[str, bytes]:
    """Decrypt every value, at one moment, and return them by their places."""
    found: dict[str, bytes] = {}
    with database.reading() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for table, column in ENCRYPTED:
            query = select(column, *table.primary_key.columns)
            for value, *row in map(tuple, connection.execute(query)):
                where = place(table.name, column.name, *row)
                found[where] = ring.decrypt(value, where)
    return found


def key_ids(database: Database) -> set[str]:
    """Return the keys that the database knows."""
    with database.reading() as connection:
        return set(connection.scalars(select(encryption_keys.c.key_id)))


def settle(database: Database) -> None:
    """Wait until the server has noticed that whoever was killed is gone."""
    if database.is_sqlite:
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    deadline = time.monotonic() + 30
    while True:
        with database.reading() as connection:
            if connection.scalar(others) == 0:
                return
        assert time.monotonic() < deadline, "the server keeps the connection of a killed process"
        time.sleep(0.005)


def rotation(database: Database, keys: str | None, file: Path | None, batch: int = 2) -> None:
    """Do what `hookwright keys rotate` does."""
    ring, key_file = open_for_rotation(database, keys, file)
    done = rotate(database, ring, batch=batch)
    if key_file is not None:
        key_file.keep(done.used)


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Do the work in a child that kills itself before its nth step; tell whether it came to it."""
    child = os.fork()
    if child == 0:
        count = 0

        def passed(*_arguments: Any, **_options: Any) -> None:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

        def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
            def stepping(*arguments: Any, **options: Any) -> Any:
                passed()
                return call(*arguments, **options)

            return stepping

        for name in CALLS:
            setattr(os, name, wrapped(getattr(os, name)))
        fcntl.flock = wrapped(fcntl.flock)
        event.listen(Engine, "before_cursor_execute", passed)
        event.listen(Engine, "commit", passed)
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def every(url: str, keys: str | None, file: Path | None, stride: int, pipe: Connection) -> None:
    """Kill a rotation at every nth step; say what then stood there, and after the next run."""
    hurry()
    with Database(url) as database:
        values = fill(database, open_key_ring(database, keys, file), 3)
        step = 1
        killed = True
        while killed:
            if keys is not None:
                # The other one is the newest now.
                keys = ",".join(reversed(keys.split(",")))
            # No connection is for two processes.
            database.close()
            killed = killed_at(step, lambda: rotation(database, keys, file))  # noqa: B023  at once
            # A server that starts now finds every key that it needs.
            readable = stored(database, open_key_ring(database, keys, file)) == values
            settle(database)
            rotation(database, keys, file)
            ring = open_key_ring(database, keys, file)
            report = {
                "step": step,
                "killed": killed,
                "readable": readable,
                "complete": stored(database, KeyRing.parse(newest(keys, file))) == values,
                "forgotten": key_ids(database) == {ring.newest},
                "held": len(ring.ids),
            }
            # It keeps the key file locked.
            del ring
            pipe.send(report)
            step += stride


def newest(keys: str | None, file: Path | None) -> str:
    """Return the newest key alone."""
    if keys is not None:
        return keys.partition(",")[0]
    assert file is not None
    return next(line for line in file.read_text().splitlines() if not line.startswith("#"))


def told(url: str, keys: str, batch: int, pipe: Connection) -> None:
    """Rotate, and say the size of each batch."""
    hurry()
    with Database(url) as database:
        ring = open_key_ring(database, keys, None)
        rotate(database, ring, pipe.send, batch=batch)


def hurry() -> None:
    """Let nobody wait for the disk: only processes are killed here, never the machine."""
    database_module.PRAGMAS = (*database_module.PRAGMAS, "PRAGMA synchronous=OFF")


def change(database: Database, ring: KeyRing, row: int, value: bytes) -> None:
    """Set the settings of a webhook, as a running server does."""
    where = place("webhooks", "settings", row)
    webhooks = tables.webhooks
    with database.writing() as connection:
        connection.execute(
            update(webhooks).where(webhooks.c.id == row).values(settings=ring.encrypt(value, where))
        )
