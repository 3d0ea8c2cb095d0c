"""Group D, first half: the same message again."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.model import Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run
from hookwright_schemas import EventDefinition

if TYPE_CHECKING:
    from hookwright_receiver.conformance.delivery import Delivery, Header

GROUP = Group("D", "deduplication")

_UNIQUE = "Insert under a unique key made of the idempotency header; a conflict is a repeat."


def identified(run: Run) -> bool:
    """Tell whether the contract names a header that identifies a message; else end the case."""
    if run.messages.contract.idempotency_header is None:
        run.skip("the contract names no idempotency header")
        return False
    return True


def other_payload(run: Run, event: EventDefinition) -> Any:
    """Return a valid payload of the event that differs from its sample."""
    payload = run.messages.sample(event)
    if run.messages.takes_parameters(event):
        return {**payload, "conformance_other": run.messages.unique()}
    for field in event.fields:
        changed = {**payload, field.name: run.messages.unique()}
        if run.messages.valid(event, changed):
            return changed
    return payload


@GROUP.case(
    1,
    "the same id twice",
    sent="the same `webhook-id` twice",
    expect="accept, 1 effect",
    why="at-least-once",
    source="Standard Webhooks, idempotency; an event would be doubled",
    hint=_UNIQUE,
    counted=True,
)
async def twice(run: Run) -> None:
    """Repeat a message of every event byte for byte."""
    if not identified(run):
        return
    rows = []
    for event in run.messages.events:
        delivery = run.messages.message(event)
        await run.expect(delivery, ACCEPT, f"{event.id}, first time")
        await run.expect(delivery, ACCEPT, f"{event.id}, again")
        rows.append((1, [delivery], f"{event.id} twice"))
    await run.effects(*rows)


@GROUP.case(
    2,
    "the same id, another body",
    sent="the same id, another body",
    expect="409 (SHOULD), 1 effect",
    why="key reuse is named",
    source="an event would be doubled",
    hint="Keep a digest of the canonical payload beside the key and compare it on a repeat.",
    counted=True,
)
async def reused(run: Run) -> None:
    """Send another payload under an id that is taken."""
    if not identified(run):
        return
    event = run.messages.plain
    first = run.messages.message(event)
    second = run.messages.message(event, other_payload(run, event), message_id=first.marker)
    await run.expect(first, ACCEPT, "first body")
    await run.expect(second, refuse(409), "another body", level=Level.SHOULD)
    await run.effects((1, [first], "one id, two bodies"))


@GROUP.case(
    3,
    "the same body, another id",
    sent="the same body, another id",
    expect="accept, 2 effects",
    why="no deduplication by body",
    source="an event would be lost",
    hint="Two equal messages under two ids are two messages.",
    counted=True,
)
async def equal_bodies(run: Run) -> None:
    """Send one payload under two ids."""
    if not identified(run):
        return
    first = run.messages.message(run.messages.plain)
    second = run.messages.message(run.messages.plain)
    await run.expect(first, ACCEPT, "first id")
    await run.expect(second, ACCEPT, "second id")
    await run.effects((2, [first, second], "one body, two ids"))


@GROUP.case(
    4,
    "a retry",
    sent="a retry with fresh timestamp and signature",
    expect="accept, 1 effect",
    why="a sender signs every attempt anew",
    source="an event would be doubled",
    hint="Make the key of the id alone, not of the timestamp or the signature.",
    counted=True,
)
async def retry(run: Run) -> None:
    """Sign the second attempt for another second than the first."""
    if not identified(run):
        return
    first = run.messages.message(run.messages.plain)
    moment = int(run.messages.clock()) - 2
    early: tuple[Header, ...] = tuple(
        run.target.credentials.headers(first.marker, moment, first.body)
    )
    if not early:
        early = (("webhook-timestamp", str(moment)),)
        first = first.with_headers(("webhook-timestamp", str(moment + 2)))
    await run.expect(first.with_headers(*early), ACCEPT, "first attempt")
    await run.expect(first, ACCEPT, "second attempt, 2 s later")
    await run.effects((1, [first], "two attempts"))


@GROUP.case(
    5,
    "an event's own key",
    sent="an event that carries its key, twice, without `webhook-id`",
    expect="accept, 1 effect",
    why="the contract says which field is the key",
    source="the contract",
    hint="Without the header, make the key of the field that the contract names.",
    modes=("none", "token"),
    counted=True,
)
async def own_key(run: Run) -> None:
    """Repeat a message of every event that has an idempotency pointer."""
    rows = []
    for event in run.messages.events:
        payload, key = run.messages.with_own_key(event, run.messages.sample(event))
        if key is None:
            continue
        delivery = replace(run.messages.message(event, payload, message_id=None), marker=key)
        await run.expect(delivery, ACCEPT, f"{event.id}, first time")
        await run.expect(delivery, ACCEPT, f"{event.id}, again")
        rows.append((1, [delivery], f"{event.id} twice, no id"))
    if not rows:
        run.skip("no event of the contract carries a key")
        return
    await run.effects(*rows)


@GROUP.case(
    6,
    "an event without a key",
    sent="an event that carries no key, twice, without `webhook-id`",
    expect="accept, 2 effects",
    why="there is no key; no guess",
    source="the contract; an event would be lost",
    hint="Without a key, store every message: two equal ones on one day are two.",
    modes=("none", "token"),
    counted=True,
)
async def no_key(run: Run) -> None:
    """Repeat a message of every event that has no idempotency pointer."""
    rows = []
    for event in run.messages.events:
        if event.idempotency_pointer is not None or not run.messages.takes_parameters(event):
            continue
        delivery = run.messages.message(event, message_id=None)
        await run.expect(delivery, ACCEPT, f"{event.id}, first time")
        await run.expect(delivery, ACCEPT, f"{event.id}, again")
        rows.append((2, [delivery], f"{event.id} twice, no id"))
    if not rows:
        run.skip("every event of the contract carries a key")
        return
    await run.effects(*rows)


@GROUP.case(
    7,
    "a repeat after a restart",
    sent="duplicate after a restart",
    expect="accept, 1 effect",
    why="in-memory sets",
    source="an event would be doubled",
    hint="Keep the keys in the same durable store as the messages.",
    observes=True,
    place="restart",
)
async def restart(run: Run) -> None:
    """Stop and start the receiver between the two."""
    if not identified(run):
        return
    delivery = run.messages.message(run.messages.plain)
    control = run.control
    await run.expect(delivery, ACCEPT, "before the restart")
    await control.terminate()
    if await control.exit_code(run.patience.shutdown) is None:
        await control.kill()
    await control.start()
    await run.expect(delivery, ACCEPT, "after the restart")
    await run.effects((1, [delivery], "before and after a restart"))


@GROUP.case(
    8,
    "refused, then mended",
    sent="refused (422), then mended under the same id",
    expect="accept, 1 effect",
    why="a refusal burns no id",
    source="an event would be lost",
    hint="Claim the key only when the message is accepted.",
    counted=True,
)
async def mended(run: Run) -> None:
    """Send a payload without a field, then the whole one, under one id."""
    if not identified(run):
        return
    event = run.messages.plain
    whole = run.messages.message(event)
    broken: Delivery | None = None
    for field in event.fields:
        payload = run.messages.sample(event, **{field.name: []})
        if not run.messages.valid(event, payload):
            broken = run.messages.message(event, payload, message_id=whole.marker)
            break
    if broken is None:
        run.skip("no field of the event can be wrong")
        return
    await run.expect(broken, refuse(422), "refused")
    await run.expect(whole, ACCEPT, "mended, same id")
    await run.effects((1, [whole], "refused, then mended"))
