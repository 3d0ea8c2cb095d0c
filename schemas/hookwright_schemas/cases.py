"""The valid and invalid cases of an event: a language-neutral file (the format: CONTRACTS.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ContractError

_KEYS = frozenset({"id", "group", "reason", "valid", "pointer", "set", "remove", "payload"})


@dataclass(frozen=True, slots=True)
class Case:
    """A payload with the verdict that every validator must reach.

    `group` is the row of the conformance cases that it belongs to ("P4"), `pointer` a place that
    is at fault in an invalid one (None where no single place is).
    """

    id: str
    group: str
    reason: str
    payload: Any
    valid: bool
    pointer: str | None = None


def read_cases(document: Any, base: Mapping[str, Any], file: str) -> tuple[Case, ...]:
    """Return the cases of a file's parsed content; `base` is the event's first sample.

    A case has either a whole `payload`, or what it changes in the base: members to `set` and
    names to `remove`. Raises `ContractError`.
    """
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        raise ContractError(file, "cases", "must be an array of cases")
    cases = []
    seen: set[str] = set()
    for number, row in enumerate(document["cases"]):
        key = f"cases[{number}]"
        _check_row(row, file, key)
        if row["id"] in seen:
            raise ContractError(file, f"{key}.id", "stands twice: give every case its own")
        seen.add(row["id"])
        cases.append(
            Case(
                id=row["id"],
                group=row["group"],
                reason=row["reason"],
                payload=_payload(row, base, file, key),
                valid=row["valid"],
                pointer=row.get("pointer"),
            )
        )
    return tuple(cases)


def _check_row(row: Any, file: str, key: str) -> None:
    if not isinstance(row, dict):
        raise ContractError(file, key, "must be an object")
    for name in ("id", "group", "reason"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise ContractError(file, f"{key}.{name}", "must be text")
    if not isinstance(row.get("valid"), bool):
        raise ContractError(file, f"{key}.valid", "must be true or false")
    if not isinstance(row.get("pointer"), str | None):
        raise ContractError(file, f"{key}.pointer", "must be a JSON Pointer or null")
    unknown = sorted(row.keys() - _KEYS)
    if unknown:
        raise ContractError(file, f"{key}.{unknown[0]}", "is no part of a case")


def _payload(row: Mapping[str, Any], base: Mapping[str, Any], file: str, key: str) -> Any:
    if "payload" in row:
        if "set" in row or "remove" in row:
            raise ContractError(file, key, "must have either `payload`, or `set` and `remove`")
        return _expanded(row["payload"], file, key)
    changes, removed = row.get("set", {}), row.get("remove", [])
    if not isinstance(changes, dict):
        raise ContractError(file, f"{key}.set", "must be an object")
    if not isinstance(removed, list) or not all(name in base for name in removed):
        raise ContractError(file, f"{key}.remove", "must be an array of members of the sample")
    kept = {name: value for name, value in base.items() if name not in removed}
    return {**kept, **_expanded(changes, file, key)}


def _expanded(value: Any, file: str, key: str) -> Any:
    """Write out `{"$expand": [["a", 3], ["b", 1]]}`, which stands for the string "aaab"."""
    if isinstance(value, list):
        return [_expanded(child, file, key) for child in value]
    if not isinstance(value, dict):
        return value
    if value.keys() != {"$expand"}:
        return {name: _expanded(child, file, key) for name, child in value.items()}
    try:
        return "".join(text * times for text, times in value["$expand"])
    except (TypeError, ValueError):
        raise ContractError(
            file, f"{key}.$expand", 'must be pairs of a text and a number: [["a", 3], ["b", 1]]'
        ) from None
