"""How long to leave a database alone that does not answer."""

from dataclasses import dataclass

from hookwright_sender.retry.ladder import Random

FIRST = 0.1
LONGEST = 5.0


@dataclass(slots=True)
class Backoff:
    """Doubles from 0.1 s to 5 s, of which up to a half is taken off at random."""

    rand: Random
    failures: int = 0

    def next(self) -> float:
        """Return the seconds to wait after one more failure."""
        delay = min(LONGEST, FIRST * 2.0 ** min(self.failures, 10))
        self.failures += 1
        return delay * (1 - self.rand() / 2)

    def reset(self) -> None:
        """Begin anew, after a success."""
        self.failures = 0
