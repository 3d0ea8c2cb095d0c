"""What happened, for its owner to read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page, page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import events


@dataclass(frozen=True, slots=True)
class Event:
    """An event. `payload` is its message, documented fields first and then the parameters.

    `delivery_id` is known when the event is captured; None for an owner without a webhook.
    """

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
        self._ring = ring

    def get(self, principal: Principal, event_id: int) -> Event:
        """Return an event. Raises `NotFound`."""
        query = select(events).where(
            events.c.id == event_id, events.c.account_id == principal.account_id
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("event", event_id)
        return self._event(row)

    def page(  # noqa: PLR0913  three filters
        self,
        principal: Principal,
        after: int | None = None,
        limit: int = DEFAULT_LIMIT,
        *,
        event: str | None = None,
        cta_id: int | None = None,
        project_id: int | None = None,
    ) -> Page[Event]:
        """Return a part of the events, newest first; tests of webhooks are among them."""
        query = select(events).where(events.c.account_id == principal.account_id)
        filters = ((events.c.event, event), (events.c.cta_id, cta_id))
        for column, value in (*filters, (events.c.project_id, project_id)):
            if value is not None:
                query = query.where(column == value)
        with self._database.reading() as connection:
            return page(connection, query, events.c.id, after, limit, self._event)

    def _event(self, row: Row[Any]) -> Event:
        body = self._ring.decrypt(row.body, place("events", "body", row.id))
        return Event(
            id=row.id,
            event=row.event,
            cta_id=row.cta_id,
            project_id=row.project_id,
            test=row.test,
            payload=json.loads(body),
            created_at=row.created_at,
        )
