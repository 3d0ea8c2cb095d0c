"""What becomes of a delivery after an attempt."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from hookwright_sender.outcome import Outcome
from hookwright_sender.retry.ladder import Ladder, Random
from hookwright_sender.retry.retry_after import parse_retry_after

GONE = 410
# The statuses with which a `Retry-After` means what it says (429: RFC 6585, section 4).
ASK_FOR_TIME = frozenset((429, 503))


class Action(StrEnum):
    """What is to be done with a delivery."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a delivery, and why, in one line for a person.

    `retry_at` is in Unix seconds, None unless it is to be retried. `gone` says that the receiver
    wants nothing any more: its webhook is disabled at once.
    """

    action: Action
    reason: str
    retry_at: float | None = None
    gone: bool = False


def decide(  # noqa: PLR0913, PLR0917  all that a decision depends on, and nothing else
    outcome: Outcome,
    status: int | None,
    attempts_so_far: int,
    retry_after: str | None,
    now: float,
    random: Random,
    ladder: Ladder,
) -> Decision:
    """Decide what becomes of a delivery after an attempt that ended `now` (Unix seconds).

    `attempts_so_far` counts this attempt too, since the event or since the last replay.
    `retry_after` is the header as it came, None without one. A 2xx is delivered, 410 and a
    refusal by the egress policy are final, everything else is retried on the ladder.
    """
    if outcome is Outcome.SUCCESS:
        return _delivered(status)
    # Not for a 410 that broke off or made no sense: this cannot be taken back by itself.
    if outcome is Outcome.CLIENT_ERROR and status == GONE:
        return Decision(Action.DEAD, "the receiver answered 410: it is gone for good", gone=True)
    if outcome is Outcome.FORBIDDEN:
        return Decision(Action.DEAD, "the address is one that must not be called: no retry helps")
    asked = parse_retry_after(retry_after, now) if status in ASK_FOR_TIME else None
    if asked is None:
        delay = ladder.delay(attempts_so_far, random)
    else:
        delay = ladder.delay_asked(attempts_so_far, asked, random)
    what = _described(outcome, status)
    if delay is None:
        return Decision(Action.DEAD, f"{what}, and no attempt is left after {attempts_so_far}")
    return Decision(Action.RETRY, what, now + delay)


@cache
def _delivered(status: int | None) -> Decision:
    return Decision(Action.DELIVERED, f"the receiver took it with {status}")


def _described(outcome: Outcome, status: int | None) -> str:
    named = outcome.value.replace("_", " ")
    return named if status is None else f"{named} {status}"
