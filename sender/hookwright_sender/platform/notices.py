"""What an owner should know without having asked."""

from dataclasses import dataclass
from sqlalchemy import Connection
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `kind` is `proof_lost`, `proof_regained` or what the delivery worker tells."""

    id: int
    kind: str
    message: str
    webhook_id: int | None
    domain_id: int | None
    created_at: float


class Notices:
    """The notices of an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Notice]:
        raise NotImplementedError
