"""What is put is there, sealed, in the order that it came."""

import pytest
from sqlalchemy import select, text

from hookwright_sender.delivery.outbox import put
from hookwright_sender.encryption.envelope import place
from hookwright_sender.store.tables import deliveries, events


def test_a_batch_comes_back_as_ids_in_its_order(world):
    """None for an event that goes nowhere; it is kept all the same."""
    first, second = world.webhooks(2)
    ids = world.put(first, None, second, first)
    assert ids[1] is None
    hooks = [world.row(each).webhook_id for each in ids if each is not None]
    assert hooks == [first, second, first]
    assert world.count(events) == 4
    assert world.count(deliveries) == 3


def test_nothing_is_put_for_nothing(world):
    """An empty batch is no fault."""
    with world.database.writing() as connection:
        assert put(connection, world.database, world.ring, []) == []


def test_bodies_are_sealed_each_for_its_own_event(world):
    """The exact bytes, and not to be read in the database."""
    world.put(world.webhook(), body=b'{"data":"\\u20ac secret"}')
    with world.database.reading() as connection:
        row = connection.execute(select(events)).one()
    assert b"secret" not in row.body
    opened = world.ring.decrypt(bytes(row.body), place("events", "body", row.id))
    assert opened == b'{"data":"\\u20ac secret"}'
    assert (row.test, row.event) == (False, "form_lead")


def test_a_transaction_that_fails_leaves_nothing(world):
    """Neither event nor delivery nor a queue that has news."""
    webhook = world.webhook()

    def broken():
        with world.database.writing() as connection:
            put(connection, world.database, world.ring, [world.outgoing(webhook)])
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        broken()
    assert world.count(events) == world.count(deliveries) == 0
    assert world.bound(webhook).due_at is None


def test_deliveries_are_claimed_in_the_order_they_were_put(world, room):
    """Within a webhook, also those that were put at the same moment."""
    webhook = world.webhook()
    ids = world.put(*[webhook] * 30)
    queue = world.queue()
    seen = []
    while claimed := queue.turn(room=room(other=7)).claimed:
        seen += sorted(each.delivery_id for each in claimed)
    assert seen == ids


def test_an_emitter_that_has_not_committed_is_not_missed(world, room, finished):
    """PostgreSQL: a queue is emptied while another event is on its way: it is found later."""
    if world.database.is_sqlite:
        # One writer at a time: there is no meanwhile.
        return
    webhook = world.webhook()
    world.put(webhook)
    queue = world.queue()
    with world.database.writing() as connection:
        (late,) = put(connection, world.database, world.ring, [world.outgoing(webhook)])
        (claimed,) = queue.turn(room=room()).claimed
        turn = queue.turn([finished(claimed)], room=room())
        assert turn.claimed == ()
        # The bound stays where it was, so that the worker comes again at once.
        assert turn.next_in <= 0
    (claimed,) = queue.turn(room=room()).claimed
    assert claimed.delivery_id == late


def test_emitters_of_one_webhook_do_not_wait_for_each_other(world):
    """PostgreSQL: two transactions at a time, neither of them blocked."""
    if world.database.is_sqlite:
        return
    webhook = world.webhook()
    world.put(webhook)
    with world.database.writing() as one, world.database.writing() as two:
        two.execute(text("SET LOCAL lock_timeout = '1s'"))
        put(one, world.database, world.ring, [world.outgoing(webhook)])
        put(two, world.database, world.ring, [world.outgoing(webhook)])
    assert world.count(deliveries) == 3
