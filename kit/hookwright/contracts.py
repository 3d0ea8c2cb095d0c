"""How contracts, events and verdicts look on a screen."""

import json

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hookwright_schemas import Contract, EventDefinition, Field, Verdict


def indented(content: RenderableType) -> Padding:
    """Put two columns before each line, and nothing behind it."""
    return Padding(content, (0, 0, 0, 2), expand=False)


def print_list(screen: Console, contract: Contract) -> None:
    """Print a contract's events, one a row."""
    heading(screen, contract)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("event", "command", "what happened"):
        table.add_column(name, no_wrap=name != "what happened")
    table.add_column("fields", justify="right")
    table.add_column("cases", justify="right")
    for event in contract.events:
        table.add_row(
            Text(event.id, "bold"),
            Text(event.command),
            Text(event.description),
            str(len(event.fields)),
            str(len(event.cases())),
        )
    screen.print(indented(table))
    screen.print()
    screen.print(Text("hookwright contract show EVENT  lists an event's fields", "dim"))


def heading(screen: Console, contract: Contract) -> None:
    """Print what names a contract."""
    screen.print(Text.assemble((contract.title, "bold"), f"  {contract.name} {contract.version}"))
    screen.print(Text(contract.digest, "dim"), soft_wrap=True)
    screen.print()


def print_event(screen: Console, contract: Contract, event: EventDefinition) -> None:
    """Print an event's fields, how it is told apart, and its samples."""
    screen.print(Text.assemble((event.id, "bold"), f"  {event.title}"))
    screen.print(indented(Text(event.description)))
    screen.print(indented(Text(told(contract, event), "dim")))
    if event.idempotency_pointer is not None:
        note = f"The same in every repeat: {event.idempotency_pointer}"
        screen.print(indented(Text(note, "dim")))
    screen.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for field in event.fields:
        table.add_row(Text(field.name, "cyan"), described(field))
    screen.print(indented(table))
    for sample in event.samples:
        screen.print()
        screen.print(indented(Text(f"Sample {sample.name}", "dim")))
        body = json.dumps(sample.payload, indent=2, ensure_ascii=False)
        for line in body.splitlines():
            # A line that was wrapped could not be copied.
            screen.print(Text(f"  {line}"), soft_wrap=True)
    screen.print()


def described(field: Field) -> Group:
    """Describe a field: a sentence, then what it holds."""
    holds = field.type if field.required else f"{field.type}, optional"
    examples = ", ".join(json.dumps(example, ensure_ascii=False) for example in field.examples)
    note = f"{holds}, such as {examples}" if examples else holds
    return Group(Text(field.description or field.title), Text(note, "dim"))


def told(contract: Contract, event: EventDefinition) -> str:
    """Say how a receiver tells this event."""
    rule = contract.classification
    if rule.by == "header":
        return f"Told by the header {rule.header}: {event.value}"
    if rule.by == "pointer":
        return f'Told by "{event.value}" at {rule.pointer}'
    without = f", without {' or '.join(event.absent)}" if event.absent else ""
    return f"Told by its fields: {' and '.join(event.present)}{without}"


def print_verdict(screen: Console, name: str, verdict: Verdict) -> None:
    """Print whether a payload is valid, and each place where it is not."""
    if verdict.valid and verdict.event is not None:
        mark, text = Text("valid", "bold green"), f"{name} is a valid {verdict.event.id}"
    elif verdict.event is not None:
        mark, text = Text("invalid", "bold red"), f"{name} as {verdict.event.id}"
    else:
        mark, text = Text("invalid", "bold red"), name
    screen.print(Text.assemble(mark, f"  {text}"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column()
    for violation in verdict.violations:
        table.add_row(Text(violation.pointer or "the payload", "cyan"), Text(violation.message))
    if verdict.violations:
        screen.print(indented(table))
