"""Identifiers that no other process makes too: 63 bits, ordered by time, written as decimals."""

import threading
import time
from collections.abc import Callable

# Milliseconds of Unix time at 2026-01-01T00:00:00Z: 41 bits last until 2095.
EPOCH_MS = 1_767_225_600_000
NODE_BITS = 12
SEQUENCE_BITS = 10
NODES = 1 << NODE_BITS
LARGEST = (1 << 63) - 1
SEQUENCES = 1 << SEQUENCE_BITS


class Ids:
    """Makes ids: 41 bits of milliseconds, 12 of the node, 10 of a sequence within a millisecond.

    A process has a node to itself (the table `nodes` hands them out), so that ids need no look-up
    and are there before the row is. They do not tell how many there are. Thread-safe.
    """

    def __init__(self, node: int, clock: Callable[[], float] = time.time) -> None:
        self._node = (node % NODES) << SEQUENCE_BITS
        self._clock = clock
        self._lock = threading.Lock()
        self._last = -1
        self._sequence = 0

    def new(self) -> int:
        """Return an id that is greater than every one before it."""
        with self._lock:
            moment = int(self._clock() * 1000) - EPOCH_MS
            # A clock that was set back, or a full millisecond, borrows from the next one.
            if moment > self._last:
                self._last, self._sequence = moment, 0
            elif self._sequence + 1 < SEQUENCES:
                self._sequence += 1
            else:
                self._last, self._sequence = self._last + 1, 0
            return self._last << (NODE_BITS + SEQUENCE_BITS) | self._node | self._sequence


def first_id_at(moment: float) -> int:
    """Return the bound of all ids made at or after a moment (Unix seconds): ids are in its order.

    Of a moment that no id can tell it is the first or the last that there is.

    >>> first_id_at(1_767_225_601.0)
    4194304000
    """
    return min(LARGEST, max(0, int(moment * 1000) - EPOCH_MS) << (NODE_BITS + SEQUENCE_BITS))
