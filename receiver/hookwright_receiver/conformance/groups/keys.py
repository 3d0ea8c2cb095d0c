"""Group D, second half: what a message is known by."""

import asyncio
from typing import TYPE_CHECKING

from hookwright_receiver.conformance.expectation import ACCEPT, accept_or, refuse
from hookwright_receiver.conformance.messages import put
from hookwright_receiver.conformance.model import Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

from .deduplication import identified
from .rows import Row

if TYPE_CHECKING:
    from hookwright_receiver.conformance.delivery import Delivery

GROUP = Group("D", "deduplication")

BURST = 6


@GROUP.case(
    9,
    "ids that are none",
    sent="`webhook-id` of 256 bytes, of 10 kB, with control characters, empty",
    expect="400 or 431",
    why="keys are bounded",
    source="RFC 9110, section 5.5",
    level=Level.SHOULD,
    hint="Take 1 to 255 visible ASCII characters as an id and answer 400 to the rest.",
)
async def ids(run: Run) -> None:
    """Send each id in a message that is valid otherwise, signed with it where it can be."""
    if not identified(run):
        return
    event = run.messages.plain
    body = run.messages.message(event).body
    name = str(run.messages.contract.idempotency_header)
    rows = [
        ("m" * 256, "256 bytes"),
        ("m" * 10_000, "10 kB"),
        ("msg_\x01\x7f", "control characters"),
        ("", "empty"),
    ]
    for identifier, label in rows:
        # A signed message without an id is not authenticated: 401 comes first.
        codes = (400, 431, 401) if self_signed(run) and not identifier else (400, 431)
        delivery = run.messages.raw(event, body)
        delivery = delivery.with_headers((name, identifier))
        if name == "webhook-id":
            signed = run.target.credentials.headers(identifier, run.messages.clock(), body)
            delivery = delivery.with_headers(*signed)
        await run.expect(delivery, refuse(*codes), label, server=True)


def self_signed(run: Run) -> bool:
    """Tell whether the id is part of what is signed."""
    return run.mode == "signature"


@GROUP.case(
    10,
    "what a database may not hold",
    sent="NUL in an event's own key, and in a parameter, among good messages at the same time",
    expect="the good ones: accept, 1 effect each; the others as the contract says, never 5xx",
    why="PostgreSQL has no NUL in text: one message must not fail those that share its transaction",
    source="an event would be lost",
    hint="Make the key of a digest and the payload of bytes, before it is in a transaction.",
    modes=("none", "token"),
    counted=True,
    place="restart",
)
async def unstorable(run: Run) -> None:
    """Send them in the middle of a burst."""
    good = [run.messages.message(run.messages.plain) for _ in range(BURST)]
    rows: list[tuple[int, list[Delivery], str]] = [(BURST, good, f"{BURST} good messages")]
    sent = [(delivery, ACCEPT, "a good message beside them") for delivery in good]
    for number, (event, payload, label) in enumerate(_with_nul(run)):
        bad = run.messages.message(event, payload, message_id=None)
        # By the contract, or by a bound of the receiver's own: both are answers.
        valid = run.messages.valid(event, bad.payload)
        expectation = accept_or(400, 422) if valid else refuse(422)
        sent.insert(BURST // 2 + number, (bad, expectation, label))
    exchanges = await asyncio.gather(*(run.send(delivery) for delivery, _, _ in sent))
    for (delivery, expectation, label), exchange in zip(sent, exchanges, strict=True):
        run.judge(exchange, expectation, label)
        if delivery not in good and exchange.accepted:
            rows.append((1, [delivery], label))
    await run.effects(*rows)


def _with_nul(run: Run) -> list[Row]:
    """Return an event with NUL in its key and one with it in a parameter, where there are such."""
    rows: list[Row] = []
    for event in run.messages.events:
        if not run.messages.takes_parameters(event):
            continue
        payload, key = run.messages.with_own_key(event, run.messages.sample(event))
        if key is not None:
            changed = put(payload, str(event.idempotency_pointer), f"{key}\x00")
            rows.append((event, changed, f"{event.id}: a key with NUL"))
        rows.append((event, {**payload, "conformance_nul": "a\x00b"}, f"{event.id}: NUL"))
    return rows
