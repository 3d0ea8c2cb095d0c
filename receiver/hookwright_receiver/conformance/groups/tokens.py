"""Group A, first half: the sender proves itself by a token in the message."""

import json
from dataclasses import replace
from typing import Any

from hookwright_receiver.conformance.credentials import TOKEN
from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.model import Fault
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("A", "authentication")

_COMPARE = "Compare the token as bytes in constant time; whatever is no string is a wrong token."


def _with_token(run: Run, **members: Any) -> Delivery:
    event = run.messages.plain
    # ASCII escapes, so that a lone surrogate can be written.
    body = json.dumps({**run.messages.sample(event), **members}).encode()
    return run.messages.raw(event, body)


@GROUP.case(
    1,
    "tokens that are not right",
    sent="missing, empty, wrong, a prefix of it, not a string, non-ASCII, a lone surrogate",
    expect="401",
    why="comparing str in constant time raises on non-ASCII",
    source="an event would be taken from a stranger",
    hint=_COMPARE,
    hints={
        "flask": "isinstance(token, str), then hmac.compare_digest over its UTF-8 (surrogatepass).",
        "starlette": "isinstance(token, str), then hmac.compare_digest over its UTF-8.",
        "express": "crypto.timingSafeEqual over SHA-256 digests: it throws on unequal lengths.",
        "php": "is_string($token) && hash_equals($secret, $token)",
    },
    modes=("token",),
)
async def wrong(run: Run) -> None:
    """Send every kind of wrong token in a message that is valid otherwise."""
    right = run.target.credentials.secrets[0]
    rows: list[tuple[dict[str, Any], str]] = [
        ({}, "no token"),
        ({TOKEN: ""}, "an empty token"),
        ({TOKEN: "wrong-" + run.messages.unique()}, "a wrong token"),
        ({TOKEN: right[:-1]}, "all but the last character"),
        ({TOKEN: right + "x"}, "one character more"),
        ({TOKEN: 1}, "a number"),
        ({TOKEN: True}, "true"),
        ({TOKEN: None}, "null"),
        ({TOKEN: [right]}, "an array with the token"),
        ({TOKEN: {"token": right}}, "an object with the token"),
        ({TOKEN: "tökén-\U0001f511"}, "non-ASCII"),
        ({TOKEN: "\ud800"}, "a lone surrogate"),
    ]
    if right.swapcase() != right:
        rows.append(({TOKEN: right.swapcase()}, "in the other case"))
    for members, label in rows:
        await run.expect(_with_token(run, **members), refuse(401), label)
    # A stranger learns nothing of the schema.
    delivery = run.messages.raw(run.messages.plain, b"{}")
    await run.expect(delivery, refuse(401), "no token and no field")


@GROUP.case(
    2,
    "the right token",
    sent="token right; the older of two configured secrets",
    expect="accept; token not stored",
    why="rotation, no leak",
    source="an event would be lost, or a secret shown",
    hint="Try every configured secret, and take the token out of the payload before you store it.",
    modes=("token",),
    observes=True,
)
async def right(run: Run) -> None:
    """Send each secret, then look for it in everything that is stored."""
    event = run.messages.plain
    sent = []
    for number, secret in enumerate(run.target.credentials.secrets[:2]):
        delivery = run.messages.message(event)
        payload = {**delivery.payload, TOKEN: secret}
        body = run.messages.contract.encode(payload)
        header = run.messages.contract.idempotency_header
        identifier = delivery.marker if header else None
        raw = run.messages.raw(event, body, message_id=identifier)
        delivery = replace(raw, marker=delivery.marker)
        label = "the older secret" if number else "the newest secret"
        await run.expect(delivery, ACCEPT, label)
        sent.append((delivery, label))
    entries = await run.inbox.entries()
    for delivery, label in sent:
        found = [e.text for e in entries if delivery.marker in e.text]
        run.hold(bool(found), f"{label}: stored", "stored", "stored" if found else "nothing stored")
    text = "\n".join(entry.text for entry in entries)
    clean = not run.target.credentials.leaked(text)
    got = "not stored" if clean else "stored with the message"
    run.hold(clean, "the token in the inbox", "not stored", got, fault=Fault.LEAK)
