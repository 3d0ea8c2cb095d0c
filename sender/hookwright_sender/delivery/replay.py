"""Sending again: one delivery, a range, everything that failed, everything that was missed."""

from hookwright_sender.delivery.log import Filters
from hookwright_sender.store.database import Database


class Replay:
    """Makes deliveries due again; the message stays the same, the ladder begins anew.

    What is in flight is left alone. Commits in batches; call `worker.wake()` afterwards where the
    worker is in this process.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, account_id: int, delivery_id: int) -> bool | None:
        """Replay a delivery, whatever its state; None when the account has no such delivery.

        False when its webhook was removed: there is nowhere to send it.
        """
        raise NotImplementedError

    def range(self, account_id: int, filters: Filters) -> int:
        """Replay every delivery of a listing whose webhook is still there; return how many."""
        raise NotImplementedError

    def failed(self, account_id: int, webhook_id: int | None = None) -> int:
        """Replay every dead delivery, of one webhook or of all; return how many."""
        raise NotImplementedError

    def enable(self, account_id: int, webhook_id: int) -> int | None:
        """Enable a disabled webhook and replay all that it missed; return how many those are.

        Those are the dead since it began to fail; what was pending is due at once, too. None when
        the account has no such webhook.
        """
        raise NotImplementedError
