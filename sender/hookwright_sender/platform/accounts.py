"""Accounts and the API keys that speak for them."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from hookwright_sender.platform import audit
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.text import check_name
from hookwright_sender.platform.transaction import joining
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import accounts, api_keys

PREFIX = "hw_"
KEY_BYTES = 32
# Nothing longer is hashed for somebody who has no key.
LONGEST_KEY = 200
HINT_CHARACTERS = 4

OF_DIGEST = select(api_keys.c.id, api_keys.c.account_id).where(
    api_keys.c.digest == bindparam("sought"), api_keys.c.revoked_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account; its name is for people."""

    id: int
    name: str
    created_at: float


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key without itself: `hint` are its last characters."""

    id: int
    hint: str
    created_at: float
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key when it is made: the one time that `key` is shown."""

    id: int
    key: str

    def __repr__(self) -> str:
        """Keep the key out of logs."""
        return f"<NewKey {self.id}>"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account when it is made, with its first API key."""

    id: int
    name: str
    key: str

    def __repr__(self) -> str:
        """Keep the key out of logs."""
        return f"<NewAccount {self.id}>"


class Accounts:
    """Makes accounts and keys, and tells whose a key is.

    A key is 256 random bits behind `hw_`. Its SHA-256 is what is stored: of so many bits nobody
    finds the key by trying, so that a slow hash would slow down every call and nothing else.
    """

    def __init__(self, database: Database, randbytes: Callable[[int], bytes] = os.urandom) -> None:
        self._database = database
        self._randbytes = randbytes

    def create(self, name: str) -> NewAccount:
        """Make an account and its first key. Raises `InvalidValue`."""
        checked = check_name(name)
        with joining(self._database, None) as connection:
            principal = Principal.command(self._database.new_id())
            connection.execute(
                insert(accounts).values(
                    id=principal.account_id, name=checked, created_at=self._database.clock()
                )
            )
            subject = f"account:{principal.account_id}"
            audit.record(connection, self._database, principal, "account.create", subject)
            key = self._issue(connection, principal)
        return NewAccount(principal.account_id, checked, key.key)

    def get(self, account_id: int) -> Account:
        """Return an account. Raises `NotFound`."""
        with self._database.reading() as connection:
            return _get(connection, account_id)

    def list(self) -> tuple[Account, ...]:
        """Return every account, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.id)).fetchall()
        return tuple(_account(row) for row in rows)

    def issue_key(self, account_id: int, actor: str = "command") -> NewKey:
        """Make another key for an account. Raises `NotFound`."""
        with joining(self._database, None) as connection:
            _get(connection, account_id)
            return self._issue(connection, Principal(account_id, actor))

    def keys(self, account_id: int) -> tuple[ApiKey, ...]:
        """Return the keys of an account, oldest first, revoked ones included."""
        query = select(api_keys).where(api_keys.c.account_id == account_id)
        with self._database.reading() as connection:
            _get(connection, account_id)
            rows = connection.execute(query.order_by(api_keys.c.id)).fetchall()
        return tuple(ApiKey(row.id, row.hint, row.created_at, row.revoked_at) for row in rows)

    def revoke_key(self, account_id: int, key_id: int, actor: str = "command") -> None:
        """Make a key useless, from the next call on. Raises `NotFound`."""
        principal = Principal(account_id, actor)
        of_account = (api_keys.c.id == key_id) & (api_keys.c.account_id == account_id)
        with joining(self._database, None) as connection:
            known = connection.execute(select(api_keys.c.revoked_at).where(of_account)).first()
            if known is None:
                raise NotFound("API key", key_id)
            if known.revoked_at is not None:
                return
            connection.execute(
                update(api_keys).where(of_account).values(revoked_at=self._database.clock())
            )
            audit.record(connection, self._database, principal, "key.revoke", f"key:{key_id}")

    def authenticate(self, key: str) -> Principal | None:
        """Return whose a key is; None when it is none, or is revoked."""
        if not key.startswith(PREFIX) or len(key) > LONGEST_KEY or not key.isascii():
            return None
        # Looked up by digest: what the time of it could tell is about digests, not about keys.
        with self._database.reading() as connection:
            found = connection.execute(OF_DIGEST, {"sought": _digest(key)}).first()
        return None if found is None else Principal(found.account_id, f"key:{found.id}")

    def _issue(self, connection: Connection, principal: Principal) -> NewKey:
        key = PREFIX + urlsafe_b64encode(self._randbytes(KEY_BYTES)).decode().rstrip("=")
        key_id = self._database.new_id()
        connection.execute(
            insert(api_keys).values(
                id=key_id,
                account_id=principal.account_id,
                digest=_digest(key),
                hint=key[-HINT_CHARACTERS:],
                created_at=self._database.clock(),
            )
        )
        audit.record(connection, self._database, principal, "key.issue", f"key:{key_id}")
        return NewKey(key_id, key)


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _get(connection: Connection, account_id: int) -> Account:
    row = connection.execute(select(accounts).where(accounts.c.id == account_id)).first()
    if row is None:
        raise NotFound("account", account_id)
    return _account(row)


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.name, row.created_at)
