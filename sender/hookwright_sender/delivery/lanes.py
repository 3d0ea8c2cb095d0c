"""The queue of a webhook as one row, so that a claim need not look at what is queued.

`queues.due_at` is a bound: nothing of the queue is due before it, or it has passed already. Whoever
adds something lowers it; who took from the queue moves it to the time of its turn, behind all
others, or, when nothing was left, up to the next thing. Only that last one can go wrong: it must
not miss what is being added and not yet committed. So who makes something due holds at least
`FOR KEY SHARE` on the row, whether or not the bound is low enough already, and who moves it up
needs `FOR UPDATE`, or leaves it as it is.

Whoever waits for locks takes them in one order: webhooks, queues, deliveries, each by id. A claim
waits for none: it takes deliveries first and then queues, and passes over what is locked.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, or_, select, update

from hookwright_sender.delivery.dialects import PENDING, AnyRow, among, not_among
from hookwright_sender.store.clock import now
from hookwright_sender.store.tables import deliveries, queues, webhooks

NOW = select(now())
LOWER = (
    update(queues)
    .where(
        queues.c.webhook_id == bindparam("webhook"),
        or_(queues.c.due_at.is_(None), queues.c.due_at > bindparam("due")),
    )
    .values(due_at=bindparam("due"))
)
GIVEN = among(queues.c.webhook_id, "webhooks")
EXCLUDED = not_among(queues.c.webhook_id, "excluded")
DUE = (
    select(
        queues.c.webhook_id,
        webhooks.c.account_id,
        webhooks.c.revision,
        webhooks.c.settings,
        webhooks.c.secrets,
        webhooks.c.failing_since,
    )
    .join(webhooks, webhooks.c.id == queues.c.webhook_id)
    .where(queues.c.open, queues.c.due_at <= bindparam("now"), EXCLUDED)
    .order_by(queues.c.due_at)
    .limit(bindparam("limit"))
)
HEALTHY = DUE.where(webhooks.c.failing_since.is_(None))
NEXT = (
    select(queues.c.due_at)
    .where(queues.c.open, queues.c.due_at.is_not(None), EXCLUDED)
    .order_by(queues.c.due_at)
    .limit(1)
)
NEXT_HEALTHY = NEXT.join(webhooks, webhooks.c.id == queues.c.webhook_id).where(
    webhooks.c.failing_since.is_(None)
)
TO_BACK = (
    update(queues)
    .where(
        queues.c.webhook_id.in_(
            select(queues.c.webhook_id)
            .where(GIVEN)
            # Lets those who add go on.
            .with_for_update(key_share=True, skip_locked=True)
        )
    )
    .values(due_at=bindparam("now"))
)
LOCK_ALL = (
    select(queues.c.webhook_id)
    .where(GIVEN)
    .order_by(queues.c.webhook_id)
    .with_for_update(key_share=True)
)
LOCK = select(queues.c.webhook_id).where(GIVEN).with_for_update(skip_locked=True)
UP = (
    update(queues)
    .where(GIVEN)
    .values(
        due_at=select(func.min(deliveries.c.due_at))
        .where(deliveries.c.webhook_id == queues.c.webhook_id, PENDING)
        .scalar_subquery()
    )
)


def current(connection: Connection) -> float:
    """Return the time on the database's clock, in Unix seconds."""
    moment: float = connection.execute(NOW).scalar_one()
    return moment


def lock(connection: Connection, webhooks: Collection[int]) -> None:
    """Keep bounds from being moved up until the end; those who only add to the queues go on."""
    if webhooks and connection.dialect.name != "sqlite":
        connection.execute(LOCK_ALL, {"webhooks": webhooks})


def lower(connection: Connection, due: Mapping[int, float]) -> None:
    """See to it that queues are looked at by then, at the latest."""
    lanes = [{"webhook": webhook, "due": at} for webhook, at in sorted(due.items())]
    if lanes:
        connection.execute(LOWER, lanes)


def due_lanes(
    connection: Connection, moment: float, limit: int, excluded: Collection[int], *, failing: bool
) -> Sequence[AnyRow]:
    """Return open queues that may have something due, the one that waits for longest first.

    With their webhooks' columns; without those that are `failing`, if they are not wanted.
    """
    parameters = {"now": moment, "limit": limit, "excluded": excluded}
    return connection.execute(DUE if failing else HEALTHY, parameters).all()


def next_due(connection: Connection, excluded: Collection[int], *, failing: bool) -> float | None:
    """Return before when nothing becomes due of these queues; None when there is nothing."""
    query = NEXT if failing else NEXT_HEALTHY
    return connection.execute(query, {"excluded": excluded}).scalar()


def put_back(
    connection: Connection, moment: float, more: Collection[int], exhausted: Collection[int]
) -> None:
    """Give queues that were taken from a new place, whether or not they had more to take."""
    if more:
        connection.execute(TO_BACK, {"webhooks": more, "now": moment})
    if exhausted:
        locked: Collection[int] = exhausted
        # SQLite has one transaction at a time.
        if connection.dialect.name != "sqlite":
            locked = connection.execute(LOCK, {"webhooks": exhausted}).scalars().all()
        if locked:
            # A statement of its own, which sees what was committed before the lock.
            connection.execute(UP, {"webhooks": locked})
