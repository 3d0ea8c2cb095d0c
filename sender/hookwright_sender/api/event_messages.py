"""The `webhooks` of the OpenAPI document: the messages that receivers get."""

from typing import Any

from hookwright_schemas import Contract, EventDefinition
from hookwright_sender.api.components import SAMPLE_ID, reference

ANSWERS = {
    "2XX": "The message was taken; the body does not matter.",
    "410": "No message is wanted any more: the webhook is disabled at once.",
    "429": "It is tried again, not before what `retry-after` says.",
    "503": "It is tried again, not before what `retry-after` says.",
    "default": "A failure: it is tried again for days. Redirects are never followed.",
}


def described_messages(contract: Contract) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the `webhooks` of a contract, and the components that they name."""
    messages = {event.id: {"post": _message(contract, event)} for event in contract.events}
    return messages, {event.id: event.schema for event in contract.events}


def _message(contract: Contract, event: EventDefinition) -> dict[str, Any]:
    return {
        "operationId": event.id,
        "summary": event.title,
        "description": event.description,
        "security": [],
        "parameters": _headers(contract, event),
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": reference(event.id),
                    "examples": {
                        sample.name: {"value": sample.payload} for sample in event.samples
                    },
                }
            },
        },
        "responses": {status: {"description": text} for status, text in ANSWERS.items()},
    }


def _headers(contract: Contract, event: EventDefinition) -> list[dict[str, Any]]:
    rows = {
        "webhook-id": ("The message's id, the same in every attempt.", f"msg_{SAMPLE_ID}"),
        "webhook-timestamp": ("Unix seconds of the attempt.", "1795629600"),
        "webhook-signature": (
            "`v1,` and a signature (Standard Webhooks); two, while a secret is being changed.",
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        ),
        "hookwright-contract": ("The contract's name, version and digest.", contract.identity),
        "user-agent": ("The sender and its version.", "hookwright/1.0.0"),
    }
    if contract.idempotency_header is not None:
        rows.setdefault(contract.idempotency_header.lower(), rows["webhook-id"])
    if contract.classification.header is not None and event.value is not None:
        rows[contract.classification.header] = ("Which event it is.", event.value)
    return [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": description,
            "schema": {"type": "string"},
            "example": example,
        }
        for name, (description, example) in rows.items()
    ]
