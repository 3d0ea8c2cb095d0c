"""Many attempts at once, bounded, and what they come to."""

import asyncio
import math
from array import array
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hookwright_sender.outcome import Attempt, Outcome


async def burst(
    send: Callable[[], Awaitable[Attempt]],
    count: int,
    concurrency: int,
    report: Callable[[Attempt], object],
) -> None:
    """Call `send` `count` times, `concurrency` at once, and report each attempt as it ends.

    The first exception ends it: the calls under way are cancelled and it is raised.
    """
    left = count

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            report(await send())

    tasks = [asyncio.create_task(work()) for _ in range(min(concurrency, count))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@dataclass(slots=True)
class Summary:
    """Counts and latencies of many attempts; latencies are in seconds."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    first: Attempt | None = None
    first_failure: Attempt | None = None
    reached: int = 0

    def add(self, attempt: Attempt) -> None:
        """Take an attempt into the account."""
        self.outcomes[attempt.outcome] += 1
        self.latencies.append(attempt.latency)
        self.reached += attempt.reached
        if attempt.status is not None:
            self.statuses[attempt.status] += 1
        if self.first is None:
            self.first = attempt
        if self.first_failure is None and not attempt.succeeded:
            self.first_failure = attempt

    @property
    def count(self) -> int:
        """How many attempts were made."""
        return len(self.latencies)

    @property
    def accepted(self) -> int:
        """How many of them a receiver took."""
        return self.outcomes[Outcome.SUCCESS]

    def percentiles(self, *ranks: float) -> tuple[float, ...]:
        """Return the latency below or at which `rank` per cent of the attempts stayed.

        Nearest rank, so that each is a latency that occurred: percentiles(50, 99) -> (p50, p99).
        """
        ordered = sorted(self.latencies)
        last = len(ordered)
        return tuple(ordered[max(1, math.ceil(rank * last / 100)) - 1] for rank in ranks)
