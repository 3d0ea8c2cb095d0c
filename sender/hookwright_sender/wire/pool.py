"""Connections that wait for another request."""

import asyncio
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping

from hookwright_sender.wire.connection import Connection

Key = tuple[bool, str, int]
# Seconds for which nothing can have come that the loop did not see.
SETTLED = 0.001
# Exchanges after which a server is known to keep connections.
PROVEN = 4
# Seconds before a receiver hangs up by its own word, for what is under way: half of them at most.
MARGIN = 1.0
# `timeout=5, max=100`, as servers write it (RFC 2068, 19.7.1.1).
TIMEOUT = re.compile(r"(?:^|[,;\s])timeout\s*=\s*\"?(\d{1,9})", re.IGNORECASE | re.ASCII)


def patience(headers: Mapping[str, str]) -> float:
    """Return for how many seconds a connection may wait by the headers of its last answer."""
    said = headers.get("keep-alive")
    promised = None if said is None else TIMEOUT.search(said)
    if promised is None:
        return math.inf
    seconds = int(promised[1])
    return seconds - min(MARGIN, seconds / 2)


class Pool:
    """Keeps connections for a while, and knows every one that is open.

    A connection serves requests for `reuse` seconds in all, because the addresses of its host are
    resolved and checked when it is made, and only then. It waits `idle` seconds for the next one:
    less than the five seconds after which many servers hang up, and less than the receiver said in
    its last answer, so that it is ours to close and no request runs into the end of it. Beyond
    `size` waiting connections the one that waits longest is closed.
    """

    __slots__ = (
        "_closed",
        "_idle",
        "_loop",
        "_monotonic",
        "_open",
        "_ready",
        "_timer",
        "idle",
        "reuse",
        "size",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        monotonic: Callable[[], float],
        *,
        reuse: float,
        idle: float,
        size: int,
    ) -> None:
        self.reuse = reuse
        self.idle = idle
        self.size = size
        self._loop = loop
        self._monotonic = monotonic
        self._open: set[Connection] = set()
        self._ready: dict[Key, list[Connection]] = {}
        # By the time since when they wait.
        self._idle: OrderedDict[Connection, None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._closed: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """Return how many connections wait."""
        return len(self._idle)

    def add(self, connection: Connection) -> None:
        """Take notice of a connection that was made."""
        self._open.add(connection)
        if self._closed is not None:
            connection.abort()

    def take(self, key: Key) -> Connection | None:
        """Return the connection that was used last among those that may serve a request."""
        ready = self._ready.get(key)
        if not ready:
            return None
        now = self._monotonic()
        while ready:
            connection = ready[-1]
            self._forget(connection)
            # The loop has just looked, and to look again gives the interpreter away. But a server
            # may hang up behind an answer, and then it does so behind the first ones.
            settled = connection.served >= PROVEN and now - connection.idle_since < SETTLED
            usable = not connection.closed and self._is_young(connection, now)
            if usable and (settled or connection.is_quiet()):
                return connection
            connection.abort()
        return None

    def give(self, connection: Connection, patience: float = math.inf) -> None:
        """Take a connection back for `patience` seconds after an exchange that left it in order."""
        now = connection.idle_since = self._monotonic()
        connection.patience = patience
        connection.served += 1
        if self._closed is not None or not self._is_young(connection, now):
            connection.abort()
            return
        # What waits keeps nothing of the answer before.
        connection.answer.begin()
        ready = self._ready.get(connection.key)
        if ready is None:
            self._ready[connection.key] = [connection]
        else:
            ready.append(connection)
        self._idle[connection] = None
        if len(self._idle) > self.size:
            self._close_oldest()
        if self._timer is None:
            self._timer = self._loop.call_later(self.idle, self._sweep)

    def lose(self, connection: Connection) -> None:
        """Take notice of the end of a connection."""
        self._open.discard(connection)
        if connection in self._idle:
            self._forget(connection)
        if self._closed is not None and not self._open and not self._closed.done():
            self._closed.set_result(None)

    async def close(self) -> None:
        """Close every connection, also those in use, and wait until they are closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._closed = self._loop.create_future()
        if self._open:
            for connection in tuple(self._open):
                connection.abort()
            await self._closed

    def _is_young(self, connection: Connection, now: float) -> bool:
        waited = now - connection.idle_since
        young = now - connection.born < self.reuse
        return young and waited < self.idle and waited < connection.patience

    def _forget(self, connection: Connection) -> None:
        del self._idle[connection]
        ready = self._ready[connection.key]
        if ready[-1] is connection:
            ready.pop()
        else:
            ready.remove(connection)
        if not ready:
            del self._ready[connection.key]

    def _close_oldest(self) -> None:
        connection = next(iter(self._idle))
        self._forget(connection)
        connection.abort()

    def _sweep(self) -> None:
        self._timer = None
        now = self._monotonic()
        while self._idle:
            oldest = next(iter(self._idle))
            left = oldest.idle_since + self.idle - now
            if left > 0:
                self._timer = self._loop.call_later(left, self._sweep)
                return
            self._close_oldest()
