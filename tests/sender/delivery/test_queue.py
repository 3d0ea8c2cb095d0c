"""The queue: claims under a lease, outcomes under a fencing number, health in the same breath."""

import pytest
from sqlalchemy import delete, update

from hookwright_sender.delivery.pausing import cancel_pending, close_queue, open_queue
from hookwright_sender.delivery.queue import lease_for
from hookwright_sender.retry.decision import Action
from hookwright_sender.retry.health import PATIENCE
from hookwright_sender.store.errors import StoreUnavailable
from hookwright_sender.store.tables import attempts, deliveries, queues, webhooks


def expire(world, *ids):
    """Let the leases of deliveries run out: as if the time had passed."""
    world.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(due_at=1.0))
    world.execute(update(queues).values(due_at=1.0))


def test_what_is_put_is_claimed_once(world, room):
    """A delivery is claimed at once, and by nobody else as long as the lease holds."""
    (delivery,) = world.put(world.webhook())
    first, second = world.queue(), world.queue()
    (claimed,) = first.turn(room=room()).claimed
    assert (claimed.delivery_id, claimed.claim, claimed.step) == (delivery, 1, 0)
    assert second.turn(room=room()).claimed == ()
    assert first.turn(room=room()).claimed == ()


def test_a_turn_says_when_to_come_again(world, room):
    """`next_in` is the end of the lease, a while from now; None where nothing is queued."""
    queue = world.queue(lease=30.0)
    assert queue.turn(room=room()).next_in is None
    world.put(world.webhook())
    next_in = queue.turn(room=room()).next_in
    assert next_in == pytest.approx(30.0, abs=0.5)


def test_a_success_is_recorded_with_its_attempt(world, room, finished):
    """State, counters and the attempt itself are there, and nothing is due any more."""
    webhook = world.webhook()
    (delivery,) = world.put(webhook)
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    turn = queue.turn([finished(claimed)], room=room())
    row = world.row(delivery)
    assert turn.recorded == 1
    assert (row.state, row.attempts, row.lost, row.last_outcome, row.last_status) == (
        "delivered", 1, 0, "success", 200,
    )  # fmt: skip
    assert row.finished_at is not None
    assert world.attempts(delivery) == [1]
    assert world.notices() == []


def test_a_retry_is_due_when_the_ladder_says(world, room, finished):
    """The delay is taken over to the database's clock, whatever the worker's clock says."""
    webhook = world.webhook()
    (delivery,) = world.put(webhook)
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    now = world.database.clock()
    queue.turn([finished(claimed, Action.RETRY, at=now, retry_at=now + 300)])
    row = world.row(delivery)
    assert (row.state, row.step, row.lost, row.last_status) == ("pending", 1, 0, 500)
    assert row.due_at == pytest.approx(now + 300, abs=1.0)
    assert world.bound(webhook).due_at <= row.due_at


def test_claimed_and_forgotten_is_due_again_after_the_lease(world, room, finished):
    """What a dead worker held is claimed by another, and the dead one records nothing."""
    (delivery,) = world.put(world.webhook())
    dead, alive = world.queue(), world.queue()
    (before,) = dead.turn(room=room()).claimed
    expire(world, delivery)
    (after,) = alive.turn(room=room()).claimed
    assert (before.claim, after.claim) == (1, 2)
    late = dead.turn([finished(before)])
    assert (late.recorded, late.outdated) == (0, 1)
    assert world.row(delivery).state == "pending"
    assert world.attempts(delivery) == []
    assert alive.turn([finished(after)]).recorded == 1
    assert world.attempts(delivery) == [2]


def test_a_late_outcome_is_recorded_when_nobody_else_came(world, room, finished):
    """The lease ran out, but the claim is still the newest: nothing is lost."""
    (delivery,) = world.put(world.webhook())
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    expire(world, delivery)
    assert queue.turn([finished(claimed)]).recorded == 1


def test_an_outcome_is_recorded_once_however_often_it_is_reported(world, room, finished):
    """A commit of which nobody knows is repeated: success, retry and first failure alike."""
    first, second = world.webhooks(2)
    good, bad = world.put(first, second)
    queue = world.queue()
    claimed = {each.delivery_id: each for each in queue.turn(room=room()).claimed}
    now = world.database.clock()
    outcomes = [
        finished(claimed[good]),
        finished(claimed[bad], Action.RETRY, at=now, retry_at=now + 300),
    ]
    assert queue.turn(outcomes).recorded == 2
    again = queue.turn(outcomes)
    assert (again.recorded, again.outdated) == (0, 2)
    assert world.row(bad).attempts == 1
    assert world.notices() == ["webhook_failing"]


def test_a_refused_turn_leaves_nothing_behind(world, room, finished, monkeypatch):
    """A database that fails at the end: the same outcomes are recorded by the next turn."""
    (delivery,) = world.put(world.webhook())
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    now = world.database.clock()
    outcome = finished(claimed, Action.RETRY, at=now, retry_at=now + 5)
    monkeypatch.setattr(
        "hookwright_sender.delivery.queue.claim",
        lambda *_: (_ for _ in ()).throw(StoreUnavailable("x", "full")),
    )
    with pytest.raises(StoreUnavailable):
        queue.turn([outcome], room=room())
    monkeypatch.undo()
    assert world.row(delivery).lost == 1
    turn = queue.turn([outcome], room=room())
    assert turn.recorded == 1
    # The first failure is told although the first try of it came to nothing.
    assert world.notices() == ["webhook_failing"]


def test_what_was_not_begun_is_given_back(world, room):
    """It is due as before, and its claim does not count as lost."""
    (delivery,) = world.put(world.webhook())
    before = world.row(delivery)
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    queue.turn((), [claimed])
    row = world.row(delivery)
    assert (row.lost, row.due_at) == (0, before.due_at)
    (again,) = world.queue().turn(room=room()).claimed
    assert again.claim == 2


@pytest.mark.parametrize(
    ("lost", "lease"),
    [
        # A worker died over it: that may happen.
        (1, 30.0),
        # Two did, so it waits as long as after two failures.
        (2, 300.0),
    ],
)
def test_a_delivery_that_kills_its_workers_takes_the_ladder(world, room, ladder, lost, lease):
    """Claims without an outcome are counted, and make the next lease as long as a retry's delay."""
    (delivery,) = world.put(world.webhook())
    queue = world.queue(ladder=ladder)
    for _ in range(lost):
        assert queue.turn(room=room()).claimed
        expire(world, delivery)
    assert queue.turn(room=room()).claimed
    left = world.row(delivery).due_at - world.database.clock()
    assert left == pytest.approx(lease, abs=1.0)


def test_in_the_end_it_is_given_up(world, room, ladder):
    """After as many lost claims as the ladder has attempts it is dead, and may be replayed."""
    (delivery,) = world.put(world.webhook())
    queue = world.queue(ladder=ladder)
    for _ in range(3):
        assert queue.turn(room=room()).claimed
        expire(world, delivery)
    assert queue.turn(room=room()).claimed == ()
    row = world.row(delivery)
    assert (row.state, row.last_outcome) == ("dead", "lost")
    assert world.attempts(delivery) == []


def test_an_outcome_ends_the_count_of_lost_claims(world, room, finished, ladder):
    """Only claims in a row count."""
    (delivery,) = world.put(world.webhook())
    queue = world.queue(ladder=ladder)
    for _ in range(5):
        assert queue.turn(room=room()).claimed
        expire(world, delivery)
        (claimed,) = queue.turn(room=room()).claimed
        now = world.database.clock()
        queue.turn([finished(claimed, Action.RETRY, at=now, retry_at=now)])
    assert world.row(delivery).state == "pending"


def test_nobodys_turn_waits_for_a_backlog(world, room):
    """10,000 deliveries of one webhook, one of another: that one is claimed in the next turn."""
    full, other = world.webhooks(2)
    world.backlog(full, 10_000)
    queue = world.queue()
    assert len(queue.turn(room=room(limit=256, other=10)).claimed) == 10
    (delivery,) = world.put(other)
    claimed = queue.turn(room=room(limit=256, other=10, of={full: 0})).claimed
    assert [each.delivery_id for each in claimed] == [delivery]
    # And when it is not at its bound, it takes no more than its share.
    (delivery,) = world.put(other)
    claimed = queue.turn(room=room(limit=20, other=256)).claimed
    assert delivery in {each.delivery_id for each in claimed}
    assert len(claimed) <= 20


def test_everybodys_turn_comes(world, room):
    """Webhooks with backlogs are claimed from in turns, and a new one comes in between."""
    many = world.webhooks(6)
    world.put(*[each for each in many for _ in range(50)])
    queue = world.queue()

    def turns(count):
        for _ in range(count):
            claimed = queue.turn(room=room(limit=2, other=1)).claimed
            yield {each.webhook_id for each in claimed}

    assert set().union(*turns(3)) == set(many)
    late = world.webhook()
    world.put(late)
    assert any(late in turn for turn in turns(4))


def test_failing_ones_can_be_left_out(world, room, finished):
    """With no room for those whose last attempt failed, the others are claimed all the same."""
    bad, good = world.webhooks(2)
    world.put(bad)
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    now = world.database.clock()
    queue.turn([finished(claimed, Action.RETRY, at=now, retry_at=now)])
    (delivery,) = world.put(good)
    turn = queue.turn(room=room(failing=False))
    assert [each.delivery_id for each in turn.claimed] == [delivery]
    assert turn.next_in > 1.0
    assert [each.webhook_id for each in queue.turn(room=room()).claimed] == [bad]


def test_a_closed_queue_is_left_alone(world, room):
    """What is pending stays as it is, and is claimed when it is opened again."""
    webhook = world.webhook()
    (before,) = world.put(webhook)
    with world.database.writing() as connection:
        close_queue(connection, webhook)
    (after,) = world.put(webhook)
    queue = world.queue()
    turn = queue.turn(room=room())
    assert (turn.claimed, turn.next_in) == ((), None)
    with world.database.writing() as connection:
        open_queue(connection, world.database, webhook)
    assert {each.delivery_id for each in queue.turn(room=room()).claimed} == {before, after}


def test_one_can_be_claimed_by_its_id(world):
    """For a test of a webhook that is disabled; once, like any other."""
    webhook = world.webhook()
    (delivery,) = world.put(webhook, test=True)
    with world.database.writing() as connection:
        close_queue(connection, webhook)

    def claimed(delivery_id):
        with world.database.writing() as connection:
            return world.queue().claim_one(connection, delivery_id)

    first = claimed(delivery)
    assert first is not None
    assert (first.delivery_id, first.test) == (delivery, True)
    assert claimed(delivery) is None
    assert claimed(1) is None


def test_a_test_is_not_tried_again_by_whoever_comes_after_a_crash(world, room):
    """A test gets one attempt: nobody knows whether that was made."""
    (delivery,) = world.put(world.webhook(), test=True)
    queue = world.queue()
    assert queue.turn(room=room()).claimed
    expire(world, delivery)
    assert queue.turn(room=room()).claimed == ()
    assert world.row(delivery).state == "dead"


@pytest.mark.parametrize(
    ("action", "state"),
    [
        # The receiver has it, whatever was wished meanwhile.
        (Action.DELIVERED, "delivered"),
        (Action.RETRY, "cancelled"),
        (Action.DEAD, "cancelled"),
    ],
)
def test_removal_cancels_what_is_queued(world, room, finished, action, state):
    """What is in flight ends, and its attempt is recorded."""
    webhook = world.webhook()
    flying, waiting = world.put(webhook, webhook)
    queue = world.queue()
    (claimed,) = queue.turn(room=room(limit=1)).claimed
    assert claimed.delivery_id == flying
    with world.database.writing() as connection:
        connection.execute(delete(webhooks).where(webhooks.c.id == webhook))
        assert cancel_pending(connection, world.database, webhook) == 2
    assert world.row(waiting).state == "cancelled"
    now = world.database.clock()
    retry_at = now + 5 if action is Action.RETRY else None
    turn = queue.turn([finished(claimed, action, at=now, retry_at=retry_at)], room=room())
    assert (turn.recorded, turn.claimed) == (1, ())
    assert world.row(flying).state == state
    assert world.attempts(flying) == [1]


def test_an_event_of_a_removed_webhook_is_kept_without_a_delivery(world):
    """It was looked up before the removal, and is put after it."""
    webhook = world.webhook()
    world.execute(delete(webhooks).where(webhooks.c.id == webhook))
    assert world.put(webhook, None) == [None, None]
    assert world.count() == 2


class Story:
    """One webhook, one outcome after another."""

    def __init__(self, world, finished, room):
        self.world, self.finished, self.room = world, finished, room
        self.webhook = world.webhook()
        self.queue = world.queue()

    def attempt(self, action, at, *, gone=False):
        self.world.put(self.webhook)
        (claimed,) = self.queue.turn(room=self.room()).claimed
        outcome = self.finished(
            claimed,
            action,
            at=at,
            gone=gone,
            retry_at=(self.world.database.clock() + 1000 if action is Action.RETRY else None),
        )
        return self.queue.turn([outcome])


@pytest.fixture
def story(world, finished, room):
    """A webhook whose health changes."""
    return Story(world, finished, room)


def test_failing_and_recovering_are_told_once_each(story, world):
    """A notice for the first failure after a success, and one for the success that ends it."""
    for action, at in [
        (Action.DELIVERED, 100.0), (Action.RETRY, 110.0), (Action.RETRY, 120.0),
        (Action.DELIVERED, 130.0), (Action.DELIVERED, 140.0),
    ]:  # fmt: skip
        story.attempt(action, at)
    later = world.database.clock() + 601
    world.database.clock = lambda: later
    story.attempt(Action.DEAD, 150.0)
    assert world.notices() == ["webhook_failing", "webhook_recovered", "webhook_failing"]
    row = world.hook(story.webhook)
    assert (row.state, row.failing_since) == ("active", 150.0)


def test_one_that_goes_to_and_fro_is_told_of_every_ten_minutes(story, world):
    """A receiver that answers 200 and 500 in turn makes no notice for each of its answers."""
    for number in range(6):
        story.attempt(Action.RETRY, 100.0 + 2 * number)
        story.attempt(Action.DELIVERED, 101.0 + 2 * number)
    assert world.notices() == ["webhook_failing", "webhook_recovered"]
    assert world.hook(story.webhook).failing_since is None
    later = world.database.clock() + 601
    world.database.clock = lambda: later
    story.attempt(Action.RETRY, 200.0)
    assert world.notices() == ["webhook_failing", "webhook_recovered", "webhook_failing"]


def test_a_failure_that_stays_is_told_later(story, world):
    """Otherwise the last thing that its owner hears would be that it takes messages again."""
    for action, at in [
        (Action.RETRY, 100.0), (Action.DELIVERED, 101.0), (Action.RETRY, 102.0),
        (Action.RETRY, 103.0),
    ]:  # fmt: skip
        story.attempt(action, at)
    assert world.notices() == ["webhook_failing", "webhook_recovered"]
    later = world.database.clock() + 601
    world.database.clock = lambda: later
    (changed,) = story.attempt(Action.RETRY, 703.0).changed
    assert changed.message.startswith(f"webhook {story.webhook} fails since 1970-01-01T00:01:42Z")
    assert story.attempt(Action.RETRY, 704.0).changed == ()
    much_later = later + 601
    world.database.clock = lambda: much_later
    assert story.attempt(Action.RETRY, 1400.0).changed == ()
    assert world.notices() == ["webhook_failing", "webhook_recovered", "webhook_failing"]


def test_of_a_turn_the_net_change_is_told(world, room, finished):
    """What failed and recovered in between is neither told nor kept."""
    webhook = world.webhook()
    world.put(*[webhook] * 9)
    queue = world.queue()
    claimed = queue.turn(room=room(other=9)).claimed
    actions = [Action.DEAD, Action.DELIVERED] * 4
    first = [
        finished(each, action, at=100.0 + number)
        for number, (each, action) in enumerate(zip(claimed[:8], actions, strict=True))
    ]
    assert queue.turn(first).changed == ()
    (changed,) = queue.turn([finished(claimed[8], Action.DEAD, at=200.0)]).changed
    assert changed.change == "failing"
    assert world.notices() == ["webhook_failing"]


def test_410_disables_at_once(story, world, room):
    """The webhook says why, its queue is closed, what is pending stays."""
    (waiting,) = world.put(story.webhook)
    turn = story.queue.turn(room=room())
    assert [each.delivery_id for each in turn.claimed] == [waiting]
    story.queue.turn((), turn.claimed)
    world.execute(update(queues).values(due_at=1.0))
    turn = story.queue.turn(room=room(limit=1))
    outcome = story.finished(turn.claimed[0], Action.DEAD, at=100.0, gone=True)
    changed = story.queue.turn([outcome]).changed
    assert [each.change for each in changed] == ["failing", "disabled"]
    row = world.hook(story.webhook)
    assert (row.state, row.disabled_at) == ("disabled", 100.0)
    assert "410" in row.reason
    world.put(story.webhook)
    assert story.queue.turn(room=room()).claimed == ()
    assert world.notices() == ["webhook_failing", "webhook_disabled"]


def test_five_days_of_failures_disable(story, world):
    """A failure five days after the first one since the last success; not one before that."""
    story.attempt(Action.RETRY, 100.0)
    story.attempt(Action.RETRY, 100.0 + PATIENCE - 1)
    assert world.hook(story.webhook).state == "active"
    story.attempt(Action.RETRY, 100.0 + PATIENCE)
    row = world.hook(story.webhook)
    assert (row.state, row.failing_since) == ("disabled", 100.0)
    assert not world.bound(story.webhook).open


def test_another_workers_success_is_seen(world, room, finished):
    """Two workers: the first failure after a success of the other's is a first failure again."""
    webhook = world.webhook()
    one, two = world.queue(), world.queue()

    def attempt(queue, action, at):
        world.put(webhook)
        (claimed,) = queue.turn(room=room()).claimed
        queue.turn([finished(claimed, action, at=at)])

    attempt(one, Action.DEAD, 100.0)
    attempt(two, Action.DELIVERED, 110.0)
    later = world.database.clock() + 601
    world.database.clock = lambda: later
    attempt(one, Action.DEAD, 120.0)
    attempt(one, Action.DEAD, 130.0)
    assert world.notices() == ["webhook_failing", "webhook_recovered", "webhook_failing"]
    assert world.hook(webhook).failing_since == 120.0


def test_tests_say_nothing_of_a_webhooks_health(story, world, room):
    """Somebody is trying things out."""
    world.put(story.webhook, test=True)
    (claimed,) = story.queue.turn(room=room()).claimed
    assert story.queue.turn([story.finished(claimed, Action.DEAD, gone=True)]).recorded == 1
    assert world.hook(story.webhook).failing_since is None
    assert world.notices() == []


def test_a_batch_is_recorded_whatever_is_in_it(world, room, finished):
    """Successes, retries and deaths of many webhooks in one turn."""
    hooks = world.webhooks(30)
    ids = world.put(*hooks * 5)
    queue = world.queue()
    claimed = queue.turn(room=room(limit=256, other=256)).claimed
    assert sorted(each.delivery_id for each in claimed) == sorted(ids)
    now = world.database.clock()
    actions = [Action.DELIVERED, Action.RETRY, Action.DEAD]
    outcomes = [
        finished(
            each, actions[number % 3], at=now,
            retry_at=now + 1000 if number % 3 == 1 else None,
        )
        for number, each in enumerate(claimed)
    ]  # fmt: skip
    assert queue.turn(outcomes, room=room()).recorded == 150
    states = [world.row(each.claimed.delivery_id).state for each in outcomes]
    assert states == ["delivered", "pending", "dead"] * 50
    assert world.count(attempts) == 150


LEASES = [
    # deadline, lease
    (0.5, 5.5, "never less than some seconds for the wait, the turns and the database"),
    (1.0, 6.0, "the same"),
    (5.0, 30.0, "the default"),
    (60.0, 85.0, "the longest: what one worker died over is not left lying for minutes"),
]


@pytest.mark.parametrize(("deadline", "lease", "reason"), LEASES)
def test_a_lease_is_longer_than_an_attempt(deadline, lease, reason):
    """By the time that it takes until an attempt begins and until it is recorded."""
    assert lease_for(deadline) == lease, reason
