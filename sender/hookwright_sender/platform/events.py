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
from hookwright_sender.store.scan import ROWS, limit_time, lowest
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
    """The events of an account. `scan` is how many of them one page looks at."""

    def __init__(self, database: Database, ring: KeyRing, scan: int = ROWS) -> None:
        self._database = database
        self._ring = ring
        self._scan = scan

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
        """Return a part of the events, newest first; tests of webhooks are among them.

        With filters it may be short, even empty, and still have a `next`: few were found among
        those that it looked at.
        """
        among = [events.c.account_id == principal.account_id]
        wanted = {events.c.event: event, events.c.cta_id: cta_id, events.c.project_id: project_id}
        filters = [column == value for column, value in wanted.items() if value is not None]
        if after is not None:
            among.append(events.c.id < after)
        with self._database.reading() as connection:
            limit_time(connection)
            end = lowest(connection, events.c.id, among, self._scan) if filters else None
            if end is not None:
                among.append(events.c.id >= end)
            query = select(events).where(*among, *filters)
            found = page(connection, query, events.c.id, None, limit, self._event)
        return Page(found.items, end if found.next is None else found.next)

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
