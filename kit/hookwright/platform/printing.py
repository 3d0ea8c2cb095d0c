"""Tables and single objects on a screen, readable at 80 columns; JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from hookwright.console import console
from hookwright.platform.words import printable


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON object, as the API writes it."""
    click.echo(json.dumps(document))


def print_page(items: Iterable[Mapping[str, Any]], following: int | None = None) -> None:
    """Print a list as the API answers one: `{"items": [...], "next": "123"}`."""
    print_json({"items": list(items), "next": None if following is None else str(following)})


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Print rows under their columns; the last column takes as many lines as it needs.

    What is in the others (ids, states, times) is never cut. Nothing at all is told by `empty`.
    """
    from rich.table import Table  # noqa: PLC0415  a program that asks for JSON does not need it
    from rich.text import Text  # noqa: PLC0415

    told = [[printable(cell) for cell in row] for row in rows]
    if not told:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns[:-1]:
        table.add_column(name, no_wrap=True)
    table.add_column(columns[-1], overflow="fold")
    for row in told:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def print_object(members: Mapping[str, object]) -> None:
    """Print the members of one object, a line each."""
    width = max(map(len, members), default=0)
    for name, value in members.items():
        click.echo(f"{name:<{width}}  {printable('-' if value is None else value)}")
