"""Checking that a contract from someone's folder can be relied on, before anything is built from it."""

from __future__ import annotations

from typing import TYPE_CHECKING


from hookwright_schemas.errors import ContractError
from hookwright_schemas.pointers import MISSING, resolve
from hookwright_schemas.portability import problems

if TYPE_CHECKING:
    from hookwright_schemas.contract import Contract
    from hookwright_schemas.event import EventDefinition
    from hookwright_schemas.model import Classification


def verify(contract: Contract, folder: str) -> None:
    """Check the schemas (the metaschema, and what all stacks read alike) and the samples.

    Raises ContractError, which names the file or the event, and the key.
    """
    for event in contract.events:
        _verify_schema(event, folder)
    for event in contract.events:
        _verify_samples(contract, event, folder)


def _verify_schema(event: EventDefinition, folder: str) -> None:
    import jsonschema_rs  # noqa: PLC0415  the built-in contract does without

    place = f"{folder}: the schema of {event.id}"
    try:
        jsonschema_rs.meta.validate(
            event.schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        )
    except jsonschema_rs.ValidationError as error:
        key = "/" + "/".join(map(str, error.instance_path))
        raise ContractError(place, key, f"it is no JSON Schema: {error.message}") from None
    for key, reason in problems(event.schema):
        raise ContractError(place, key or "/", reason)


def _verify_samples(contract: Contract, event: EventDefinition, folder: str) -> None:
    headers = _headers(contract.classification, event)
    for sample in event.samples:
        place = f"{folder}: the sample {sample.name} of {event.id}"
        verdict = contract.check(sample.payload, headers)
        if not verdict.valid:
            violation = verdict.violations[0]
            raise ContractError(place, violation.pointer or None, violation.message)
        if verdict.event is not event:
            other = verdict.event.id if verdict.event else "none"
            raise ContractError(place, None, f"by the contract's classification it is {other}")
        pointer = event.idempotency_pointer
        if pointer is not None and resolve(sample.payload, pointer) is MISSING:
            raise ContractError(place, pointer, "the event's `idempotency_pointer` names nothing")


def _headers(rule: Classification, event: EventDefinition) -> dict[str, str]:
    return {rule.header: event.value} if rule.header and event.value else {}
