"""First answers: a call that is repeated with its Idempotency-Key does nothing again."""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, select, update

from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.errors import IdempotencyMismatch, InvalidIdempotencyKey
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.transaction import joining
from hookwright_sender.platform.upsert import upsert
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import idempotent_answers

LONGEST_KEY = 255
KEY = re.compile(f"[!-~]{{1,{LONGEST_KEY}}}")
# Seconds for which a repeated call is answered as the first one was.
LIFETIME = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered with, in the caller's own bytes; `repeated` when it was kept."""

    body: bytes
    repeated: bool


def do_nothing() -> None:
    """Wake nobody."""


class Idempotency:
    """Does what a call wants once for each key, and keeps its answer for 24 hours.

    What is older counts no more; `delivery.retention` deletes it.
    `wake` is called when something was done: a delivery worker in this process may have work.
    """

    def __init__(
        self, database: Database, ring: KeyRing, wake: Callable[[], None] = do_nothing
    ) -> None:
        self._database = database
        self._ring = ring
        self._wake = wake

    def once(
        self,
        principal: Principal,
        key: str | None,
        request: bytes,
        work: Callable[[Connection], bytes],
    ) -> Answer:
        """Return the answer of `work`, kept in the transaction that did it, or the one kept before.

        `request` is all that must be the same when the key is: method, path and body. Pass the
        connection of `work` on to the services (`connection=`). Whatever it raises leaves nothing
        behind, so that a refused call may be mended and sent again with its key; without a key it
        is just done. Of calls at the same time one does the work and the others wait for it.
        Raises `InvalidIdempotencyKey` and `IdempotencyMismatch`.
        """
        if key is None:
            with joining(self._database, None) as connection:
                body = work(connection)
            self._wake()
            return Answer(body, repeated=False)
        if KEY.fullmatch(key) is None:
            raise InvalidIdempotencyKey(LONGEST_KEY)
        digest = sha256(key.encode()).digest()
        # Under the key, so that nobody finds out by trying what a request was about.
        fingerprint = hmac.digest(key.encode(), request, sha256)
        where = place("idempotent_answers", "answer", principal.account_id, digest)
        of_key = (idempotent_answers.c.account_id == principal.account_id) & (
            idempotent_answers.c.key == digest
        )
        with joining(self._database, None) as connection:
            if not self._is_first(connection, principal, digest, fingerprint):
                kept = connection.execute(select(idempotent_answers).where(of_key)).one()
                if not hmac.compare_digest(kept.fingerprint, fingerprint):
                    raise IdempotencyMismatch
                return Answer(self._ring.decrypt(kept.answer, where), repeated=True)
            body = work(connection)
            sealed = self._ring.encrypt(body, where)
            connection.execute(update(idempotent_answers).where(of_key).values(answer=sealed))
        self._wake()
        return Answer(body, repeated=False)

    def _is_first(
        self, connection: Connection, principal: Principal, digest: bytes, fingerprint: bytes
    ) -> bool:
        """Take the key, or find that it is taken; whoever is taking it just now is waited for."""
        moment = self._database.clock()
        taken = upsert(self._database, idempotent_answers).values(
            account_id=principal.account_id,
            key=digest,
            fingerprint=fingerprint,
            answer=b"",
            created_at=moment,
        )
        taken = taken.on_conflict_do_update(
            index_elements=["account_id", "key"],
            set_={"fingerprint": fingerprint, "answer": b"", "created_at": moment},
            where=idempotent_answers.c.created_at <= moment - LIFETIME,
        )
        returned = taken.returning(idempotent_answers.c.created_at)
        return connection.execute(returned).first() is not None
