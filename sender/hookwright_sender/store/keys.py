"""Which keys a database was encrypted with, and whether this process holds them."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    func,
    insert,
    literal,
    select,
    text,
)

from hookwright_sender.encryption.envelope import HEADER_BYTES, place
from hookwright_sender.encryption.key_file import KeyFile
from hookwright_sender.encryption.key_ring import VARIABLE, KeyRing
from hookwright_sender.errors import (
    KeyFileUnusable,
    KeysNotSet,
    MissingKey,
    Tampered,
    UnknownKey,
    WrongKey,
)
from hookwright_sender.store.clock import now
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import ENCRYPTED, encryption_keys

# What a proof says; that it can be read is the proof.
PROOF = b"hookwright"


def key_file_of(database: Database) -> Path | None:
    """Return where the keys are kept when HOOKWRIGHT_KEYS is not set, None for PostgreSQL.

    `hookwright.db` -> `hookwright.db.key`, in the same folder.
    """
    file = database.file
    return None if file is None else file.with_name(f"{file.name}.key")


def open_key_ring(database: Database, keys_text: str | None, key_file: Path | None) -> KeyRing:
    """Return the keys of HOOKWRIGHT_KEYS, or of the key file, once the database agrees to them.

    Call it once, at start, with the tables up to date. The key file is made when it is missing
    and nothing was ever encrypted. Raises `KeysNotSet`, `InvalidKeys`, `KeyFileUnusable`,
    `MissingKey` and `WrongKey`: after it, no key is missing for anything that is stored.
    """
    if keys_text is not None:
        return _admitted(database, KeyRing.parse(keys_text), VARIABLE)
    if key_file is None:
        raise KeysNotSet
    return _of_file(database, _opened(database, key_file))


def open_for_rotation(
    database: Database, keys_text: str | None, key_file: Path | None
) -> tuple[KeyRing, KeyFile | None]:
    """Return the ring to rotate to, and the key file where the keys come from one.

    A key file with a single key first gets another one, which no other process may be using it
    for. One with several is of a rotation that was cut short: that one is to be finished.
    """
    if keys_text is not None or key_file is None:
        return open_key_ring(database, keys_text, key_file), None
    file = _opened(database, key_file)
    ring = _of_file(database, file)
    if len(ring.ids) == 1:
        file = file.add()
        ring = _of_file(database, file)
    return ring, file


def keys_in_use(connection: Connection) -> set[str]:
    """Return the ids of the keys that something in the database is encrypted with.

    It reads every encrypted value's beginning.
    """
    found = set()
    for table, column in ENCRYPTED:
        query = select(beginning(column)).select_from(table).where(column.is_not(None)).distinct()
        found |= {value[1:].hex() for value in connection.scalars(query) if value}
    return found


def beginning(column: "Column[bytes]") -> "ColumnElement[bytes]":
    """Return what tells by which key a value was encrypted: `envelope.header`."""
    # SQLite takes NULL from an empty value.
    return func.coalesce(func.substr(column, 1, HEADER_BYTES, type_=LargeBinary), b"")


def lock_keys(connection: Connection) -> None:
    """Make everybody else wait who wants to change which keys the database knows."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("LOCK TABLE encryption_keys IN SHARE ROW EXCLUSIVE MODE"))


def _of_file(database: Database, file: KeyFile) -> KeyRing:
    return _admitted(database, file.ring(), f"the key file {file.path}")


def _opened(database: Database, path: Path) -> KeyFile:
    found = KeyFile.open(path)
    if found is not None:
        return found
    # Whoever starts at the same time waits here, and then finds the file.
    with database.writing() as connection:
        if KeyFile.open(path) is None:
            if _proofs(connection) or _has_values(connection):
                raise KeyFileUnusable(
                    path,
                    "is missing, and the database holds what was encrypted with it",
                    f"put it back from a copy, or set {VARIABLE} to what it held",
                )
            KeyFile.create(path)
    found = KeyFile.open(path)
    if found is None:
        raise KeyFileUnusable(path, "has vanished", "put it back from a copy")
    return found


def _admitted(database: Database, ring: KeyRing, source: str) -> KeyRing:
    with database.reading() as connection:
        known = _proofs(connection)
    _check(known, ring, source)
    if ring.newest in known:
        return ring
    with database.writing() as connection:
        lock_keys(connection)
        # Somebody else may have been here first, with other keys.
        known = _proofs(connection)
        _check(known, ring, source)
        used = set() if known else keys_in_use(connection)
        for key_id in sorted(used - set(ring.ids)):
            raise MissingKey(key_id, source, ring.ids)
        for key_id in sorted(({ring.newest} | used) - known.keys()):
            connection.execute(
                insert(encryption_keys).values(
                    key_id=key_id, proof=_proof(ring, key_id), created_at=now()
                )
            )
    return ring


def _check(known: Mapping[str, bytes], ring: KeyRing, source: str) -> None:
    for key_id, proof in known.items():
        if key_id not in ring.ids:
            raise MissingKey(key_id, source, ring.ids)
        try:
            opens = ring.decrypt(proof, _place(key_id)) == PROOF
        except (Tampered, UnknownKey):
            opens = False
        if not opens:
            raise WrongKey(key_id)


def _proofs(connection: Connection) -> dict[str, bytes]:
    query = select(encryption_keys.c.key_id, encryption_keys.c.proof)
    return {row.key_id: row.proof for row in connection.execute(query)}


def _proof(ring: KeyRing, key_id: str) -> bytes:
    return ring.encrypt_under(key_id, PROOF, _place(key_id))


def _place(key_id: str) -> str:
    return place("encryption_keys", "proof", key_id)


def _has_values(connection: Connection) -> bool:
    return any(
        connection.scalar(select(literal(1)).where(column.is_not(None)).limit(1)) is not None
        for _table, column in ENCRYPTED
    )
