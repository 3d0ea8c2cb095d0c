"""Sending again: what was delivered, what died, what was missed."""

import pytest
from sqlalchemy import delete, text, update

from hookwright_sender.delivery.log import Filters
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.retry.decision import Action
from hookwright_sender.store.errors import StoreUnavailable
from hookwright_sender.store.tables import deliveries, webhooks


@pytest.fixture
def replay(world):
    """Replays of the world's account."""
    return Replay(world.database)


class Stage:
    """Deliveries in whatever state a test wants them."""

    def __init__(self, world, room, finished):
        self.world, self.room, self.finished = world, room, finished
        self.queue = world.queue()

    def attempted(self, webhook, action, *, at=None, test=False):
        """Return a delivery that one attempt was made of."""
        (delivery,) = self.world.put(webhook, test=test)
        at = self.world.database.clock() if at is None else at
        claimed = {each.delivery_id: each for each in self.claimed()}
        retry_at = self.world.database.clock() + 1000 if action is Action.RETRY else None
        self.queue.turn([self.finished(claimed[delivery], action, at=at, retry_at=retry_at)])
        return delivery

    def claimed(self):
        """Claim whatever is due."""
        return self.queue.turn(room=self.room(other=256)).claimed


@pytest.fixture
def stage(world, room, finished):
    """A stage to set."""
    return Stage(world, room, finished)


@pytest.mark.parametrize("action", list(Action))
def test_any_delivery_can_be_replayed_however_often(world, replay, stage, action):
    """The same delivery, a new attempt, the ladder from its beginning."""
    webhook = world.webhook()
    delivery = stage.attempted(webhook, action)
    for number in range(2, 5):
        assert replay.one(world.account, delivery) is True
        row = world.row(delivery)
        assert (row.state, row.step, row.finished_at) == ("pending", 0, None)
        (claimed,) = stage.claimed()
        assert claimed.delivery_id == delivery
        stage.queue.turn([stage.finished(claimed)])
        assert world.attempts(delivery) == list(range(1, number + 1))


def test_what_is_in_flight_is_left_alone(world, replay, stage):
    """It is being attempted: nobody else may claim it, and its outcome counts."""
    (delivery,) = world.put(world.webhook())
    (claimed,) = stage.claimed()
    assert replay.one(world.account, delivery) is True
    assert stage.claimed() == ()
    assert stage.queue.turn([stage.finished(claimed)]).recorded == 1


def test_what_was_given_up_as_lost_can_be_replayed(world, replay, stage):
    """With its lost claims forgotten."""
    (delivery,) = world.put(world.webhook())
    world.execute(update(deliveries).values(state="dead", lost=9, claim=9, last_outcome="lost"))
    replay.one(world.account, delivery)
    (claimed,) = stage.claimed()
    assert (claimed.delivery_id, claimed.claim) == (delivery, 10)


def test_another_accounts_and_a_removed_webhooks_are_not_replayed(world, replay, stage):
    """None and False: it is not there, and there is nowhere to send it."""
    webhook = world.webhook()
    delivery = stage.attempted(webhook, Action.DEAD)
    assert replay.one(world.database.new_id(), delivery) is None
    assert replay.one(world.account, 1) is None
    world.execute(delete(webhooks).where(webhooks.c.id == webhook))
    assert replay.one(world.account, delivery) is False
    assert replay.range(world.account, Filters()) == 0
    assert world.row(delivery).state == "dead"


def test_a_range_is_what_a_listing_shows(world, replay, stage):
    """By webhook and state; tests are left out."""
    first, second = world.webhooks(2)
    good = stage.attempted(first, Action.DELIVERED)
    bad = stage.attempted(first, Action.DEAD)
    other = stage.attempted(second, Action.DEAD)
    test = stage.attempted(first, Action.DEAD, test=True)
    assert replay.range(world.account, Filters(webhook_id=first, state="delivered")) == 1
    assert world.row(good).state == "pending"
    assert replay.failed(world.account, first) == 1
    assert world.row(bad).state == "pending"
    assert replay.failed(world.account) == 1
    assert world.row(other).state == "pending"
    assert world.row(test).state == "dead"


def test_everything_that_failed_in_batches(world, replay, stage):
    """More than one batch; each of them once."""
    webhook = world.webhook()
    world.backlog(webhook, 1200)
    world.execute(text("UPDATE deliveries SET state = 'dead', finished_at = 1"))
    assert replay.failed(world.account, webhook) == 1201
    assert replay.failed(world.account, webhook) == 0
    assert len(stage.claimed()) == 256


def test_enabling_sends_all_that_was_missed(world, replay, stage):
    """The dead since it began to fail, and what is pending, at once; not what died before."""
    webhook = world.webhook()
    now = world.database.clock()
    before = stage.attempted(webhook, Action.DEAD, at=now - 5000)
    world.execute(
        update(deliveries).where(deliveries.c.id == before).values(finished_at=now - 5000)
    )
    stage.attempted(webhook, Action.DELIVERED, at=now - 4000)
    dead = stage.attempted(webhook, Action.DEAD, at=now - 10)
    later = stage.attempted(webhook, Action.RETRY, at=now - 9)
    (delivery,) = world.put(webhook)
    (claimed,) = stage.claimed()
    stage.queue.turn([stage.finished(claimed, Action.DEAD, at=now, gone=True)])
    (missed,) = world.put(webhook)
    assert stage.claimed() == ()
    assert replay.enable(world.account, webhook) == 4
    row = world.hook(webhook)
    assert (row.state, row.failing_since, row.disabled_at, row.reason) == ("active", None, None, "")
    ids = {each.delivery_id for each in stage.claimed()}
    assert ids == {dead, later, delivery, missed}
    assert world.row(before).state == "dead"


def test_only_a_disabled_one_is_enabled(world, replay):
    """An active one stays as it is, one that is not there is None."""
    webhook = world.webhook()
    world.put(webhook)
    assert replay.enable(world.account, webhook) == 0
    assert replay.enable(world.database.new_id(), webhook) is None
    assert replay.enable(world.account, 1) is None


def test_a_long_backlog_is_made_due_in_batches(world, replay, stage):
    """All that waits for a step of the ladder, more than one batch."""
    webhook = world.webhook()
    world.backlog(webhook, 1200)
    world.execute(text("UPDATE deliveries SET due_at = due_at + 10000, step = 3"))
    world.execute(text("UPDATE webhooks SET state = 'disabled', disabled_at = 1"))
    assert replay.enable(world.account, webhook) == 1201
    with world.database.reading() as connection:
        steps = connection.execute(text("SELECT DISTINCT step FROM deliveries")).scalars().all()
    assert steps == [0]
    assert len(stage.claimed()) == 256


def test_a_replay_ends_behind_the_batch_in_which_it_is_told_to_stop(world, stage):
    """Whoever asked for it is told so, does it again, and finds nothing open before it is done."""
    webhook = world.webhook()
    world.backlog(webhook, 1200)
    world.execute(text("UPDATE deliveries SET due_at = due_at + 10000, step = 3"))
    world.execute(text("UPDATE webhooks SET state = 'disabled', disabled_at = 1"))
    looks = iter([False, False])
    stopping = Replay(world.database, lambda: next(looks, True))
    with pytest.raises(StoreUnavailable, match="do it again"):
        stopping.enable(world.account, webhook)
    assert world.hook(webhook).state == "disabled"
    assert Replay(world.database).enable(world.account, webhook) == 1201
    assert len(stage.claimed()) == 256
