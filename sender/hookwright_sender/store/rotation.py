"""The re-encryption of everything stored to the newest key, beside whoever works with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from hookwright_sender.encryption.envelope import header, place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.errors import Tampered, UnknownKey
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import beginning, keys_in_use, lock_keys
from hookwright_sender.store.tables import ENCRYPTED, encryption_keys

BATCH = 500
# The last one finds nothing to do, unless somebody holds rows for all that time.
PASSES = 4

Advance = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation came to; keys are named by their ids, values by their places.

    `rewritten` values were under another key than `newest`. `used` are the other keys that
    something is still encrypted with; `unreadable` are the values that could not be decrypted.
    """

    newest: str
    rewritten: int
    used: tuple[str, ...]
    unreadable: tuple[str, ...]


def outdated(database: Database, ring: KeyRing) -> int:
    """Return how many values are encrypted with another key than the newest."""
    with database.reading() as connection:
        return sum(
            connection.scalar(select(func.count()).select_from(table).where(_is_old(column, ring)))
            or 0
            for table, column in ENCRYPTED
        )


def rotate(
    database: Database, ring: KeyRing, advance: Advance = lambda _: None, batch: int = BATCH
) -> Rotation:
    """Encrypt every stored value with the ring's newest key, and forget keys that nothing uses.

    Other processes may work with the database meanwhile, if the newest key is the newest of
    theirs too. A transaction has one batch and leaves alone what changed since it was read. Killed
    at any moment, nothing is lost, and the next run does what is left. `advance` is told of each
    batch's size.
    """
    rewritten = 0
    unreadable: dict[str, None] = {}
    for number in range(PASSES):
        found = 0
        # What is left after the first time was locked: it is waited for, one row at a time, since
        # who has nothing and waits for one lock is in no deadlock either.
        again = number > 0
        for table, column in ENCRYPTED:
            for rows in _batches(database, table, column, ring, 1 if again else batch):
                changes, failures = _encrypted_anew(table, column, rows, ring)
                unreadable |= dict.fromkeys(failures)
                found += len(changes)
                with database.writing() as connection:
                    rewritten += _write(connection, table, column, changes, wait=again)
                if not again:
                    advance(len(rows))
        if not found:
            break
    return Rotation(ring.newest, rewritten, _forget(database, ring), tuple(unreadable))


def _batches(
    database: Database, table: Table, column: "Column[bytes]", ring: KeyRing, size: int
) -> Iterator[list[Row[Any]]]:
    """Yield what is under an older key in the order of the primary key, which never changes."""
    keys = tuple(table.primary_key.columns)
    query = select(column.label("value"), *keys).where(_is_old(column, ring))
    query = query.order_by(*keys).limit(size)
    last: tuple[Any, ...] | None = None
    while True:
        page = query if last is None else query.where(tuple_(*keys) > last)
        with database.reading() as connection:
            rows = list(connection.execute(page))
        if not rows:
            return
        yield rows
        last = tuple(rows[-1][1:])


def _encrypted_anew(
    table: Table, column: "Column[bytes]", rows: list[Row[Any]], ring: KeyRing
) -> tuple[list[dict[str, Any]], list[str]]:
    changes = []
    failures = []
    for value, *row in map(tuple, rows):
        where = place(table.name, column.name, *row)
        try:
            after = ring.encrypt(ring.decrypt(value, where), where)
        except (Tampered, UnknownKey):
            failures.append(where)
        else:
            changes.append({"before": value, "after": after, "row": tuple(row)})
    return changes, failures


def _write(
    connection: Connection,
    table: Table,
    column: "Column[bytes]",
    changes: list[dict[str, Any]],
    *,
    wait: bool,
) -> int:
    """Write those whose value is still the one that was read, and whose row nobody has locked."""
    keys = tuple(table.primary_key.columns)
    if not wait and connection.dialect.name != "sqlite":
        # Who waits for no lock is in no deadlock.
        wanted = tuple_(*keys).in_([change["row"] for change in changes])
        free = select(*keys).where(wanted).with_for_update(skip_locked=True, key_share=True)
        mine = {tuple(row) for row in connection.execute(free)}
        changes = [change for change in changes if change["row"] in mine]
    if not changes:
        return 0
    names = [f"key_{number}" for number in range(len(keys))]
    same_row = [key == bindparam(name) for key, name in zip(keys, names, strict=True)]
    statement = (
        update(table)
        .where(*same_row, column == bindparam("before"))
        .values({column: bindparam("after")})
    )
    parameters = [
        {"before": change["before"], "after": change["after"]}
        | dict(zip(names, change["row"], strict=True))
        for change in changes
    ]
    return connection.execute(statement, parameters).rowcount


def _forget(database: Database, ring: KeyRing) -> tuple[str, ...]:
    """Delete the rows of keys that nothing is encrypted with; return the others' ids."""
    # Not in the transaction that follows: it reads everything, and whoever holds this ring's
    # newest key encrypts with no other.
    with database.reading() as connection:
        used = keys_in_use(connection)
    with database.writing() as connection:
        lock_keys(connection)
        connection.execute(
            delete(encryption_keys).where(encryption_keys.c.key_id.not_in({ring.newest, *used}))
        )
    return tuple(sorted(used - {ring.newest}))


def _is_old(column: "Column[bytes]", ring: KeyRing) -> ColumnElement[bool]:
    return beginning(column) != header(bytes.fromhex(ring.newest))
