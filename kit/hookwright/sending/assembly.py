"""From the words of a command line to an event: sample, `--data`, `--field`, then `--param`."""

from collections.abc import Iterable
from typing import Any

import click

from hookwright_schemas import (
    Contract,
    EventDefinition,
    InvalidPayload,
    MalformedJSON,
    Violation,
    parse_strict,
)
from hookwright_sender import Event
from hookwright_sender.event import is_scalar, sample_fields


def assemble(
    contract: Contract,
    name: str,
    fields: Iterable[str] = (),
    parameters: Iterable[str] = (),
    data: bytes | None = None,
) -> Event:
    """Return the event that the options describe, not yet validated.

    `fields` are like `name=Ada`, `parameters` like `source=shop` or `score:=7`, `data` is a JSON
    object. Raises `UnknownEvent`, `MalformedJSON`, `InvalidPayload`, and `click.UsageError` for a
    name that stands in the wrong place.
    """
    definition = contract.event(name)
    documented = {field.name: field.type for field in definition.fields}
    known, additional = sample_fields(definition), {}
    if data is not None:
        for member, value in _object(data).items():
            if member in documented:
                known[member] = value
            else:
                _refuse_reserved(contract, definition, member, "--data")
                additional[member] = value
    for text in fields:
        member, _, value = _pair(text, "--field")
        if member not in documented:
            raise _unknown_field(contract, definition, member)
        known[member] = _typed(member, value, documented[member])
    for text in parameters:
        member, value = parameter(text)
        if member in documented:
            raise click.UsageError(
                f"{member!r} is a documented field: use --field instead of --param"
            )
        _refuse_reserved(contract, definition, member, "--param")
        additional[member] = value
    return Event(contract, definition.id, known, additional)


def parameter(text: str) -> tuple[str, Any]:
    """Read an additional parameter; raises `click.UsageError`.

    >>> parameter("source=shop"), parameter("score:=7")
    (('source', 'shop'), ('score', 7))
    """
    name, is_json, value = _pair(text, "--param")
    return name, _scalar(name, value) if is_json else value


def _object(data: bytes) -> dict[str, Any]:
    value = parse_strict(data)
    if not isinstance(value, dict):
        raise InvalidPayload((Violation("", "in --data must be a JSON object", "type"),))
    return value


def _pair(text: str, option: str) -> tuple[str, bool, str]:
    """`name=Ada` -> ("name", False, "Ada"); `score:=7` -> ("score", True, "7")."""
    name, equals, value = text.partition("=")
    is_json = option == "--param" and name.endswith(":")
    name = name.removesuffix(":") if is_json else name
    if not equals or not name:
        forms = "NAME=VALUE or NAME:=JSON" if option == "--param" else "NAME=VALUE"
        raise click.UsageError(f"{option} takes {forms}, not {text!r}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise click.UsageError(f"{option} {name!r} is not UTF-8") from None
    return name, is_json, value


def _typed(name: str, value: str, kind: str) -> Any:
    if kind == "string":
        return value
    try:
        return parse_strict(value.encode())
    except MalformedJSON:
        raise click.UsageError(f"--field {name} takes a JSON {kind}, not {value!r}") from None


def _scalar(name: str, value: str) -> Any:
    try:
        parsed = parse_strict(value.encode())
    except MalformedJSON as error:
        raise click.UsageError(
            f"--param {name}:= takes JSON, like 7, true or null ({error.reason})"
        ) from None
    if not is_scalar(parsed):
        raise click.UsageError(
            f"--param {name}:= takes a string, a number, true, false or null: "
            "an additional parameter is a JSON scalar"
        )
    return parsed


def _refuse_reserved(
    contract: Contract, definition: EventDefinition, name: str, option: str
) -> None:
    if name in contract.reserved:
        owners = [event.id for event in contract.events if _documents(event, name)]
        raise click.UsageError(
            f"{option}: {name!r} is a documented field of {' and '.join(owners)}, not of "
            f"{definition.id}, and no additional parameter may have its name"
        )


def _documents(event: EventDefinition, name: str) -> bool:
    return any(field.name == name for field in event.fields)


def _unknown_field(contract: Contract, definition: EventDefinition, name: str) -> click.UsageError:
    names = ", ".join(field.name for field in definition.fields)
    remedy = "" if name in contract.reserved else "; --param sends an additional parameter"
    return click.UsageError(f"{definition.id} has no field {name!r}, only {names}{remedy}")
