"""When to give up: a coarse timer for every exchange at once."""

import asyncio
from typing import Protocol

# Seconds. Nothing expires before its deadline, nor later than two slots after it.
SLOT = 0.05


class Expiring(Protocol):
    """What is told that its time is over."""

    def expire(self) -> None:
        """Give up."""
        ...


class Deadlines:
    """Watches many deadlines with one timer, where a timer for each would cost more than a POST.

    Whatever shares a slot of 50 ms expires together, after the end of it.
    """

    __slots__ = ("_loop", "_slots", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, set[Expiring]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, what: Expiring, deadline: float) -> int:
        """Call `what.expire()` once the loop's clock passed `deadline`; return its slot."""
        slot = int(deadline / SLOT) + 1
        watched = self._slots.get(slot)
        if watched is None:
            self._slots[slot] = watched = set()
            if self._timer is None:
                self._arm()
        watched.add(what)
        return slot

    def forget(self, what: Expiring, slot: int) -> None:
        """Take back what was put into a slot; nothing happens when it expired already."""
        watched = self._slots.get(slot)
        if watched is not None:
            watched.discard(what)

    def close(self) -> None:
        """Stop the timer; what is watched never expires."""
        self._slots.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = self._loop.call_later(SLOT, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        # Every slot that is empty when its time comes goes too, so that none is left behind.
        for slot in [slot for slot in self._slots if slot * SLOT <= now]:
            for what in self._slots.pop(slot):
                what.expire()
        if self._slots:
            self._arm()
