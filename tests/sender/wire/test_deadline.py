"""Deadlines in a loop whose clock the tests turn."""

import pytest

from hookwright_sender.wire.deadline import SLOT, Deadlines


class Clock:
    """As much of a loop as there is to a timer."""

    def __init__(self):
        self.now = 100.0
        self.timers = []

    def time(self):
        return self.now

    def call_later(self, delay, callback):
        timer = Timer(self.now + delay, callback, self)
        self.timers.append(timer)
        return timer

    def turn_to(self, now):
        """Run what is due until then, in its order."""
        while due := sorted((t for t in self.timers if t.when <= now), key=lambda t: t.when):
            self.timers.remove(due[0])
            self.now = max(self.now, due[0].when)
            due[0].callback()
        self.now = now


class Timer:
    """What `call_later` returns."""

    def __init__(self, when, callback, clock):
        self.when = when
        self.callback = callback
        self.clock = clock

    def cancel(self):
        self.clock.timers.remove(self)


class Exchange:
    """Notes when it expired."""

    def __init__(self, clock):
        self.clock = clock
        self.expired = None

    def expire(self):
        assert self.expired is None
        self.expired = self.clock.now


@pytest.fixture
def clock():
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def deadlines(clock):
    """The deadlines by that clock."""
    return Deadlines(clock)


@pytest.mark.parametrize("after", [0.0, 0.01, SLOT, 1.0, 4.99, 5.0, 61.3])
def test_nothing_expires_early_or_late(clock, deadlines, after):
    """At the deadline or within two slots after it."""
    exchange = Exchange(clock)
    deadlines.watch(exchange, 100.0 + after)
    clock.turn_to(200.0)
    assert 100.0 + after <= exchange.expired <= 100.0 + after + 2 * SLOT + 1e-6


def test_the_order_of_deadlines_is_not_the_order_of_watching(clock, deadlines):
    """An attempt that took long to connect has less time left than one that began after it."""
    late, early = Exchange(clock), Exchange(clock)
    deadlines.watch(late, 105.0)
    deadlines.watch(early, 101.0)
    clock.turn_to(102.0)
    assert early.expired is not None
    assert late.expired is None


def test_what_is_forgotten_does_not_expire(clock, deadlines):
    """The common case: the answer came."""
    exchange, other = Exchange(clock), Exchange(clock)
    slot = deadlines.watch(exchange, 101.0)
    deadlines.watch(other, 101.0)
    deadlines.forget(exchange, slot)
    clock.turn_to(102.0)
    assert exchange.expired is None
    assert other.expired is not None
    deadlines.forget(other, slot)


def test_one_timer_and_none_when_nothing_is_watched(clock, deadlines):
    """However many there are; a process without attempts is left in peace."""
    exchanges = [Exchange(clock) for _ in range(1000)]
    for number, exchange in enumerate(exchanges):
        deadlines.watch(exchange, 101.0 + number / 1000)
    assert len(clock.timers) == 1
    clock.turn_to(110.0)
    assert all(exchange.expired for exchange in exchanges)
    assert clock.timers == []
    deadlines.watch(exchanges[0], 111.0)
    assert len(clock.timers) == 1


def test_closing_stops_the_timer(clock, deadlines):
    """Nothing of a transport runs on after it."""
    deadlines.watch(Exchange(clock), 101.0)
    deadlines.close()
    assert clock.timers == []
    deadlines.close()
