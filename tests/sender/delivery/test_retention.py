"""Retention: what is old and finished goes, whatever is pending stays."""

import pytest
from sqlalchemy import insert, update

from hookwright_sender.delivery.replay import Replay
from hookwright_sender.delivery.retention import DAY, Purged, Retention
from hookwright_sender.retry.decision import Action
from hookwright_sender.store.tables import (
    attempts,
    deliveries,
    events,
    idempotent_answers,
    notices,
)


@pytest.fixture
def late(world):
    """Everything that is made from now on is 40 days old in the end."""
    clock = world.database.clock
    start = clock()

    def end():
        world.database.clock = lambda: start + 40 * DAY

    return end


def test_the_finished_go_with_their_events_and_attempts(world, room, finished, late):
    """In batches, and never what is pending."""
    webhook = world.webhook()
    ids = world.put(*[webhook] * 7)
    queue = world.queue()
    claimed = queue.turn(room=room()).claimed
    queue.turn([finished(each) for each in claimed[:5]])
    late()
    gone = Retention(world.database, days=30, batch=2).purge()
    assert gone == Purged(deliveries=5, events=5)
    assert world.count(deliveries) == world.count(events) == 2
    assert world.count(attempts) == 0
    assert world.row(ids[6]).state == "pending"


def test_what_is_young_stays(world, room, finished):
    """Nothing is 30 days old yet."""
    world.put(world.webhook(), None)
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    queue.turn([finished(claimed, Action.DEAD)])
    assert Retention(world.database).purge() == Purged()


def test_old_but_just_finished_stays(world, room, finished, late):
    """Its age counts from its end."""
    (delivery,) = world.put(world.webhook())
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    queue.turn([finished(claimed)])
    late()
    world.execute(update(deliveries).values(finished_at=world.database.clock() - 1))
    assert Retention(world.database).purge() == Purged()
    assert world.row(delivery).state == "delivered"


def test_what_is_replayed_stays(world, room, finished, late):
    """It is pending again."""
    (delivery,) = world.put(world.webhook())
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    queue.turn([finished(claimed)])
    Replay(world.database).one(world.account, delivery)
    late()
    assert Retention(world.database).purge() == Purged()


def test_events_that_went_nowhere_go_too(world, late):
    """They never had a delivery."""
    world.put(None, None, None, world.webhook())
    late()
    assert Retention(world.database, batch=2).purge() == Purged(events=3)
    assert world.count(events) == 1


def test_answers_and_notices(world, late):
    """First answers are kept for a day, notices as long as deliveries."""
    rows = [
        {"account_id": world.account, "key": bytes([number]), "fingerprint": b"", "answer": b"",
         "created_at": world.database.clock()}
        for number in range(3)
    ]  # fmt: skip
    world.execute(insert(idempotent_answers), rows)
    rows = [
        {"id": world.database.new_id(), "account_id": world.account, "kind": "k", "message": "m",
         "created_at": world.database.clock()}
        for _ in range(3)
    ]  # fmt: skip
    world.execute(insert(notices), rows)
    now = world.database.clock()
    world.database.clock = lambda: now + 2 * DAY
    assert Retention(world.database, batch=2).purge() == Purged(answers=3)
    late()
    assert Retention(world.database, batch=2).purge() == Purged(notices=3)


def test_a_purge_ends_behind_the_batch_in_which_it_is_told_to_stop(world, room, finished, late):
    """A process that ends waits for one batch, and the next one goes on with the rest."""
    world.put(*[world.webhook()] * 7)
    queue = world.queue()
    claimed = queue.turn(room=room()).claimed
    queue.turn([finished(each) for each in claimed])
    late()
    looks = iter([False, False])
    stopping = lambda: next(looks, True)  # noqa: E731  it counts
    gone = Retention(world.database, days=30, batch=2, stopping=stopping).purge()
    assert gone == Purged(deliveries=4, events=4)
    assert Retention(world.database, days=30).purge() == Purged(deliveries=3, events=3)
