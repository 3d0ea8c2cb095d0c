"""What a worker does beside delivering: proofs checked again, and what is old forgotten."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

# Seconds between two looks for proofs that are due, and between two purges.
PROOFS_EVERY = 30.0
PURGE_EVERY = 3600.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do again and again: at once, then `every` so many seconds after it ended."""

    name: str
    every: float
    do: Callable[[], Awaitable[None]]


class Upkeep:
    """Does chores until it is stopped. What fails is told, and done again when its time comes.

    Any number of processes may do the same chores: what one has done, the others find
    done. One that takes long looks at `stopping` now and then, from any thread.
    """

    name = "upkeep"

    def __init__(self, *chores: Chore) -> None:
        self._chores = chores
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Do every chore at its times, side by side; what has begun is finished."""
        async with asyncio.TaskGroup() as group:
            for chore in self._chores:
                group.create_task(self._repeat(chore))

    @property
    def stopping(self) -> bool:
        """Tell whether what has begun should come to an end."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Begin none any more."""
        self._stopped.set()

    async def _repeat(self, chore: Chore) -> None:
        while not self._stopped.is_set():
            try:
                await chore.do()
            except Exception as error:
                # Deliveries go on, whatever fails here.
                log.warning("chore failed", chore=chore.name, exc_info=error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), chore.every)
