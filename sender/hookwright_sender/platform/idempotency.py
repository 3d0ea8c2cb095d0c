"""First answers: a call that is repeated with its Idempotency-Key does nothing again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from sqlalchemy import Connection
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered with, in the caller's own bytes; `repeated` when it was kept."""

    body: bytes
    repeated: bool


class Idempotency:
    """Does what a call wants once for each key, and keeps its answer for 24 hours."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        clock: Callable[[], float] = time.time,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database

    def once(
        self,
        principal: Principal,
        key: str | None,
        request: bytes,
        work: Callable[[Connection], bytes],
    ) -> Answer:
        """Return `work`'s answer, done in one transaction with keeping it, or the one kept before.

        `request` is what must be the same when `key` is (method, path, body). Without a key `work` is done. Pass its
        connection on to the services (`connection=`). What it raises leaves nothing behind.
        """
        raise NotImplementedError

    def purge(self, limit: int = 1000) -> int:
        raise NotImplementedError
