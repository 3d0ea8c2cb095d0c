"""Replays: the same messages again, whatever came of them."""

from typing import Any

from hookwright_schemas import Violation
from hookwright_sender.api import times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import answered, described, wanted
from hookwright_sender.api.problems import (
    INVALID_BODY,
    WEBHOOK_REMOVED,
    Problem,
    invalid_body,
    not_found,
)
from hookwright_sender.api.routes import deliveries
from hookwright_sender.api.routes.events import NAME_PATTERN
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.delivery.log import Filters
from hookwright_sender.platform.errors import NotFound

ALL = "all"


async def one(call: Call) -> Reply:
    """Replay one delivery."""
    account = call.principal.account_id
    done = await call.run(call.services.replay.one, account, call.id)
    if done is None:
        raise not_found()
    if not done:
        raise Problem(
            WEBHOOK_REMOVED,
            "its webhook was removed, so there is nowhere to send it: set one again",
        )
    call.services.wake()
    found = await call.run(call.services.deliveries.show, account, call.id)
    if found is None:
        # Retention may purge it at any time.
        raise not_found()
    return Reply(deliveries.shown(found.delivery))


async def many(call: Call) -> Reply:
    """Replay deliveries of a webhook: the dead ones, or those that the body asks for."""
    body = call.body
    webhook = await call.run(call.services.webhooks.get_by_id, call.principal, call.id)
    status = body.get("status", "dead")
    filters = Filters(
        webhook_id=webhook.id,
        event=body.get("event"),
        state=None if status == ALL else status,
        outcome=body.get("outcome"),
        status=body.get("last_status"),
        since=_moment(body, "since"),
        until=_moment(body, "until"),
    )
    count = await call.run(call.services.replay.range, call.principal.account_id, filters)
    call.services.wake()
    return Reply({"replayed": count})


def _moment(body: dict[str, Any], name: str) -> float | None:
    if name not in body:
        return None
    try:
        return times.read(body[name])
    except ValueError as error:
        raise invalid_body(INVALID_BODY, [Violation(f"/{name}", str(error), "format")]) from None


RESOURCE = Resource(
    deliveries.RESOURCE.name,
    deliveries.RESOURCE.description,
    (
        Operation(
            "POST", f"{PREFIX}/deliveries/{{id}}/replay", "replayDelivery", "Deliveries",
            "Send a delivery's message again", one,
            (Answer(200, "The delivery, due now.", "Delivery", deliveries.SAMPLE),),
            refusals=(NotFound, WEBHOOK_REMOVED),
        ),
        Operation(
            "POST", f"{PREFIX}/webhooks/{{id}}/replay", "replayWebhook", "Deliveries",
            "Send again what failed, or any other part of a webhook's deliveries", many,
            (
                Answer(
                    200, "How many deliveries are due now.", "Replayed", {"replayed": 12}
                ),
            ),
            description="Without a body, every dead delivery of the webhook.",
            body="Replay", body_required=False,
            body_example={"since": "2026-11-25T18:00:00Z", "status": "dead"},
            refusals=(NotFound,), bulky=True,
        ),
    ),
    {
        "Replayed": answered({"replayed": {"type": "integer", "minimum": 0}}),
        "Replay": wanted(
            {
                "status": {
                    "type": "string", "enum": [*deliveries.STATES, ALL], "default": "dead",
                    "description": "Only deliveries in this state, or `all`.",
                },
                "event": {"type": "string", "pattern": NAME_PATTERN},
                "outcome": {"type": "string", "enum": list(deliveries.LAST_OUTCOMES)},
                "last_status": {"type": "integer", "minimum": 100, "maximum": 599},
                "since": described(deliveries.MOMENT, "Made at this moment, or later."),
                "until": described(deliveries.MOMENT, "Made before this moment."),
            }
        ),
    },
)  # fmt: skip
