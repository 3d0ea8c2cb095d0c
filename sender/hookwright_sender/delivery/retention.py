"""Forgetting: what is finished and old enough goes."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, delete, exists, select

from hookwright_sender.delivery.dialects import among
from hookwright_sender.ids import first_id_at
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import deliveries, events, idempotent_answers, notices

DAY = 86400.0
# An answer is given again for a day.
ANSWERS = DAY
# Seconds by which an id may be off the time at which its row was made.
SLACK = 60.0

OLD = and_(deliveries.c.id > bindparam("after"), deliveries.c.id < bindparam("end"))
FINISHED = (
    select(deliveries.c.id, deliveries.c.event_id)
    .where(OLD, deliveries.c.state != "pending", deliveries.c.finished_at < bindparam("before"))
    .order_by(deliveries.c.id)
    .limit(bindparam("batch"))
    # One that is being replayed stays.
    .with_for_update(skip_locked=True)
)
ORPHAN = ~exists().where(deliveries.c.event_id == events.c.id)
ORPHANS = (
    select(events.c.id)
    .where(
        events.c.id > bindparam("after"),
        events.c.id < bindparam("end"),
        events.c.created_at < bindparam("before"),
        ORPHAN,
    )
    .order_by(events.c.id)
    .limit(bindparam("batch"))
)
DELETE_DELIVERIES = delete(deliveries).where(among(deliveries.c.id))
DELETE_EVENTS = delete(events).where(among(events.c.id), ORPHAN)
OLD_ANSWERS = (
    select(idempotent_answers.c.account_id, idempotent_answers.c.key)
    .where(idempotent_answers.c.created_at < bindparam("before"))
    .order_by(idempotent_answers.c.created_at)
    .limit(bindparam("batch"))
)
DELETE_ANSWER = delete(idempotent_answers).where(
    idempotent_answers.c.account_id == bindparam("account"),
    idempotent_answers.c.key == bindparam("sought"),
    # The key may have been given again meanwhile, and its new answer stays.
    idempotent_answers.c.created_at < bindparam("before"),
)
OLD_NOTICES = (
    select(notices.c.id)
    .where(notices.c.id < bindparam("end"), notices.c.created_at < bindparam("before"))
    .order_by(notices.c.id)
    .limit(bindparam("batch"))
)
DELETE_NOTICES = delete(notices).where(among(notices.c.id))


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went; a delivery's attempts go with it."""

    deliveries: int = 0
    events: int = 0
    answers: int = 0
    notices: int = 0


class Retention:
    """Purges in batches, each a transaction of its own; never what is pending.

    `days` are counted from the end of a delivery; its event goes with it. Once `stopping` tells so,
    no batch is begun any more: the next purge goes on with what is left.
    """

    def __init__(
        self,
        database: Database,
        days: float = 30.0,
        batch: int = 500,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._days = days
        self._batch = batch
        self._stopping = stopping

    def purge(self) -> Purged:
        """Purge everything that is older than the days to keep, until it is to stop."""
        moment = self._database.clock()
        before = moment - self._days * DAY
        gone, of_them = self._deliveries(before)
        alone = self._orphans(before)
        return Purged(gone, of_them + alone, self._answers(moment - ANSWERS), self._notices(before))

    def _deliveries(self, before: float) -> tuple[int, int]:
        parameters = self._parameters(before)
        gone = 0

        def step(connection: Connection) -> tuple[int, bool]:
            nonlocal gone
            rows = connection.execute(FINISHED, parameters).all()
            if not rows:
                return 0, False
            parameters["after"] = rows[-1].id
            gone += connection.execute(
                DELETE_DELIVERIES, {"ids": [row.id for row in rows]}
            ).rowcount
            ids = sorted({row.event_id for row in rows})
            return connection.execute(DELETE_EVENTS, {"ids": ids}).rowcount, True

        events_gone = self._repeat(step)
        return gone, events_gone

    def _orphans(self, before: float) -> int:
        parameters = self._parameters(before)

        def step(connection: Connection) -> tuple[int, bool]:
            ids = connection.execute(ORPHANS, parameters).scalars().all()
            if not ids:
                return 0, False
            parameters["after"] = ids[-1]
            return connection.execute(DELETE_EVENTS, {"ids": ids}).rowcount, True

        return self._repeat(step)

    def _answers(self, before: float) -> int:
        def step(connection: Connection) -> tuple[int, bool]:
            rows = connection.execute(OLD_ANSWERS, {"before": before, "batch": self._batch}).all()
            keys = [
                {"account": row.account_id, "sought": row.key, "before": before} for row in rows
            ]
            if keys:
                connection.execute(DELETE_ANSWER, keys)
            return len(keys), bool(keys)

        return self._repeat(step)

    def _notices(self, before: float) -> int:
        def step(connection: Connection) -> tuple[int, bool]:
            parameters = self._parameters(before)
            del parameters["after"]
            ids = connection.execute(OLD_NOTICES, parameters).scalars().all()
            if not ids:
                return 0, False
            return connection.execute(DELETE_NOTICES, {"ids": ids}).rowcount, True

        return self._repeat(step)

    def _parameters(self, before: float) -> dict[str, float]:
        return {
            "after": 0,
            "end": first_id_at(before + SLACK),
            "before": before,
            "batch": self._batch,
        }

    def _repeat(self, step: Callable[[Connection], tuple[int, bool]]) -> int:
        """Take a step a transaction until nothing is left to do; return how many rows went."""
        total = 0
        more = True
        while more and not self._stopping():
            with self._database.writing() as connection:
                count, more = step(connection)
            total += count
        return total
