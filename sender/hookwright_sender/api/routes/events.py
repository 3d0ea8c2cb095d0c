"""Events: what happened, and how it gets in."""

import re
from typing import Any

from hookwright_schemas import Contract
from hookwright_sender.api import pagination, times
from hookwright_sender.api.call import Call, read_id
from hookwright_sender.api.components import (
    BOOLEAN,
    ID,
    ID_PATTERN,
    MASK,
    SAMPLE_ID,
    SAMPLE_TIME,
    TEXT,
    TIME,
    answered,
    described,
    nullable,
    page_of,
)
from hookwright_sender.api.table import PREFIX, Answer, Operation, Parameter, Reply, Resource
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.events import Event

SAMPLE = {
    "id": SAMPLE_ID,
    "event": "form_lead",
    "cta_id": SAMPLE_ID,
    "project_id": None,
    "test": False,
    "payload": {
        "data": "john.smith@example.com",
        "type": "email",
        "date": "2026-11-25",
        "name": "John Smith",
    },
    "parameters": {"token": {"masked": True}},
    "created_at": SAMPLE_TIME,
}
NAME_PATTERN = "^[A-Za-z0-9_.-]{1,100}$"
_NAME = re.compile(NAME_PATTERN)


def shown(event: Event, contract: Contract) -> dict[str, Any]:
    """Write an event; the values of the webhook's parameters, such as a token, are masked."""
    known = {definition.id: definition for definition in contract.events}.get(event.event)
    documented = {field.name for field in known.fields} if known else set()
    payload = event.payload
    return {
        "id": str(event.id),
        "event": event.event,
        "cta_id": None if event.cta_id is None else str(event.cta_id),
        "project_id": None if event.project_id is None else str(event.project_id),
        "test": event.test,
        "payload": {name: value for name, value in payload.items() if name in documented},
        "parameters": {name: {"masked": True} for name in payload if name not in documented},
        "created_at": times.written(event.created_at),
    }


def read_name(text: str) -> str:
    """Read the id of an event of the contract; one that is none happens never."""
    if _NAME.fullmatch(text) is None:
        raise ValueError("must be the name of an event, such as form_lead")
    return text


async def page(call: Call) -> Reply:
    """List events."""
    query = call.query
    found = await call.run(
        call.services.events.page,
        *call.page,
        event=query.get("event"),
        cta_id=query.get("cta"),
        project_id=query.get("project"),
    )
    contract = call.services.contract
    return Reply(pagination.shown(found, lambda event: shown(event, contract)))


async def get(call: Call) -> Reply:
    """Show an event."""
    event = await call.run(call.services.events.get, call.principal, call.id)
    return Reply(shown(event, call.services.contract))


def id_parameter(name: str, description: str) -> Parameter:
    """Return a filter by an id."""
    return Parameter(name, {"type": "string", "pattern": ID_PATTERN}, description, read_id)


EVENT = Parameter(
    "event",
    {"type": "string", "pattern": NAME_PATTERN},
    "Only this event, such as `form_lead`.",
    read_name,
    "form_lead",
)

PROPERTIES = {
    "id": described(ID, "The message's `webhook-id` is `msg_` and this."),
    "event": described(TEXT, "Such as `form_lead`."),
    "cta_id": nullable(ID),
    "project_id": nullable(ID),
    "test": described(BOOLEAN, "Whether it is sample data, sent to test the webhook."),
    "payload": {"type": "object", "description": "The documented fields of its message."},
    "parameters": {
        "type": "object",
        "additionalProperties": MASK,
        "description": "The names of the additional parameters in its message.",
    },
    "created_at": TIME,
}

RESOURCE = Resource(
    "Events",
    "What happened: leads of CTAs, tracking links of projects.",
    (
        Operation(
            "GET", f"{PREFIX}/events", "listEvents", "Events", "List the events", page,
            (Answer(200, "A page of events.", "EventPage", {"items": [SAMPLE], "next": None}),),
            query=(
                *pagination.PARAMETERS,
                EVENT,
                id_parameter("cta", "Only events of this CTA."),
                id_parameter("project", "Only events of this project."),
            ),
        ),
        Operation(
            "GET", f"{PREFIX}/events/{{id}}", "getEvent", "Events", "Show an event", get,
            (Answer(200, "The event.", "Event", SAMPLE),),
            refusals=(NotFound,),
        ),
    ),
    {"Event": answered(PROPERTIES), "EventPage": page_of("Event")},
)  # fmt: skip
