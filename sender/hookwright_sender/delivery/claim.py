"""What a worker has claimed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The webhook of a claimed delivery, as it is now: sealed, with what changes at each change.

    `settings` and `secrets` are the columns of `webhooks`.
    """

    webhook_id: int
    account_id: int
    revision: int
    settings: bytes
    secrets: bytes
    failing_since: float | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is this worker's until the lease ends, unless its `claim` is outdated.

    `body` is sealed. `attempts` came to an end before, `step` of them since the last replay.
    """

    delivery_id: int
    claim: int
    event_id: int
    account_id: int
    event: str
    contract: str
    body: bytes
    test: bool
    attempts: int
    step: int
    created_at: float
    webhook: Target

    @property
    def webhook_id(self) -> int:
        """The webhook that it goes to."""
        return self.webhook.webhook_id
