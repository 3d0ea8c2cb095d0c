"""Deliveries: the log of what was sent where, and what came of it."""

import re
from typing import Any

from hookwright_sender.api import pagination, queries, times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    BOOLEAN,
    ID,
    SAMPLE_ID,
    SAMPLE_TIME,
    TEXT,
    TIME,
    answered,
    described,
    nullable,
    page_of,
)
from hookwright_sender.api.problems import not_found
from hookwright_sender.api.routes.events import EVENT, id_parameter
from hookwright_sender.api.table import PREFIX, Answer, Operation, Parameter, Reply, Resource
from hookwright_sender.delivery.claim import LOST
from hookwright_sender.delivery.log import Delivery, Filters, LoggedAttempt
from hookwright_sender.outcome import Outcome
from hookwright_sender.platform.errors import NotFound

STATES = ("pending", "delivered", "dead", "cancelled")
OUTCOMES = tuple(outcome.value for outcome in Outcome)
LAST_OUTCOMES = (*OUTCOMES, LOST)
HTTP_STATUS = "^[1-5][0-9]{2}$"
_HTTP_STATUS = re.compile(HTTP_STATUS)

SAMPLE = {
    "id": SAMPLE_ID,
    "event_id": SAMPLE_ID,
    "webhook_id": SAMPLE_ID,
    "event": "form_lead",
    "test": False,
    "status": "delivered",
    "attempt_count": 1,
    "last_outcome": "success",
    "last_status": 200,
    "created_at": SAMPLE_TIME,
    "due_at": None,
    "finished_at": SAMPLE_TIME,
}
ATTEMPT = {
    "number": 1,
    "started_at": SAMPLE_TIME,
    "latency": 0.042,
    "outcome": "success",
    "status": 200,
    "request_headers": {"content-type": "application/json"},
    "response_headers": {"content-type": "text/plain"},
    "response_body": "ok",
    "error": None,
}


def shown(delivery: Delivery) -> dict[str, Any]:
    """Write a delivery."""
    return {
        "id": str(delivery.id),
        "event_id": str(delivery.event_id),
        "webhook_id": str(delivery.webhook_id),
        "event": delivery.event,
        "test": delivery.test,
        "status": delivery.state,
        "attempt_count": delivery.attempts,
        "last_outcome": delivery.last_outcome,
        "last_status": delivery.last_status,
        "created_at": times.written(delivery.created_at),
        "due_at": times.written(delivery.due_at),
        "finished_at": times.written(delivery.finished_at),
    }


def shown_attempt(attempt: LoggedAttempt) -> dict[str, Any]:
    """Write an attempt."""
    return {
        "number": attempt.number,
        "started_at": times.written(attempt.started_at),
        "latency": attempt.latency,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "request_headers": dict(attempt.request_headers),
        "response_headers": dict(attempt.response_headers),
        "response_body": attempt.response_body.decode("utf-8", "replace"),
        "error": attempt.error,
    }


def read_status(text: str) -> int:
    """Read an HTTP status; raises `ValueError`."""
    if _HTTP_STATUS.fullmatch(text) is None:
        raise ValueError("must be an HTTP status, such as 500")
    return int(text)


async def page(call: Call) -> Reply:
    """List deliveries."""
    query = call.query
    filters = Filters(
        webhook_id=query.get("webhook"),
        event=query.get("event"),
        state=query.get("status"),
        outcome=query.get("outcome"),
        status=query.get("last_status"),
        since=query.get("since"),
        until=query.get("until"),
    )
    principal, after, limit = call.page
    found = await call.run(
        call.services.deliveries.list, principal.account_id, filters, after, limit
    )
    return Reply(pagination.shown(found, shown))


async def get(call: Call) -> Reply:
    """Show a delivery with its attempts."""
    found = await call.run(call.services.deliveries.show, call.principal.account_id, call.id)
    if found is None:
        raise not_found()
    attempts = [shown_attempt(attempt) for attempt in found.attempts]
    return Reply({**shown(found.delivery), "attempts": attempts})


ATTEMPT_SCHEMA = answered(
    {
        "number": {"type": "integer", "minimum": 1},
        "started_at": TIME,
        "latency": {"type": "number", "minimum": 0, "description": "In seconds."},
        "outcome": {"type": "string", "enum": list(OUTCOMES)},
        "status": {"type": ["integer", "null"], "description": "The answer's HTTP status."},
        "request_headers": {"type": "object", "additionalProperties": TEXT},
        "response_headers": {"type": "object", "additionalProperties": TEXT},
        "response_body": described(TEXT, "Its first 1,024 bytes, known secrets masked."),
        "error": described(nullable(TEXT), "What went wrong, and what to do about it."),
    }
)
PROPERTIES = {
    "id": ID,
    "event_id": ID,
    "webhook_id": ID,
    "event": TEXT,
    "test": BOOLEAN,
    "status": {
        "type": "string",
        "enum": list(STATES),
        "description": "`dead`: no attempt is left; `cancelled`: its webhook was removed.",
    },
    "attempt_count": {"type": "integer", "minimum": 0},
    "last_outcome": {
        "enum": [*LAST_OUTCOMES, None],
        "description": "Of the last attempt; `lost`: again and again, a worker ended during it.",
    },
    "last_status": {"type": ["integer", "null"], "description": "Its HTTP status."},
    "created_at": TIME,
    "due_at": described(nullable(TIME), "When the next attempt is made, while it is pending."),
    "finished_at": nullable(TIME),
}
MOMENT = {"type": "string", "pattern": times.PATTERN, "examples": [SAMPLE_TIME]}

RESOURCE = Resource(
    "Deliveries",
    "What was sent where, and what came of it, attempt by attempt.",
    (
        Operation(
            "GET", f"{PREFIX}/deliveries", "listDeliveries", "Deliveries", "List the deliveries",
            page,
            (
                Answer(
                    200, "A page of deliveries.", "DeliveryPage", {"items": [SAMPLE], "next": None}
                ),
            ),
            query=(
                *pagination.PARAMETERS,
                id_parameter("webhook", "Only deliveries to this webhook."),
                EVENT,
                Parameter(
                    "status", {"type": "string", "enum": list(STATES)},
                    "Only deliveries in this state.", queries.choice(STATES), "dead",
                ),
                Parameter(
                    "outcome", {"type": "string", "enum": list(LAST_OUTCOMES)},
                    "Only those whose last attempt ended so.", queries.choice(LAST_OUTCOMES),
                ),
                Parameter(
                    "last_status", {"type": "string", "pattern": HTTP_STATUS},
                    "Only those last answered with this HTTP status.", read_status,
                ),
                Parameter(
                    "since", MOMENT, "Only those made at this moment, or later.", times.read
                ),
                Parameter("until", MOMENT, "Only those made before this moment.", times.read),
            ),
        ),
        Operation(
            "GET", f"{PREFIX}/deliveries/{{id}}", "getDelivery", "Deliveries",
            "Show a delivery with its attempts", get,
            (Answer(200, "The delivery.", "DeliveryDetails", {**SAMPLE, "attempts": [ATTEMPT]}),),
            refusals=(NotFound,),
        ),
    ),
    {
        "Delivery": answered(PROPERTIES),
        "DeliveryPage": page_of("Delivery"),
        "DeliveryDetails": answered(
            {**PROPERTIES, "attempts": {"type": "array", "items": ATTEMPT_SCHEMA}}
        ),
    },
)  # fmt: skip
