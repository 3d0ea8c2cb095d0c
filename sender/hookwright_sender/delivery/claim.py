"""Claiming: taking what is due for as long as a lease lasts."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, update

from hookwright_sender.delivery import lanes
from hookwright_sender.delivery.dialects import AnyRow, among, due
from hookwright_sender.retry.ladder import Ladder, Random
from hookwright_sender.store.tables import deliveries

# What became of a delivery whose attempts came to no outcome: the workers died over them.
LOST = "lost"

CLAIM = (
    update(deliveries)
    .where(among(deliveries.c.id))
    .values(
        claim=deliveries.c.claim + 1, lost=deliveries.c.lost + 1, due_at=bindparam("lease_ends")
    )
)
LEASE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(due_at=bindparam("lease_ends"))
)
GIVE_UP = (
    update(deliveries)
    .where(among(deliveries.c.id))
    .values(state="dead", last_outcome=LOST, finished_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Target:
    """The webhook of a claimed delivery, as it is now: sealed, with what changes at each change.

    `settings` and `secrets` are the columns of `webhooks`.
    """

    webhook_id: int
    account_id: int
    revision: int
    settings: bytes
    secrets: bytes
    failing_since: float | None


# Not frozen, as nothing else that is made for every delivery: that would take three times as long.
@dataclass(slots=True)
class Claimed:
    """A delivery that is this worker's until the lease ends, unless its `claim` is outdated.

    `body` is sealed. `attempts` came to an end before, `step` of them since the last replay.
    """

    delivery_id: int
    claim: int
    event_id: int
    event: str
    contract: str
    body: bytes
    test: bool
    attempts: int
    step: int
    created_at: float
    due_at: float
    webhook: Target

    @property
    def webhook_id(self) -> int:
        """The webhook that it goes to."""
        return self.webhook.webhook_id


def _no_other(_webhook: int) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be claimed: `limit` in all, and of each webhook what `of` says, else `other`.

    None of those that are `full`; without `failing` none whose last attempt failed either.
    """

    limit: int
    other: int
    of: Callable[[int], int | None] = _no_other
    full: Collection[int] = ()
    failing: bool = True

    def share(self, webhooks: Collection[int]) -> dict[int, int]:
        """Divide the room: everybody's turn comes before anybody's second helping."""
        share = max(1, self.limit // max(1, len(webhooks)))
        rooms = {webhook: self.of(webhook) for webhook in webhooks}
        return {
            webhook: most
            for webhook, room in rooms.items()
            if (most := min(share, self.other if room is None else room)) > 0
        }


@dataclass(frozen=True, slots=True)
class Lease:
    """For how long a claim lasts, in seconds; longer after claims that came to no outcome."""

    seconds: float
    ladder: Ladder
    random: Random

    def after(self, lost: int) -> float | None:
        """Return the lease of a delivery whose last so many claims were lost, None to give up."""
        delay = self.ladder.delay(lost, self.random)
        return None if delay is None else max(self.seconds, delay)


def claim(connection: Connection, room: Room, lease: Lease, moment: float) -> list[Claimed]:
    """Claim what is due, as far as there is room: of the queue that waits for longest first."""
    found = lanes.due_lanes(connection, moment, room.limit, room.full, failing=room.failing)
    targets = {row.webhook_id: Target(*row) for row in found}
    rooms = room.share(targets)
    if not rooms:
        return []
    rows = due(connection, rooms, moment)
    taken = Counter(row.webhook_id for row in rows)
    more = {webhook for webhook, most in rooms.items() if taken[webhook] >= most}
    claimed = take(connection, rows, targets, lease, moment)
    # Afterwards: what was claimed is due again when its lease ends.
    lanes.put_back(connection, moment, more, rooms.keys() - more)
    return claimed


def take(
    connection: Connection,
    rows: Sequence[AnyRow],
    targets: Mapping[int, Target],
    lease: Lease,
    moment: float,
) -> list[Claimed]:
    """Claim pending deliveries, or give them up when too many workers have died over them."""
    longer: list[dict[str, float]] = []
    hopeless: set[int] = set()
    for row in rows:
        if row.lost:
            seconds = None if row.test else lease.after(row.lost)
            if seconds is None:
                hopeless.add(row.id)
            else:
                longer.append({"delivery": row.id, "lease_ends": moment + seconds})
    claimed = [_claimed(row, targets[row.webhook_id]) for row in rows if row.id not in hopeless]
    if claimed:
        ids = [each.delivery_id for each in claimed]
        connection.execute(CLAIM, {"ids": ids, "lease_ends": moment + lease.seconds})
    if longer:
        connection.execute(LEASE, longer)
    if hopeless:
        connection.execute(GIVE_UP, {"ids": list(hopeless), "now": moment})
    return claimed


def _claimed(row: AnyRow, target: Target) -> Claimed:
    # By position: a name has to be looked up.
    delivery, _, number, _, event_id, event, contract, body, test, attempts, step, at, due_at = row
    return Claimed(
        delivery, number + 1, event_id, event, contract, bytes(body), bool(test), attempts, step,
        at, due_at, target,
    )  # fmt: skip
