"""What happened, for its owner to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Event:
    """An event. `payload` is what its message says; `delivery_id` is known when it is captured, None without a webhook."""

    id: int
    event: str
    cta_id: int | None
    project_id: int | None
    test: bool
    payload: Mapping[str, Any]
    created_at: float
    delivery_id: int | None = None


class Events:
    """The events of an account."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database

    def get(self, principal: Principal, event_id: int) -> Event:
        raise NotImplementedError

    def page(
        self,
        principal: Principal,
        after: int | None = None,
        limit: int = DEFAULT_LIMIT,
        *,
        event: str | None = None,
        cta_id: int | None = None,
        project_id: int | None = None,
    ) -> Page[Event]:
        raise NotImplementedError
