"""`hookwright contract`: what a contract says, and whether a payload keeps it."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hookwright.console import console
from hookwright_schemas import (
    Contract,
    EventDefinition,
    HookwrightError,
    MalformedJSON,
    Verdict,
    load_contract,
    parse_strict,
)


class NotValidError(HookwrightError):
    """The payload that was to be validated is none of the contract's; mend what was listed."""

    exit_code = 1


class UnreadableError(HookwrightError):
    """The file that was to be validated cannot be read."""


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all three have."""
    for option in (
        click.option("--no-color", is_flag=True, help="Print without colour."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--contract",
            "folder",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="The folder of another contract than the built-in one.",
        ),
    ):
        command = option(command)
    return command


@click.group("contract", short_help="List, show and validate against contracts.")
def command() -> None:
    """Say what a contract's events are, and whether a payload is one of them."""


@command.command("list")
@options
def list_events(folder: Path | None, *, as_json: bool, no_color: bool) -> None:
    """List the contract's events."""
    contract = load_contract(folder)
    if as_json:
        click.echo(json.dumps(about(contract) | {"events": [brief(e) for e in contract.events]}))
        return
    # Rich is slow to import, and a program that asks for JSON does not need it.
    from hookwright.contracts import print_list  # noqa: PLC0415

    print_list(console(no_color=no_color), contract)


@command.command("show")
@click.argument("event_name", metavar="[EVENT]", required=False)
@options
def show(event_name: str | None, folder: Path | None, *, as_json: bool, no_color: bool) -> None:
    """Show the fields of EVENT, or of every event, with a sample."""
    contract = load_contract(folder)
    events = (contract.event(event_name),) if event_name is not None else contract.events
    if as_json:
        click.echo(json.dumps(about(contract) | {"events": [detailed(e) for e in events]}))
        return
    from hookwright.contracts import print_event  # noqa: PLC0415

    screen = console(no_color=no_color)
    for event in events:
        print_event(screen, contract, event)


@command.command("validate")
@click.argument("file")
@click.option(
    "--event",
    "event_name",
    metavar="NAME",
    help="Validate as this event, whatever the payload looks like.",
)
@options
def validate(
    file: str, event_name: str | None, folder: Path | None, *, as_json: bool, no_color: bool
) -> None:
    """Validate the payload in FILE (`-` reads standard input).

    Ends with 0 when it is valid, with 1 when it is not.
    """
    contract = load_contract(folder)
    event = None if event_name is None else contract.event(event_name)
    if event is None and contract.classification.by == "header":
        known = ", ".join(each.command for each in contract.events)
        raise click.UsageError(
            f"a file has no header to tell its event by: add --event with one of {known}"
        )
    name = "standard input" if file == "-" else file
    try:
        payload = parse_strict(read(file))
    except MalformedJSON as error:
        if as_json:
            fault = {"reason": error.reason, "line": error.line, "column": error.column}
            click.echo(json.dumps({"valid": False, "event": None, "malformed": fault}))
        raise NotValidError(f"{name}: {error}") from None
    verdict = contract.check(payload) if event is None else Verdict(event, event.check(payload))
    if as_json:
        click.echo(json.dumps(document(verdict)))
    else:
        from hookwright.contracts import print_verdict  # noqa: PLC0415

        print_verdict(console(no_color=no_color), name, verdict)
    if not verdict.valid:
        raise NotValidError(failure(name, contract, verdict))


def read(file: str) -> bytes:
    """Return a file's bytes, or those of standard input. Raises `UnreadableError`."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UnreadableError(
            f"cannot read {file}: {error.strerror}; name a file with one JSON payload, or `-`"
        ) from None


def failure(name: str, contract: Contract, verdict: Verdict) -> str:
    """Say in one line what is not valid, and what to do."""
    if verdict.event is None:
        return (
            f"{name} is no event of {contract.name}: `hookwright contract show` lists their fields"
        )
    count = len(verdict.violations)
    places = "the place" if count == 1 else f"the {count} places"
    return f"{name} is not a valid {verdict.event.id}: mend {places} listed above"


def about(contract: Contract) -> dict[str, Any]:
    """Describe a contract without its events."""
    return {
        "name": contract.name,
        "version": contract.version,
        "title": contract.title,
        "digest": contract.digest,
        "encoding": contract.encoding,
        "classification": asdict(contract.classification),
        "idempotency_header": contract.idempotency_header,
    }


def brief(event: EventDefinition) -> dict[str, Any]:
    """Describe an event in one line's worth."""
    return {
        "id": event.id,
        "command": event.command,
        "title": event.title,
        "description": event.description,
        "fields": [field.name for field in event.fields],
        "cases": len(event.cases()),
    }


def detailed(event: EventDefinition) -> dict[str, Any]:
    """Describe an event with everything that is documented of it."""
    return brief(event) | {
        "fields": [asdict(field) for field in event.fields],
        "present": event.present,
        "absent": event.absent,
        "value": event.value,
        "idempotency_pointer": event.idempotency_pointer,
        "samples": [{"name": each.name, "payload": each.payload} for each in event.samples],
    }


def document(verdict: Verdict) -> dict[str, Any]:
    """Write a verdict as JSON."""
    return {
        "valid": verdict.valid,
        "event": verdict.event.id if verdict.event else None,
        "violations": [asdict(violation) for violation in verdict.violations],
    }
