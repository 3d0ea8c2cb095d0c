"""The ladder of delays between the attempts of one delivery."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Self

from hookwright_sender.errors import InvalidRetryDelays

Random = Callable[[], float]

# Standard Webhooks: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, after one at once.
DELAYS = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
JITTER = 0.2
LONGEST = 30 * 86400.0
MOST = 100


@dataclass(frozen=True, slots=True)
class Ladder:
    """The delays in seconds between an attempt that failed and the next; the first is at once.

    Each is moved at random by up to `jitter` of itself, earlier or later, so that deliveries that
    failed together do not come back together.
    """

    delays: tuple[float, ...] = DELAYS
    jitter: float = JITTER

    @classmethod
    def parse(cls, parts: Iterable[str]) -> Self:
        """Make a ladder of HOOKWRIGHT_RETRY_DELAYS, or the default one of nothing.

        `("5", "300")` -> an attempt at once, one after 5 s, a last one after 5 min. Raises
        `InvalidRetryDelays`.
        """
        texts = tuple(parts)
        if not texts:
            return cls()
        try:
            delays = tuple(float(text) for text in texts)
        except ValueError:
            raise InvalidRetryDelays("has something that is no number") from None
        if len(delays) > MOST:
            raise InvalidRetryDelays(f"has {len(delays)} delays, and {MOST} are the most")
        if not all(isfinite(delay) and 0 <= delay <= LONGEST for delay in delays):
            raise InvalidRetryDelays(f"has a delay that is not between 0 and {LONGEST:.0f}")
        if any(later < earlier for earlier, later in pairwise(delays)):
            raise InvalidRetryDelays("has a delay that is shorter than the one before it")
        return cls(delays)

    @property
    def longest(self) -> float:
        """The longest delay without its jitter: no receiver may ask for a longer one."""
        return max(self.delays, default=0.0)

    @property
    def attempts(self) -> int:
        """How many attempts a delivery gets before it is given up."""
        return len(self.delays) + 1

    def delay(self, attempts: int, random: Random) -> float | None:
        """Return the seconds to wait after so many failed attempts, None to give up.

        `random` returns numbers of [0, 1).
        """
        if attempts < 1:
            raise ValueError("the ladder begins with the first attempt that failed")
        if attempts > len(self.delays):
            return None
        return self.delays[attempts - 1] * (1 + self.jitter * (2 * random() - 1))

    def delay_asked(self, attempts: int, asked: float, random: Random) -> float | None:
        """Return the same where the receiver asked to be left alone for some seconds.

        Within the schedule's bounds: never sooner than the step itself, whatever is asked, and
        never later than the longest step. In between as asked; the jitter then only adds to it.
        """
        step = self.delay(attempts, random)
        if step is None:
            return None
        return max(step, min(asked, self.longest) * (1 + self.jitter * random()))
