"""The health of a webhook: since when it fails, and when to stop calling it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from hookwright_sender.retry.decision import Action, Decision

# Five days (Standard Webhooks).
PATIENCE = 5 * 86400.0


class Change(StrEnum):
    """What an owner should know of."""

    FAILING = "failing"
    RECOVERED = "recovered"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a webhook; the times are Unix seconds, of the ends of attempts.

    `failing_since` is the first failure since the last success, None after a success.
    `disabled_at` is None unless it was disabled; `reason` then says why, for a person. `Health()`
    is a new start, which is also what enabling a webhook again gives it.
    """

    failing_since: float | None = None
    disabled_at: float | None = None
    reason: str = ""

    @property
    def disabled(self) -> bool:
        """Tell whether nothing is sent until somebody enables it again."""
        return self.disabled_at is not None


@dataclass(frozen=True, slots=True)
class Transition:
    """The health after an attempt, and what changed with it; mostly nothing."""

    health: Health
    changes: tuple[Change, ...] = ()


def observe(
    health: Health, decision: Decision, at: float, patience: float = PATIENCE
) -> Transition:
    """Return a webhook's health after one more attempt, which ended `at` (Unix seconds).

    Attempts may be reported out of order: a success from before `failing_since` ends no failure.
    A webhook that is disabled stays so, whatever the attempts still say that were in flight. The
    same `Health` is returned where nothing changed, so that nothing needs to be written.
    """
    if health.disabled:
        return Transition(health)
    if decision.action is Action.DELIVERED:
        recovered = health.failing_since is not None and at >= health.failing_since
        return Transition(Health(), (Change.RECOVERED,)) if recovered else Transition(health)
    changes = (Change.FAILING,) if health.failing_since is None else ()
    since = at if health.failing_since is None else health.failing_since
    reason = _disabling(decision, since, at, patience)
    if reason is not None:
        return Transition(Health(since, at, reason), (*changes, Change.DISABLED))
    return Transition(Health(since), changes) if changes else Transition(health)


def _disabling(decision: Decision, since: float, at: float, patience: float) -> str | None:
    again = "enable it again when its receiver answers"
    if decision.gone:
        return f"the receiver answered 410 (Gone) on {_written(at)}: {again}"
    if at - since < patience:
        return None
    return f"every attempt since {_written(since)} failed, the last with {decision.reason}: {again}"


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
