"""Several workers and emitters at once: nothing twice, nothing lost, nobody stuck."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select, text, update

from hookwright_sender.delivery import finish
from hookwright_sender.delivery.pausing import close_queue, open_queue
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.retry.decision import Action
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import attempts, deliveries, queues, webhooks

WORKERS = 4
EMITTERS = 2
EVENTS = 60


def test_workers_and_emitters_at_once(world, room, finished):  # noqa: C901  four kinds of threads
    """Every delivery is attempted once, although webhooks open and close and fail meanwhile."""
    hooks = world.webhooks(5)
    made = Counter()
    emitting = threading.Event()

    def work(number):
        queue = world.queue()
        held = []
        while True:
            last = not emitting.is_set()
            turn = queue.turn(held, room=room(limit=8, other=4))
            assert turn.outdated == 0
            made.update(each.delivery_id for each in turn.claimed)
            now = world.database.clock()
            held = [
                finished(each, Action.RETRY, at=now, retry_at=now)
                if each.attempts == 0 and each.delivery_id % 5 == number
                else finished(each, at=now)
                for each in turn.claimed
            ]
            if not held and last and not pending(world):
                return

    def emit():
        for number in range(EVENTS):
            world.put(*hooks[number % 5 :], *hooks[: number % 5])

    def toggle():
        while emitting.is_set():
            for each in hooks:
                for change in (
                    lambda connection, each=each: close_queue(connection, each),
                    lambda connection, each=each: open_queue(connection, world.database, each),
                ):
                    with world.database.writing() as connection:
                        change(connection)

    emitting.set()
    with ThreadPoolExecutor(WORKERS + EMITTERS + 1) as threads:
        workers = [threads.submit(work, number) for number in range(WORKERS)]
        toggler = threads.submit(toggle)
        emitters = [threads.submit(emit) for _ in range(EMITTERS)]
        for each in emitters:
            each.result()
        emitting.clear()
        for each in (toggler, *workers):
            each.result()
    total = EVENTS * EMITTERS * 5
    assert world.count(deliveries) == len(made) == total
    assert world.count(attempts) == made.total()
    with world.database.reading() as connection:
        # As many attempts as claims: none was lost, none was made twice under one claim.
        query = select(func.count()).where(deliveries.c.claim != deliveries.c.attempts)
        assert connection.execute(query).scalar_one() == 0


def pending(world):
    """Tell whether anything is left to deliver."""
    with world.database.reading() as connection:
        query = select(deliveries.c.id).where(deliveries.c.state == "pending").limit(1)
        return connection.execute(query).first() is not None


def test_a_second_process_claims_nothing_that_the_first_holds(world, room):
    """Two databases of their own, as two processes have them."""
    ids = world.put(*world.webhooks(20) * 5)
    with Database(str(world.database.url.render_as_string(hide_password=False))) as other:
        seen = Counter()
        mine, theirs = world.queue(), world.queue()
        theirs._database = other
        for _ in range(20):
            for queue in (mine, theirs):
                claimed = queue.turn(room=room(limit=10, other=2)).claimed
                seen.update(each.delivery_id for each in claimed)
    assert sorted(seen) == sorted(ids)
    assert set(seen.values()) == {1}


def test_replaying_while_workers_finish(world, room, finished):
    """Replays and outcomes of the same deliveries, over and over: no deadlock, all delivered."""
    webhook = world.webhook()
    world.put(*[webhook] * 50)
    replay = Replay(world.database)
    going = threading.Event()
    going.set()

    def work():
        queue = world.queue()
        held = []
        while going.is_set() or held:
            claimed = queue.turn(held, room=room(limit=20, other=20)).claimed
            held = [finished(each, Action.DEAD) for each in claimed]

    with ThreadPoolExecutor(3) as threads:
        workers = [threads.submit(work) for _ in range(2)]
        for _ in range(20):
            replay.failed(world.account, webhook)
        going.clear()
        for each in workers:
            each.result()
    with world.database.reading() as connection:
        bound = connection.execute(select(queues.c.due_at)).scalar_one()
        left = connection.execute(
            text("SELECT min(due_at) FROM deliveries WHERE state = 'pending'")
        ).scalar_one()
    assert left is None or bound <= max(left, world.database.clock())


@pytest.mark.parametrize("step", ["record", "give_back"])
def test_a_bound_does_not_overtake_what_another_worker_makes_due(
    world, room, finished, monkeypatch, step
):
    """One worker finds the queue exhausted while the other's retry, or return, is not committed."""
    if world.database.is_sqlite:
        # There is one transaction at a time.
        return
    webhook = world.webhook()
    first, _ = world.put(webhook, webhook)
    now = world.database.clock()
    # Its health changes no more, so that nothing of it is locked for that.
    world.execute(update(webhooks).values(failing_since=now - 60))
    queue = world.queue()
    (claimed,) = queue.turn(room=room(limit=1, other=1)).claimed
    assert claimed.delivery_id == first
    real = getattr(finish, step)
    with Database(str(world.database.url.render_as_string(hide_password=False))) as other:
        theirs = world.queue()
        theirs._database = other
        taken = []

        def slowly(*arguments):
            taken.extend(theirs.turn(room=room()).claimed)
            real(*arguments)

        monkeypatch.setattr(finish, step, slowly)
        if step == "record":
            queue.turn([finished(claimed, Action.RETRY, at=now, retry_at=now + 5)])
        else:
            queue.turn((), [claimed])
    assert len(taken) == 1
    # Or it has passed already.
    assert world.bound(webhook).due_at <= max(world.row(first).due_at, world.database.clock())


def test_a_replay_locks_queues_before_deliveries(world, room, finished):
    """As everybody does: otherwise it and a worker that finishes could wait for each other."""
    webhook = world.webhook()
    (delivery,) = world.put(webhook)
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    queue.turn([finished(claimed, Action.DEAD)])
    told = []

    def listen(_connection, _cursor, statement, *_):
        told.append(statement)

    event.listen(world.database._engine, "before_cursor_execute", listen)
    try:
        assert Replay(world.database).one(world.account, delivery)
    finally:
        event.remove(world.database._engine, "before_cursor_execute", listen)
    changed = [each.split()[1] for each in told if each.startswith("UPDATE")]
    assert changed == ["queues", "deliveries"]
