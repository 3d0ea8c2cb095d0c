"""The queue: whatever a worker has to say to the database, in one transaction a turn."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from hookwright_sender.delivery import finish, lanes
from hookwright_sender.delivery.claim import Claimed, Lease, Room, Target, claim, take
from hookwright_sender.delivery.finish import Finished
from hookwright_sender.delivery.health import Changed, Observer
from hookwright_sender.retry.health import PATIENCE
from hookwright_sender.retry.ladder import Ladder
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import deliveries, events, webhooks

# Seconds beyond the deadline of an attempt: for the wait before it, for turns, for a slow database.
MARGIN = 25.0
# Where attempts are short, it need not be as long: what a killed worker had comes back sooner.
SHORTEST_MARGIN = 5.0
NOTHING = Room(limit=0, other=0)

ONE = (
    select(
        deliveries.c.id,
        deliveries.c.webhook_id,
        deliveries.c.claim,
        deliveries.c.lost,
        deliveries.c.event_id,
        deliveries.c.event,
        events.c.contract,
        events.c.body,
        deliveries.c.test,
        deliveries.c.attempts,
        deliveries.c.step,
        deliveries.c.created_at,
        deliveries.c.due_at,
    )
    .join(events, events.c.id == deliveries.c.event_id)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.state == "pending",
        deliveries.c.due_at <= bindparam("now"),
    )
    .with_for_update(of=deliveries, skip_locked=True)
)
TARGET = select(
    webhooks.c.id,
    webhooks.c.account_id,
    webhooks.c.revision,
    webhooks.c.settings,
    webhooks.c.secrets,
    webhooks.c.failing_since,
).where(webhooks.c.id == bindparam("webhook"))


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn: what was claimed, what owners are told, when to come again.

    `recorded` outcomes are in the database; `outdated` ones are not, since another worker has
    claimed their deliveries meanwhile, or they were recorded before. `next_in` is in seconds: when
    something may be due, None when there is nothing.
    """

    claimed: tuple[Claimed, ...]
    changed: tuple[Changed, ...]
    recorded: int
    outdated: int
    next_in: float | None


def lease_for(deadline: float) -> float:
    """Return for how long a claim lasts, in seconds, by the deadline of an attempt.

    >>> lease_for(5.0), lease_for(1.0), lease_for(60.0)
    (30.0, 6.0, 85.0)
    """
    return deadline + min(MARGIN, max(SHORTEST_MARGIN, 5 * deadline))


class Queue:
    """Claims deliveries and records what came of them; a thread at a time.

    `lease` is in seconds, for how long a claim lasts: longer than the deadline of an attempt and
    the time that a delivery waits for it together. After claims that came to no outcome it is as
    long as the `ladder` has it, and in the end the delivery is given up as `lost`.
    """

    def __init__(
        self,
        database: Database,
        lease: float = 5.0 + MARGIN,
        *,
        ladder: Ladder | None = None,
        rand: Callable[[], float] = random.random,
        patience: float = PATIENCE,
    ) -> None:
        self.lease = lease
        self._database = database
        self._lease = Lease(lease, ladder or Ladder(), rand)
        self._observer = Observer(database, patience)

    def turn(
        self,
        finished: Sequence[Finished] = (),
        returned: Sequence[Claimed] = (),
        room: Room = NOTHING,
    ) -> Turn:
        """Record outcomes, give back what was not begun, and claim: all of it or nothing.

        After a `StoreUnavailable` call it with the same outcomes again: none is recorded twice.
        """
        # Asks for a transaction of its own the first time.
        self._database.ids  # noqa: B018
        with self._database.writing() as connection:
            moment = lanes.current(connection)
            recorded, changed = self._finish(connection, finished, returned, moment)
            claimed: list[Claimed] = []
            next_due = None
            if room.limit > 0:
                claimed = claim(connection, room, self._lease, moment)
                next_due = lanes.next_due(connection, room.full, failing=room.failing)
        self._observer.committed(
            each.webhook_id for each in claimed if each.webhook.failing_since is None
        )
        return Turn(
            tuple(claimed),
            tuple(changed),
            recorded,
            len(finished) - recorded,
            None if next_due is None else next_due - moment,
        )

    def claim_one(self, connection: Connection, delivery_id: int) -> Claimed | None:
        """Claim a delivery that is due, even of a webhook that is disabled or held; None if not.

        In the transaction that makes the delivery nobody else can have it.
        """
        moment = lanes.current(connection)
        row = connection.execute(ONE, {"delivery": delivery_id, "now": moment}).one_or_none()
        if row is None:
            return None
        found = connection.execute(TARGET, {"webhook": row.webhook_id}).one_or_none()
        if found is None:
            return None
        targets = {row.webhook_id: Target(*found)}
        claimed = take(connection, [row], targets, self._lease, moment)
        return claimed[0] if claimed else None

    def _finish(
        self,
        connection: Connection,
        finished: Sequence[Finished],
        returned: Sequence[Claimed],
        moment: float,
    ) -> tuple[int, list[Changed]]:
        if not finished and not returned:
            return 0, []
        locked = self._observer.lock(connection, finished)
        due = finish.retry_times(finished, moment, self._database.clock())
        bounds = finish.bounds(finished, returned, due, moment)
        # Even where a bound need not be lowered: nobody may move it up before this is committed.
        lanes.lock(connection, locked.keys() | bounds.keys())
        lanes.lower(connection, bounds)
        states = finish.outstanding(connection, [*(each.claimed for each in finished), *returned])
        valid = [each for each in finished if each.claimed.delivery_id in states]
        finish.record(connection, valid, states, due, moment)
        finish.give_back(connection, [each for each in returned if each.delivery_id in states])
        return len(valid), self._observer.observe(connection, locked, valid)
