"""Accounts and the API keys that speak for them."""

from dataclasses import dataclass
from collections.abc import Callable
import time

from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database


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


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account when it is made, with its first API key."""

    id: int
    name: str
    key: str


class Accounts:
    """Makes accounts and keys, and tells whose a key is."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, name: str) -> NewAccount:
        raise NotImplementedError

    def get(self, account_id: int) -> Account:
        raise NotImplementedError

    def list(self) -> tuple[Account, ...]:
        raise NotImplementedError

    def issue_key(self, account_id: int, actor: str = "command") -> NewKey:
        raise NotImplementedError

    def keys(self, account_id: int) -> tuple[ApiKey, ...]:
        raise NotImplementedError

    def revoke_key(self, account_id: int, key_id: int, actor: str = "command") -> None:
        raise NotImplementedError

    def authenticate(self, key: str) -> Principal | None:
        raise NotImplementedError
