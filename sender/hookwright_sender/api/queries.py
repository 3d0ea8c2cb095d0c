"""Query strings: every parameter is one that the operation has, stands once, and can be read."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from hookwright_sender.api.problems import invalid_query
from hookwright_sender.api.table import Parameter

# More than all parameters of an operation, and nothing to build a long list of.
MAX_FIELDS = 100


def parse(query: bytes, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values of a query string; raises a 422 that names every parameter at fault."""
    known = {parameter.name: parameter for parameter in parameters}
    faults: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, text in _fields(query):
        parameter = known.get(name)
        if parameter is None:
            faults[name[:60]] = f"is no parameter here: use {_listed(known)}"
        elif name in values:
            faults[name] = "stands more than once"
        else:
            try:
                values[name] = parameter.read(text)
            except ValueError as error:
                values[name] = None
                faults[name] = str(error)
    if faults:
        raise invalid_query(faults)
    return values


def choice(allowed: Iterable[str]) -> Callable[[str], str]:
    """Return a reader of one of several words."""
    words = tuple(allowed)

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return read


def _fields(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise invalid_query(
            {"the query": "cannot be read: it has too much, or is not UTF-8"}
        ) from None


def _listed(known: Iterable[str]) -> str:
    return ", ".join(known) or "none"
