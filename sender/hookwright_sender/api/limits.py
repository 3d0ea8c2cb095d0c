"""How much is taken on: so often from one caller, so much at once, and no more."""

import math
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from hookwright_sender.api.problems import OVERLOADED, TOO_MANY_REQUESTS, Problem

P = ParamSpec("P")
T = TypeVar("T")
# Callers whose buckets are kept: a megabyte or two.
CALLERS = 10_000
RETRY_AFTER = 1
# Seconds that a call waits for a thread before it is told to come back later.
PATIENCE = 5.0


class Buckets:
    """A token bucket for each caller: `rate` a second, and `burst` at once.

    Memory is bounded: the callers that were seen longest ago are forgotten, and start afresh.
    """

    def __init__(self, rate: float, clock: Callable[[], float], callers: int = CALLERS) -> None:
        self.rate = rate
        self.burst = max(1.0, math.ceil(2 * rate))
        self._clock = clock
        self._callers = callers
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Take a token; raises a 429 that says how many seconds to wait when there is none."""
        self.check(caller)
        tokens, moment = self._level(caller)
        self._buckets[caller] = tokens - 1, moment
        self._buckets.move_to_end(caller)
        if len(self._buckets) > self._callers:
            self._buckets.popitem(last=False)

    def check(self, caller: str) -> None:
        """Raise what `take` would, and take nothing."""
        tokens, _ = self._level(caller)
        if tokens < 1:
            raise _too_many((1 - tokens) / self.rate, f"more than {self.rate:g} requests a second")

    def _level(self, caller: str) -> tuple[float, float]:
        now = self._clock()
        tokens, since = self._buckets.get(caller, (self.burst, now))
        return min(self.burst, tokens + (now - since) * self.rate), now


class Gate:
    """Lets a bounded number of calls in; those beyond are answered at once, so memory stays flat.

    `places` are for all, `share` for one account, so that nobody fills the gate alone. Of those
    inside, `threads` block at the same time, `at_once` of one account (by default half of them);
    the others wait for a thread, `patience` seconds at most.
    """

    def __init__(
        self,
        threads: int,
        places: int,
        share: int,
        patience: float = PATIENCE,
        at_once: int | None = None,
    ) -> None:
        self.threads = threads
        self.places = places
        self.share = share
        self._patience = patience
        self._at_once = max(1, threads // 2) if at_once is None else at_once
        self._threads = anyio.CapacityLimiter(threads)
        # Of accounts that are inside. Who waits here is in nobody else's queue.
        self._turns: dict[int, anyio.CapacityLimiter] = {}
        # The bound is the one above, whose queue can be left.
        self._unbounded = anyio.CapacityLimiter(math.inf)
        self._inside: Counter[int] = Counter()

    @property
    def inside(self) -> int:
        """How many calls are in."""
        return self._inside.total()

    @asynccontextmanager
    async def entered(self, account: int) -> AsyncIterator[None]:
        """Hold a place for the time of a block; raises a 503 or a 429 when there is none."""
        if self.inside >= self.places:
            raise _overloaded()
        if self._inside[account] >= self.share:
            raise _too_many(RETRY_AFTER, f"more than {self.share} of your requests at once")
        self._inside[account] += 1
        try:
            yield
        finally:
            self._inside[account] -= 1
            if not self._inside[account]:
                # A Counter keeps zeros.
                del self._inside[account]
                self._turns.pop(account, None)

    async def run(
        self, account: int, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run what blocks in a thread of this gate's, for an account that is inside.

        Raises a 503 when none gets free in time.
        """
        turns = self._turns.get(account)
        if turns is None:
            turns = self._turns[account] = anyio.CapacityLimiter(self._at_once)
        borrower = object()
        held: list[anyio.CapacityLimiter] = []
        try:
            if not _borrow_free((turns, self._threads), borrower, held):
                await self._borrow((turns, self._threads), borrower, held)
            return await anyio.to_thread.run_sync(
                partial(function, *args, **kwargs), limiter=self._unbounded
            )
        finally:
            for limiter in held:
                limiter.release_on_behalf_of(borrower)

    async def _borrow(
        self,
        limiters: Iterable[anyio.CapacityLimiter],
        borrower: object,
        held: list[anyio.CapacityLimiter],
    ) -> None:
        """Wait for what is not held yet of some limiters, for no longer than there is patience."""
        try:
            with anyio.fail_after(self._patience):
                for limiter in limiters:
                    if limiter not in held:
                        await limiter.acquire_on_behalf_of(borrower)
                        held.append(limiter)
        except TimeoutError:
            raise _overloaded() from None


def _borrow_free(
    limiters: Iterable[anyio.CapacityLimiter], borrower: object, held: list[anyio.CapacityLimiter]
) -> bool:
    """Take a token of each limiter, and tell whether all were free; most are, and it costs less."""
    try:
        for limiter in limiters:
            limiter.acquire_on_behalf_of_nowait(borrower)
            held.append(limiter)
    except anyio.WouldBlock:
        return False
    return True


def _overloaded() -> Problem:
    return Problem(
        OVERLOADED,
        "too much is going on at once: try again after a pause",
        headers={"retry-after": str(RETRY_AFTER)},
    )


def _too_many(wait: float, reason: str) -> Problem:
    seconds = max(1, math.ceil(wait))
    return Problem(
        TOO_MANY_REQUESTS,
        f"{reason}: wait {seconds} s",
        headers={"retry-after": str(seconds)},
    )
