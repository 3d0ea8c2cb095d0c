"""Sending again: one delivery, a range, everything that failed, everything that was missed."""

from collections.abc import Callable, Iterable

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from hookwright_sender.delivery import lanes
from hookwright_sender.delivery.dialects import DEAD, PENDING, among
from hookwright_sender.delivery.log import Filters, conditions
from hookwright_sender.delivery.outbox import LANES
from hookwright_sender.delivery.pausing import open_queue
from hookwright_sender.delivery.wake import notify
from hookwright_sender.store.database import Database
from hookwright_sender.store.errors import StoreUnavailable
from hookwright_sender.store.tables import deliveries, webhooks

BATCH = 500
STOPPING = "the process is stopping; do it again"
# Seconds by which a worker's clock may be ahead of the database's.
SLACK = 60.0

AGAIN = (
    update(deliveries)
    .where(
        among(deliveries.c.id),
        # Not what is in flight.
        or_(
            deliveries.c.state != "pending",
            deliveries.c.lost == 0,
            deliveries.c.due_at <= bindparam("now"),
        ),
    )
    .values(
        state="pending",
        due_at=bindparam("now"),
        step=0,
        # Its last claim may still come to an outcome.
        lost=case((deliveries.c.state == "pending", deliveries.c.lost), else_=0),
        finished_at=None,
    )
)
WHERE_TO = select(deliveries.c.webhook_id).where(
    deliveries.c.id == bindparam("delivery"), deliveries.c.account_id == bindparam("account")
)
WEBHOOK = select(webhooks).where(
    webhooks.c.id == bindparam("webhook"), webhooks.c.account_id == bindparam("account")
)
ACTIVE = (
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"), webhooks.c.state == "disabled")
    .values(state="active", reason="", failing_since=None, disabled_at=None)
)
COUNT = (
    select(func.count())
    .select_from(deliveries)
    .where(deliveries.c.webhook_id == bindparam("webhook"), PENDING)
)
LATER = (
    select(deliveries.c.id)
    .where(
        deliveries.c.webhook_id == bindparam("webhook"),
        PENDING,
        deliveries.c.lost == 0,
        deliveries.c.due_at > bindparam("now"),
    )
    .limit(BATCH)
)


class Replay:
    """Makes deliveries due again; the message stays the same, the ladder begins anew.

    What is in flight is left alone. Commits in batches, and begins none any more once `stopping`
    tells so: that is a `StoreUnavailable`, and it can be done again. Where the worker is in this
    process, call `worker.wake()` afterwards.
    """

    def __init__(self, database: Database, stopping: Callable[[], bool] = lambda: False) -> None:
        self._database = database
        self._stopping = stopping

    def one(self, account_id: int, delivery_id: int) -> bool | None:
        """Replay a delivery, whatever its state; None when the account has no such delivery.

        False when its webhook was removed: there is nowhere to send it.
        """
        with self._database.writing() as connection:
            webhook = connection.execute(
                WHERE_TO, {"delivery": delivery_id, "account": account_id}
            ).scalar_one_or_none()
            if webhook is None:
                return None
            return self._again(connection, {delivery_id: webhook}) is not None

    def range(self, account_id: int, filters: Filters) -> int:
        """Replay every delivery of a listing whose webhook is still there; return how many.

        Without those of tests.
        """
        return self._all([*conditions(account_id, filters), deliveries.c.test.is_(False)])

    def failed(self, account_id: int, webhook_id: int | None = None) -> int:
        """Replay every dead delivery, of one webhook or of all; return how many."""
        return self.range(account_id, Filters(webhook_id=webhook_id, state="dead"))

    def enable(
        self,
        account_id: int,
        webhook_id: int,
        permit: Callable[[Connection], object] = lambda _connection: None,
    ) -> int | None:
        """Enable a disabled webhook and send all that it missed; return how many those are.

        Those are the dead since it began to fail, and all that is pending: it is due at once. One
        that is not disabled stays as it is. None when the account has no such webhook. `permit` is
        called in the transaction that makes it active, and raises to have it stay disabled.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                WEBHOOK, {"webhook": webhook_id, "account": account_id}
            ).one_or_none()
            if row is None:
                return None
            if row.state != "disabled":
                return 0
            pending: int = connection.execute(COUNT, {"webhook": webhook_id}).scalar_one()
        # It is opened last: should this break off, it can be done again.
        since = row.failing_since or row.disabled_at or row.updated_at
        missed = self._all(
            [
                deliveries.c.webhook_id == webhook_id,
                DEAD,
                deliveries.c.test.is_(False),
                deliveries.c.finished_at >= since - SLACK,
            ]
        )
        self._hasten(webhook_id)
        with self._database.writing() as connection:
            permit(connection)
            if connection.execute(ACTIVE, {"webhook": webhook_id}).rowcount:
                open_queue(connection, self._database, webhook_id)
        return missed + pending

    def _hasten(self, webhook_id: int) -> None:
        """Make all that is pending due now."""
        while self._going_on():
            with self._database.writing() as connection:
                parameters = {"webhook": webhook_id, "now": lanes.current(connection)}
                ids = connection.execute(LATER, parameters).scalars().all()
                if not ids:
                    break
                self._again(connection, dict.fromkeys(ids, webhook_id))

    def _all(self, wanted: Iterable[ColumnElement[bool]]) -> int:
        """Replay all that meet some conditions and are there now, the oldest first."""
        query = (
            select(deliveries.c.id, deliveries.c.webhook_id)
            .where(
                *wanted, deliveries.c.id > bindparam("after"), deliveries.c.id < bindparam("end")
            )
            .order_by(deliveries.c.id)
            .limit(BATCH)
        )
        parameters = {"after": 0, "end": self._database.new_id()}
        count = 0
        while self._going_on():
            with self._database.writing() as connection:
                rows = connection.execute(query, parameters).all()
                if not rows:
                    break
                parameters["after"] = rows[-1].id
                count += self._again(connection, {row.id: row.webhook_id for row in rows}) or 0
        return count

    def _going_on(self) -> bool:
        if self._stopping():
            raise StoreUnavailable(self._database.shown, STOPPING)
        return True

    def _again(self, connection: Connection, webhook_of: dict[int, int]) -> int | None:
        """Replay deliveries; return how many, None when there is no webhook for any of them."""
        found = connection.execute(LANES, {"webhooks": sorted(set(webhook_of.values()))}).all()
        if not found:
            return None
        moment = max(row.now for row in found)
        there = {row.webhook_id for row in found}
        ids = sorted(each for each, webhook in webhook_of.items() if webhook in there)
        lanes.lower(connection, dict.fromkeys(there, moment))
        count: int = connection.execute(AGAIN, {"ids": ids, "now": moment}).rowcount
        notify(connection, self._database)
        return count
