"""Queues as rows: nothing that is due is out of reach, and no backlog is walked through."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, text, update

from hookwright_sender.delivery import dialects, lanes
from hookwright_sender.delivery.pausing import cancel_pending, close_queue, open_queue
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.retry.decision import Action
from hookwright_sender.store.tables import deliveries, queues, webhooks

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["put", "claim", "deliver", "retry", "kill", "lose", "give_back", "expire",
             "close", "open", "replay", "failed", "cancel", "disable", "enable"]
        ),
        st.integers(0, 2),
    ),
    max_size=40,
)  # fmt: skip


class Walk:
    """Three webhooks, two workers, and whatever happens to them."""

    def __init__(self, world, finished, room):
        self.world, self.finished, self.room = world, finished, room
        self.hooks = world.webhooks(3)
        self.queues = [world.queue(), world.queue()]
        self.held = []
        self.ids = []
        self.again = Replay(world.database)

    def step(self, name, number):
        getattr(self, name)(number)
        self.check(name)

    def check(self, after):
        """What is pending and open is reached: the bound has passed, or is before it."""
        earliest = func.min(deliveries.c.due_at)
        query = (
            select(queues.c.webhook_id, queues.c.due_at, earliest)
            .join(deliveries, deliveries.c.webhook_id == queues.c.webhook_id)
            .where(deliveries.c.state == "pending")
            .group_by(queues.c.webhook_id, queues.c.due_at)
        )
        with self.world.database.reading() as connection:
            rows = connection.execute(query).all()
            now = lanes.current(connection)
        for webhook, bound, due in rows:
            assert bound is not None, (after, webhook)
            assert bound <= max(due, now), (after, webhook)

    def put(self, number):
        self.ids += self.world.put(*[self.hooks[number]] * (number + 1))

    def claim(self, number):
        self.held += self.queues[number % 2].turn(room=self.room(limit=2, other=1)).claimed

    def finish(self, action, number, delay=None):
        if self.held:
            each = self.held.pop(number % len(self.held))
            now = self.world.database.clock()
            retry_at = None if delay is None else now + delay
            outcome = self.finished(each, action, at=now, retry_at=retry_at)
            self.queues[number % 2].turn([outcome], room=self.room(limit=number, other=5))

    def deliver(self, number):
        self.finish(Action.DELIVERED, number)

    def retry(self, number):
        self.finish(Action.RETRY, number, delay=number * 100.0)

    def kill(self, number):
        self.finish(Action.DEAD, number)

    def disable(self, number):
        if self.held:
            each = self.held.pop(number % len(self.held))
            outcome = self.finished(each, Action.DEAD, at=self.world.database.clock(), gone=True)
            self.queues[number % 2].turn([outcome])

    def enable(self, number):
        self.again.enable(self.world.account, self.hooks[number])

    def lose(self, number):
        self.held = self.held[number:]

    def give_back(self, number):
        if self.held:
            self.queues[number % 2].turn((), [self.held.pop()])

    def expire(self, number):
        """The lease of one is over: its time has come, and the bound's with it."""
        if self.ids:
            one = self.ids[number % len(self.ids)]
            where = (deliveries.c.id == one, deliveries.c.lost > 0)
            self.world.execute(update(deliveries).where(*where).values(due_at=1.0))
            with self.world.database.writing() as connection:
                lanes.lower(connection, {self.world.row(one).webhook_id: 1.0})

    def close(self, number):
        with self.world.database.writing() as connection:
            close_queue(connection, self.hooks[number])

    def open(self, number):
        with self.world.database.writing() as connection:
            open_queue(connection, self.world.database, self.hooks[number])

    def replay(self, number):
        if self.ids:
            self.again.one(self.world.account, self.ids[number % len(self.ids)])

    def failed(self, number):
        self.again.failed(self.world.account, self.hooks[number] if number else None)

    def cancel(self, number):
        with self.world.database.writing() as connection:
            cancel_pending(connection, self.world.database, self.hooks[number])

    def drain(self):
        """Deliver everything that is left, wherever it is."""
        for webhook in self.hooks:
            self.again.enable(self.world.account, webhook)
            with self.world.database.writing() as connection:
                open_queue(connection, self.world.database, webhook)
        self.world.execute(update(deliveries).values(due_at=1.0, lost=0))
        self.world.execute(update(queues).where(queues.c.due_at.is_not(None)).values(due_at=1.0))
        for _ in range(100):
            claimed = self.queues[0].turn(room=self.room(other=10)).claimed
            if not claimed:
                break
            self.queues[0].turn([self.finished(each) for each in claimed])
        with self.world.database.reading() as connection:
            query = select(func.count()).where(deliveries.c.state == "pending")
            assert connection.execute(query).scalar_one() == 0


def walk(world, finished, room, steps):
    """Take a walk and drain what is left."""
    going = Walk(world, finished, room)
    for name, number in steps:
        going.step(name, number)
    going.drain()


@settings(
    max_examples=settings.default.max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_whatever_happens_nothing_pending_is_out_of_reach(world, finished, room, steps):
    """The invariant of the queues, after every step of any sequence; and all of it drains."""
    walk(world, finished, room, steps)


@pytest.fixture
def crowded(world):
    """A backlog of 20,000 for one webhook, and 300 webhooks with a delivery each in the future."""
    full, *others = world.webhooks(301)
    world.put(*others)
    world.backlog(full, 20_000)
    world.execute(update(queues).where(queues.c.webhook_id != full).values(due_at=1e12))
    with world.database.writing() as connection:
        connection.execute(text("ANALYZE"))
    return full


def explained(world, run):
    """Run something, and return the plans of its statements, a step a line."""
    kind = "EXPLAIN QUERY PLAN" if world.database.is_sqlite else "EXPLAIN (ANALYZE, TIMING OFF)"
    seen = []

    def note(_connection, _cursor, statement, parameters, *_context):
        seen.append((statement, parameters))

    with world.database.reading() as connection:
        event.listen(connection, "before_cursor_execute", note)
        run(connection)
        event.remove(connection, "before_cursor_execute", note)
        plans = [connection.exec_driver_sql(f"{kind} {sql}", values) for sql, values in seen]
        return "\n".join(str(row[-1]) for plan in plans for row in plan)


def test_the_queues_that_are_due_are_found_by_the_index(world, crowded):
    """No scan of all queues, no sort: the first ones of the index."""
    plan = explained(
        world, lambda connection: lanes.due_lanes(connection, 1e10, 256, [1, 2], failing=True)
    )
    assert "ix_queues_due_at" in plan
    assert "Seq Scan on queues" not in plan
    assert "SCAN queues" not in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_a_claim_reads_no_more_than_it_takes(world, crowded):
    """Of 20,000 that are due ten are looked at, in the order of the pending index."""
    plan = explained(world, lambda connection: list(dialects.due(connection, {crowded: 10}, 1e10)))
    assert "ix_deliveries_pending" in plan
    if world.database.is_sqlite:
        assert "ix_deliveries_pending (webhook_id=? AND due_at<?)" in plan
        assert "TEMP B-TREE" not in plan
    else:
        (scan,) = [line for line in plan.splitlines() if "ix_deliveries_pending" in line]
        assert "rows=10 " in scan.partition("actual")[2]
        assert "Sort" not in plan
        assert "Seq Scan on deliveries" not in plan


def test_the_next_bound_is_the_minimum_of_the_index(world, crowded):
    """An emptied queue's next time is read off the pending index, without its backlog."""
    plan = explained(
        world, lambda connection: connection.execute(lanes.UP, {"webhooks": [crowded]})
    )
    assert "ix_deliveries_pending" in plan
    assert "Seq Scan on deliveries" not in plan
    if world.database.is_sqlite:
        assert "ix_deliveries_pending (webhook_id=?)" in plan
    else:
        (scan,) = [line for line in plan.splitlines() if "ix_deliveries_pending" in line]
        assert "rows=1 " in scan.partition("actual")[2]


def test_bounds_are_only_lowered(world):
    """A later time leaves the bound as it is."""
    webhook = world.webhook()
    for due, bound in [(50.0, 50.0), (60.0, 50.0), (40.0, 40.0)]:
        with world.database.writing() as connection:
            lanes.lower(connection, {webhook: due})
        assert world.bound(webhook).due_at == bound


def test_many_webhooks_in_one_batch(world):
    """More than a statement takes parameters for would be split; all are woken."""
    random.seed(0)
    hooks = world.webhooks(50)
    world.put(*random.sample(hooks * 3, 100))
    world.put(*hooks)
    assert all(world.bound(each).due_at is not None for each in hooks)
    assert world.count(webhooks) == 50
