"""Tracking links, which projects hold: making one is an event."""

from typing import Any

from sqlalchemy import Connection

from hookwright_schemas import InvalidPayload
from hookwright_sender.api import times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    ID,
    NO_NUL,
    SAMPLE_ID,
    SAMPLE_TIME,
    TEXT,
    TIME,
    answered,
    described,
    wanted,
)
from hookwright_sender.api.routes import events
from hookwright_sender.api.routes.leads import DELIVERY_ID
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.platform.capture import Link
from hookwright_sender.platform.errors import AliasTaken, InvalidValue, LinksNotProven, NotFound
from hookwright_sender.platform.events import Event
from hookwright_sender.platform.link import DEFAULT_HOST

NEW = {"long_url": "https://www.joturl.com/", "alias": "joturl", "domain_host": "jo.my"}
SAMPLE = {
    "id": SAMPLE_ID,
    "alias": "joturl",
    "domain_id": SAMPLE_ID,
    "domain_host": "jo.my",
    "domain_nickname": "",
    "project_id": SAMPLE_ID,
    "project_name": "project #1",
    "short_url": "https://jo.my/joturl",
    "long_url": "https://www.joturl.com/",
    "notes": "",
    "tags": "",
    "event_id": SAMPLE_ID,
    "delivery_id": SAMPLE_ID,
    "created_at": SAMPLE_TIME,
}
FIELDS = tuple(SAMPLE)[:11]


def shown(event: Event) -> dict[str, Any]:
    """Write a link as its event tells of it; the webhook's parameters are not part of it."""
    return {
        **{name: event.payload[name] for name in FIELDS},
        "event_id": str(event.id),
        "delivery_id": None if event.delivery_id is None else str(event.delivery_id),
        "created_at": times.written(event.created_at),
    }


async def create(call: Call) -> Reply:
    """Make a link."""
    link = Link(call.id, **call.body)

    def work(connection: Connection) -> Reply:
        event = call.services.capture.link(call.principal, link, connection=connection)
        return Reply(shown(event), 201, {"location": f"{PREFIX}/events/{event.id}"})

    return await call.once(work)


RESOURCE = Resource(
    "Events",
    events.RESOURCE.description,
    (
        Operation(
            "POST", f"{PREFIX}/projects/{{id}}/links", "createLink", "Events",
            "Make a tracking link in a project", create,
            (
                Answer(
                    201, "The link; `location` is the event that it made.", "Link", SAMPLE,
                    ("location",), {"getEvent": "event_id"},
                ),
            ),
            body="NewLink", body_example=NEW,
            refusals=(NotFound, AliasTaken, LinksNotProven, InvalidPayload, InvalidValue),
            idempotent=True,
        ),
    ),
    {
        "Link": answered(
            {
                **{name: ID if name.endswith("id") else TEXT for name in FIELDS},
                "event_id": ID,
                "delivery_id": DELIVERY_ID,
                "created_at": TIME,
            }
        ),
        "NewLink": wanted(
            {
                "long_url": described(TEXT, "Where the link leads.", minLength=1, pattern=NO_NUL),
                "alias": described(
                    TEXT,
                    "The last part of the short URL, once on its host, which on the platform's "
                    "may be taken by another account; without one a free one is made.",
                    pattern="^[A-Za-z0-9._~-]{1,100}$",
                ),
                "domain_host": described(
                    TEXT,
                    "The host of the short URL: a domain of yours that is verified; without one "
                    f"it is the platform's own, {DEFAULT_HOST}.",
                    minLength=1, maxLength=253, pattern=NO_NUL,
                ),
                "notes": described(TEXT, "The owner's notes.", default="", pattern=NO_NUL),
                "tags": described(TEXT, "Separated by commas.", default="", pattern=NO_NUL),
            },
            "long_url",
        ),
    },
)  # fmt: skip
