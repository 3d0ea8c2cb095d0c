"""Who changed what; never a value."""

from dataclasses import dataclass
from sqlalchemy import Connection
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: `webhook.set` of `cta:123` by `key:45`."""

    id: int
    actor: str
    action: str
    subject: str
    created_at: float


class Audit:
    """The audit log of an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Entry]:
        raise NotImplementedError
