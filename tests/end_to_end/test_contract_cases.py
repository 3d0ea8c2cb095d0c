"""Every sample and every case, over a socket: the receiver's word is the reference's."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright_schemas import Contract, load_contract
from hookwright_sender import Attempt, HttpTransport, new_message_id

from .receivers import Project, Receivers

AT_ONCE = 16
CONTRACTS = {
    "built-in": load_contract(),
    "made-up": load_contract(Path(__file__).parents[1] / "contracts" / "shop"),
}


def deliveries(contract: Contract) -> list[tuple[str, Any, dict[str, str]]]:
    """Return (label, payload, headers) of every sample and every case of every event."""
    found = []
    for event in contract.events:
        headers = {"content-type": "application/json"}
        if contract.classification.header is not None:
            headers[contract.classification.header] = str(event.value)
        labelled = [(f"sample {sample.name}", sample.payload) for sample in event.samples]
        labelled += [(f"case {case.id}", case.payload) for case in event.cases()]
        found += [(f"{event.id}, {label}", payload, headers) for label, payload in labelled]
    return found


async def deliver_all(
    contract: Contract, url: str, rows: list[tuple[str, Any, dict[str, str]]]
) -> list[Attempt]:
    """Deliver each payload as a message of its own, a few at once; in order."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with HttpTransport(timeout=30) as transport:

        async def deliver(payload: Any, headers: dict[str, str]) -> Attempt:
            named = {contract.idempotency_header or "webhook-id": new_message_id()}
            async with gate:
                return await transport.attempt(url, headers | named, json.dumps(payload).encode())

        return await asyncio.gather(*(deliver(payload, headers) for _, payload, headers in rows))


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_receiver_judges_as_the_reference_does(
    start: Receivers, project: Callable[..., Project], stack: str, name: str
) -> None:
    """What the reference calls valid is accepted and stored exactly; all else is 400 or 422."""
    contract = CONTRACTS[name]
    # Nobody is authenticated, so that every payload goes over the wire as the case has it.
    receiver = start(project(stack=stack, auth="none", contract=contract), WORKERS="0")
    rows = deliveries(contract)
    attempts = asyncio.run(deliver_all(contract, receiver.listening(), rows))
    wrong = []
    valid = []
    for (label, payload, headers), attempt in zip(rows, attempts, strict=True):
        verdict = contract.check(payload, headers)
        if verdict.valid:
            valid.append(payload)
        if attempt.status not in ({200} if verdict.valid else {400, 422}):
            wrong.append((label, verdict.violations, attempt.status, attempt.response_body[:300]))
    assert wrong == []
    stored = [each["payload"] | each["parameters"] for each in receiver.inbox()]
    assert sorted(map(text, stored)) == sorted(map(text, valid))


def text(payload: Any) -> str:
    """Return a payload in one form."""
    return json.dumps(payload, sort_keys=True)
