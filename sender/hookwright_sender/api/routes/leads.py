"""Leads, which CTAs collect: each is an event."""

from typing import Any

from sqlalchemy import Connection

from hookwright_schemas import Contract, InvalidPayload
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    ID,
    SAMPLE_ID,
    TEXT,
    answered,
    described,
    nullable,
    wanted,
)
from hookwright_sender.api.routes import events
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.platform.capture import Lead
from hookwright_sender.platform.errors import InvalidValue, NotFound
from hookwright_sender.platform.events import Event

NEW = {"data": "john.smith@example.com", "name": "John Smith"}
SAMPLE = {**events.SAMPLE, "delivery_id": SAMPLE_ID}
DELIVERY_ID = described(nullable(ID), "The delivery that it makes; null where there is no webhook.")


def captured(event: Event, contract: Contract) -> dict[str, Any]:
    """Write an event together with the delivery that it made."""
    delivery = None if event.delivery_id is None else str(event.delivery_id)
    return {**events.shown(event, contract), "delivery_id": delivery}


async def create(call: Call) -> Reply:
    """Take a lead."""
    body = call.body
    contract = call.services.contract
    lead = Lead(call.id, body["data"], body.get("name", ""), body.get("extended_info"))

    def work(connection: Connection) -> Reply:
        event = call.services.capture.lead(call.principal, lead, connection=connection)
        return Reply(captured(event, contract), 201, {"location": f"{PREFIX}/events/{event.id}"})

    return await call.once(work)


RESOURCE = Resource(
    "Events",
    events.RESOURCE.description,
    (
        Operation(
            "POST", f"{PREFIX}/ctas/{{id}}/leads", "createLead", "Events",
            "Collect a lead on a CTA", create,
            (
                Answer(
                    201, "The lead's event; it is stored, and will be delivered.",
                    "Lead", SAMPLE, ("location",), {"getEvent": "id"},
                ),
            ),
            body="NewLead", body_example=NEW,
            refusals=(NotFound, InvalidPayload, InvalidValue), idempotent=True,
        ),
    ),
    {
        "Lead": answered({**events.PROPERTIES, "delivery_id": DELIVERY_ID}),
        "NewLead": wanted(
            {
                "data": described(
                    TEXT,
                    "What the person entered; with a social CTA an e-mail address.",
                    minLength=1,
                ),
                "name": described(TEXT, "The person's name, as far as it is known.", default=""),
                "extended_info": {
                    "type": "object",
                    "description": "More about the person: with a social CTA, and no other.",
                },
            },
            "data",
        ),
    },
)  # fmt: skip
