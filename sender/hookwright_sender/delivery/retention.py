"""Forgetting: what is finished and old enough goes."""

from dataclasses import dataclass

from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went."""

    deliveries: int = 0
    events: int = 0
    answers: int = 0
    notices: int = 0


class Retention:
    """Purges in batches, each a transaction of its own; never what is pending."""

    def __init__(self, database: Database, days: float = 30.0, batch: int = 500) -> None:
        self._database = database
        self._days = days
        self._batch = batch

    def purge(self) -> Purged:
        """Purge everything that is older than the days to keep; return what went."""
        raise NotImplementedError
