"""Rows of payloads: an event, what is sent as it, and what to call that."""

from typing import Any

from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import Expectation
from hookwright_receiver.conformance.run import Run
from hookwright_schemas import EventDefinition

Row = tuple[EventDefinition, Any, str]


def from_contract(run: Run, group: str) -> list[Row]:
    """Return the contract's own cases of a group: event, payload, label."""
    return [
        (event, case.payload, f"{event.id}: {case.reason}")
        for event in run.messages.events
        for case in event.cases()
        if case.group == group
    ]


async def send_all(
    run: Run, rows: list[Row], *, valid: bool | None = None
) -> list[tuple[Delivery, str, Expectation]]:
    """Send every payload and expect the reference validator's verdict; `valid` keeps one kind."""
    sent = []
    for event, payload, label in rows:
        expectation = run.messages.verdict(event, payload)
        if valid is not None and expectation.accepted is not valid:
            continue
        delivery = run.messages.message(event, payload)
        await run.expect(delivery, expectation, label)
        sent.append((delivery, label, expectation))
    return sent


def filled(run: Run, event: EventDefinition, text: str, *, last_only: bool = False) -> Any:
    """Return a sample with the text in every field that the reference validator lets hold it."""
    payload = run.messages.sample(event)
    for field in reversed(event.fields):
        changed = {**payload, field.name: text}
        if run.messages.valid(event, changed):
            payload = changed
            if last_only:
                break
    return payload


async def stored_exactly(run: Run, rows: list[Row]) -> None:
    """Send the rows that are valid, and look for each in the inbox."""
    sent = await send_all(run, rows, valid=True)
    accepted = [(delivery, label) for delivery, label, _ in sent]
    if not accepted:
        run.skip("the contract takes nothing of this kind")
        return
    await run.stored(*accepted)
