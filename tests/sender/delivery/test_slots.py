"""Slots: who goes next, and that nobody takes the slots of others."""

import pytest

from hookwright_sender.delivery.claim import Claimed, Target
from hookwright_sender.delivery.slots import AHEAD, BATCH, SLOW, Slots


class Clock:
    """A monotonic clock that is moved by hand."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    """A clock that stands still."""
    return Clock()


def claims(webhook, count, *, failing=False):
    """Return claimed deliveries of a webhook."""
    target = Target(webhook, 1, 1, b"", b"", 1.0 if failing else None)
    return [
        Claimed(webhook * 1000 + number, 1, 1, "e", "c", b"", False, 0, 0, 0.0, 0.0, target)
        for number in range(count)
    ]


def begun(slots):
    """Begin all that may be begun."""
    flights = []
    while (flight := slots.next()) is not None:
        flights.append(flight)
    return flights


def test_a_webhook_begins_with_one_and_doubles_with_each_success(clock):
    """Up to its bound."""
    slots = Slots(100, 8, clock)
    slots.add(claims(1, 100), 1e9)
    counts = []
    for _ in range(6):
        flights = begun(slots)
        counts.append(len(flights))
        for flight in flights:
            slots.end(flight, 0.01)
    assert counts == [1, 2, 8, 8, 8, 8]


def test_a_failure_takes_it_back_to_one(clock):
    """And it is a suspect until the next success."""
    slots = Slots(100, 8, clock)
    slots.add(claims(1, 100), 1e9)
    for _ in range(4):
        flights = begun(slots)
        for flight in flights:
            slots.end(flight, 0.01)
    flights = begun(slots)
    for flight in flights:
        slots.end(flight, None)
    (flight,) = begun(slots)
    assert flight.slow
    slots.end(flight, 0.01)
    flights = begun(slots)
    assert [each.slow for each in flights] == [False, False]


def test_all_slots_are_bounded(clock):
    """No more run at once than there are slots, whoever they are of."""
    slots = Slots(5, 10, clock)
    for webhook in range(20):
        slots.add(claims(webhook, 3), 1e9)
    flights = begun(slots)
    assert len(flights) == slots.busy == 5
    slots.end(flights[0], 0.01)
    assert len(begun(slots)) == 1


def test_hanging_ones_give_their_slots_free(clock):
    """After a second without an answer they count as slow, and the others go on."""
    slots = Slots(5, 10, clock)
    for webhook in range(5):
        slots.add(claims(webhook, 1), 1e9)
    hanging = begun(slots)
    slots.add(claims(9, 1), 1e9)
    assert begun(slots) == []
    assert slots.sweep() == pytest.approx(SLOW)
    clock.now += SLOW
    slots.sweep()
    assert [each.claimed.webhook_id for each in begun(slots)] == [9]
    assert slots.busy == 6
    for flight in hanging:
        slots.end(flight, None)
    assert slots.flying == {False: 1, True: 0}


def test_no_more_are_slow_at_once_than_have_slots(clock):
    """The rest waits for one of them to end, in the slots that it has."""
    slots = Slots(2, 10, clock)
    for webhook in range(3):
        slots.add(claims(webhook, 1, failing=webhook > 0), 1e9)
    flights = {flight.claimed.webhook_id: flight for flight in begun(slots)}
    clock.now += SLOW
    assert slots.sweep() == SLOW
    assert slots.flying == {False: 1, True: 2}
    slots.end(flights[1], None)
    assert slots.sweep() is None
    assert slots.flying == {False: 0, True: 2}


def test_suspects_have_slots_of_their_own(clock):
    """However many fail, a healthy webhook's delivery begins at once."""
    slots = Slots(5, 10, clock)
    for webhook in range(20):
        slots.add(claims(webhook, 1, failing=True), 1e9)
    assert len(begun(slots)) == 5
    assert not slots.room().failing
    slots.add(claims(99, 1), 1e9)
    assert [each.claimed.webhook_id for each in begun(slots)] == [99]


def test_what_waits_behind_a_hanging_one_is_given_back(clock):
    """Another worker may have more luck, and the lease is not wasted."""
    slots = Slots(5, 2, clock)
    slots.add(claims(1, 4), 1e9)
    (flight,) = begun(slots)
    clock.now += SLOW
    slots.sweep()
    assert len(slots.returned) == 3
    assert begun(slots) == []
    slots.end(flight, None)
    assert slots.busy == 0
    assert slots.waiting == {False: 0, True: 0}


def test_what_waited_for_too_long_is_not_begun(clock):
    """Its lease might end before the attempt does."""
    slots = Slots(5, 2, clock)
    slots.add(claims(1, 1), clock.now + 10)
    clock.now += 11
    assert begun(slots) == []
    assert len(slots.returned) == 1
    assert slots.waiting == {False: 0, True: 0}


def test_room_is_what_a_webhook_may_still_take(clock):
    """What runs and what waits counts; an unknown one gets one."""
    slots = Slots(100, 4, clock)
    room = slots.room()
    assert (room.limit, room.other, room.of(1), set(room.full)) == (BATCH, 1, None, set())
    slots.add(claims(1, 1), 1e9)
    (flight,) = begun(slots)
    room = slots.room()
    assert (room.of(1), room.full) == (0, {1})
    slots.end(flight, 1.0)
    assert slots.room().of(1) == 2


def test_a_fast_webhook_is_claimed_ahead(clock):
    """As much as it takes in a moment: 10 at once, each in 1 ms."""
    slots = Slots(100, 10, clock)
    slots.add(claims(1, 100), 1e9)
    while flights := begun(slots):
        for flight in flights:
            slots.end(flight, 0.001)
    assert slots.room().of(1) == min(BATCH, int(10 * AHEAD / 0.001))


def test_full_slots_and_a_full_waiting_room_claim_nothing(clock):
    """Nothing more is claimed than will soon be begun: memory does not grow with the queue."""
    slots = Slots(2, 10, clock)
    slots.add([each for webhook in range(200) for each in claims(webhook, 1)], 1e9)
    assert slots.room().limit > 0
    begun(slots)
    assert slots.room().limit == 0
    assert slots.room(stopping=True).limit == 0


def test_withdrawing_gives_all_back_that_is_not_begun(clock):
    """At the end, and what runs stays."""
    slots = Slots(2, 1, clock)
    slots.add([*claims(1, 3), *claims(2, 3)], 1e9)
    flights = begun(slots)
    slots.withdraw()
    assert len(flights) == 2
    assert len(slots.returned) == 4
    assert begun(slots) == []
    for flight in flights:
        slots.end(flight, 0.1)
    assert slots.busy == 0


def test_memory_of_webhooks_is_bounded(clock):
    """Those that nothing is held of are forgotten, the longest unused first."""
    slots = Slots(100, 1, clock)
    for webhook in range(3000):
        slots.add(claims(webhook, 1), 1e9)
        (flight,) = begun(slots)
        slots.end(flight, 0.01)
    assert slots.room().of(0) is None
    assert slots.room().of(2999) is not None


def test_one_that_is_slow_and_works_gets_more_but_no_slots_of_others(clock):
    """Its attempts take two seconds each: up to its bound, among the suspects."""
    slots = Slots(20, 4, clock)
    slots.add(claims(1, 1), 1e9)
    counts = []
    for _ in range(4):
        flights = begun(slots)
        counts.append(len(flights))
        clock.now += 2.0
        slots.sweep()
        for flight in flights:
            slots.end(flight, 2.0)
        slots.add(claims(1, 4), 1e9)
    assert counts == [1, 2, 4, 4]
    assert all(each.slow for each in begun(slots))


def test_without_room_for_suspects_none_of_those_that_are_known_is_claimed(clock):
    """Also those that are not failing, and of which nothing is held."""
    slots = Slots(2, 1, clock)
    for webhook in range(3):
        slots.add(claims(webhook, 1), 1e9)
        (flight,) = begun(slots)
        slots.end(flight, 2.0)
    slots.add([*claims(0, 1), *claims(1, 1)], 1e9)
    begun(slots)
    room = slots.room()
    assert not room.failing
    assert set(room.full) == {0, 1, 2}
