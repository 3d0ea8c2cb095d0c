"""Additional parameters, as they are typed: `source=shop`, `score:=7`, or a JSON object."""

from collections.abc import Iterable
from typing import Any

import click

from hookwright.sending.assembly import parameter
from hookwright_schemas import parse_strict


def read(parameters: Iterable[str], data: bytes | None) -> dict[str, Any]:
    """Return the parameters of `--data`, and those of `--param` over them.

    Raises `MalformedJSON`, and `click.UsageError` for what is no object or no parameter. What a
    parameter may be called and hold is the platform's to say.
    """
    values: dict[str, Any] = {}
    if data is not None:
        given = parse_strict(data)
        if not isinstance(given, dict):
            raise click.UsageError("--data takes a JSON object with the parameters")
        values |= given
    for text in parameters:
        name, value = parameter(text)
        values[name] = value
    return values
