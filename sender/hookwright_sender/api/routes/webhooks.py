"""Webhooks as objects of their own: all of an account's, and what is done with one by its id."""

from typing import Any

from hookwright_sender.api import pagination, times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    ID,
    MASK,
    NO_NUL,
    SAMPLE_ID,
    SAMPLE_TIME,
    TEXT,
    TIME,
    answered,
    described,
    nullable,
    page_of,
    reference,
    wanted,
)
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.platform.errors import HostNotProven, NotFound
from hookwright_sender.platform.webhooks import Webhook

STATE = {
    "type": "string",
    "enum": ["active", "held", "disabled"],
    "description": "`held`: the proof of its host is gone; `disabled`: it failed for too long.",
}
SAMPLE = {
    "id": SAMPLE_ID,
    "cta_id": SAMPLE_ID,
    "project_id": None,
    "target": "custom",
    "url": "https://hooks.example.com/joturl",
    "parameters": {"token": {"masked": True}},
    "state": "active",
    "reason": "",
    "failing_since": None,
    "disabled_at": None,
    "created_at": SAMPLE_TIME,
    "updated_at": SAMPLE_TIME,
}


def shown(webhook: Webhook) -> dict[str, Any]:
    """Write a webhook; no value of a parameter is in it."""
    owner = webhook.owner
    return {
        "id": str(webhook.id),
        "cta_id": str(owner.id) if owner.kind == "cta" else None,
        "project_id": str(owner.id) if owner.kind == "project" else None,
        "target": webhook.target,
        "url": webhook.url,
        "parameters": {name: dict(mask) for name, mask in webhook.parameters.items()},
        "state": webhook.state,
        "reason": webhook.reason,
        "failing_since": times.written(webhook.failing_since),
        "disabled_at": times.written(webhook.disabled_at),
        "created_at": times.written(webhook.created_at),
        "updated_at": times.written(webhook.updated_at),
    }


async def page(call: Call) -> Reply:
    """List webhooks."""
    return Reply(pagination.shown(await call.run(call.services.webhooks.page, *call.page), shown))


async def get(call: Call) -> Reply:
    """Show a webhook."""
    return Reply(shown(await call.run(call.services.webhooks.get_by_id, call.principal, call.id)))


async def enable(call: Call) -> Reply:
    """Enable a webhook again, and replay what it missed."""
    done = await call.run(call.services.webhooks.enable, call.principal, call.id)
    return Reply({"webhook": shown(done.webhook), "replayed": done.replayed})


PROPERTIES = {
    "id": ID,
    "cta_id": described(nullable(ID), "The CTA that it belongs to."),
    "project_id": described(nullable(ID), "The project that it belongs to."),
    "target": described(TEXT, "`custom` is a URL of the owner's."),
    "url": TEXT,
    "parameters": {
        "type": "object",
        "additionalProperties": MASK,
        "description": "The names of the additional parameters; their values are never shown.",
    },
    "state": STATE,
    "reason": described(TEXT, "Why it is held or disabled, and what to do about it."),
    "failing_since": described(nullable(TIME), "The first failure since the last success."),
    "disabled_at": nullable(TIME),
    "created_at": TIME,
    "updated_at": TIME,
}
SECRET = described(
    {"type": "string", "pattern": "^whsec_", "examples": ["whsec_c2FtcGxlIG9mIGEgc2VjcmV0"]},
    "The secret that messages are signed with (Standard Webhooks). It is shown this once.",
)

RESOURCE = Resource(
    "Webhooks",
    "Where events are sent: one webhook for each CTA and each project.",
    (
        Operation(
            "GET", f"{PREFIX}/webhooks", "listWebhooks", "Webhooks", "List the webhooks", page,
            (Answer(200, "A page of webhooks.", "WebhookPage", {"items": [SAMPLE], "next": None}),),
            query=pagination.PARAMETERS,
        ),
        Operation(
            "GET", f"{PREFIX}/webhooks/{{id}}", "getWebhook", "Webhooks", "Show a webhook", get,
            (Answer(200, "The webhook.", "Webhook", SAMPLE),),
            refusals=(NotFound,),
        ),
        Operation(
            "POST", f"{PREFIX}/webhooks/{{id}}/enable", "enableWebhook", "Webhooks",
            "Enable a webhook again, and deliver everything that it missed", enable,
            (
                Answer(
                    200, "The webhook, and how many deliveries will be made now.",
                    "EnabledWebhook", {"webhook": SAMPLE, "replayed": 0},
                ),
            ),
            refusals=(NotFound, HostNotProven), bulky=True,
        ),
    ),
    {
        "Webhook": answered(PROPERTIES),
        "CreatedWebhook": answered({**PROPERTIES, "secret": SECRET}),
        "WebhookPage": page_of("Webhook"),
        "EnabledWebhook": answered(
            {"webhook": reference("Webhook"), "replayed": {"type": "integer", "minimum": 0}}
        ),
        "NewSecret": answered({"secret": SECRET}),
        "WebhookSettings": wanted(
            {
                "target": {
                    "type": "string", "default": "custom", "pattern": NO_NUL,
                    "description": "`custom`, a URL of the owner's, is the one that there is.",
                },
                "url": {
                    "type": "string", "minLength": 1, "maxLength": 2048,
                    "description": "Its host must be proven to be yours: see the domains.",
                },
                "parameters": {
                    "type": "object",
                    "default": {},
                    "additionalProperties": {
                        "anyOf": [{"type": ["string", "number", "boolean", "null"]}, MASK]
                    },
                    "description": (
                        "Sent with every message, beside the documented fields, whose names they "
                        "may not have: 50 of them, and 8 KiB, at most."
                    ),
                },
            },
            "url",
        ),
        "TestResult": answered(
            {
                "delivery_id": ID,
                "succeeded": {"type": "boolean", "description": "Whether the answer was a 2xx."},
                "outcome": TEXT,
                "status": {"type": ["integer", "null"]},
                "latency": {"type": "number", "minimum": 0, "description": "In seconds."},
                "body": described(
                    TEXT, "The first 1,024 bytes of the answer, known secrets masked."
                ),
                "error": described(nullable(TEXT), "What went wrong, and what to do about it."),
            }
        ),
    },
)  # fmt: skip
