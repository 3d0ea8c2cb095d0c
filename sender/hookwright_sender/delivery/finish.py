"""What came of a claimed delivery, and how it is recorded."""

from dataclasses import dataclass

from hookwright_sender.delivery.claim import Claimed
from hookwright_sender.outcome import Outcome
from hookwright_sender.retry.decision import Decision


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt that came to an end; times are Unix seconds, `latency` seconds.

    `details` is sealed. `decision.retry_at` is on the clock that `ended_at` was read from.
    """

    claimed: Claimed
    decision: Decision
    outcome: Outcome
    status: int | None
    started_at: float
    ended_at: float
    latency: float
    details: bytes
