"""How late this process itself is: on a machine without a turn for it, silence proves nothing."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

INTERVAL = 0.1
# Of a run that takes long, the last minutes are kept: no step takes longer.
KEPT = 10_000


class Lag:
    """Sleeps again and again, and writes down how much later than it should it woke."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._woken: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._due: float | None = None

    async def watch(self) -> None:
        """Measure until it is cancelled."""
        while True:
            self._due = self._monotonic() + INTERVAL
            await self._sleep(INTERVAL)
            now = self._monotonic()
            self._woken.append((now, now - self._due))

    def now(self) -> float:
        """Return the moment by the clock that `since` goes by."""
        return self._monotonic()

    def since(self, moment: float) -> float:
        """Return by how many seconds it was late at most, from a moment to now."""
        now = self._monotonic()
        worst = now - self._due if self._due is not None else 0.0
        for woken, late in reversed(self._woken):
            if woken < moment:
                break
            worst = max(worst, late)
        return max(0.0, worst)
