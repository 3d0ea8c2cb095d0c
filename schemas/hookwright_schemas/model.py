"""The nouns of a contract that hold data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from hookwright_schemas.event import EventDefinition


@dataclass(frozen=True)
class Classification:
    """How a message's event is told: by the payload's shape, a header, or a value in the payload."""

    by: Literal["shape", "header", "pointer"]
    header: str | None = None
    """The header's name in lower case, when `by` is `header`."""
    pointer: str | None = None
    """The JSON Pointer of the value, when `by` is `pointer`."""


@dataclass(frozen=True)
class Field:
    """A documented field of an event."""

    name: str
    title: str
    description: str
    required: bool
    type: str
    """The JSON type: `string`, `number`, `integer`, `boolean`, `object`, `array`, `null` or `any`."""
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A documented message: the payload, and the exact bytes on the wire."""

    name: str
    payload: dict[str, Any]
    body: bytes


@dataclass(frozen=True)
class Case:
    """A payload and the verdict on it, with the reason why someone would get it wrong."""

    id: str
    group: str
    """The row of `receiver-behaviour.md` that it belongs to, such as `P4`."""
    reason: str
    payload: Any
    valid: bool
    pointer: str | None = None
    """Where an invalid payload breaks the contract; null where that is not worth fixing."""


@dataclass(frozen=True)
class Violation:
    """One way in which a payload breaks the contract."""

    pointer: str
    """The JSON Pointer of the value; of a missing field, the place where it should be."""
    message: str
    """One line for a person. It never holds the value itself, which may be a secret."""
    keyword: str
    """The keyword of JSON Schema that was broken, or `classification` or `json`."""


@dataclass(frozen=True)
class Verdict:
    """What a contract says of a payload: which event it is, and what is wrong with it."""

    event: EventDefinition | None
    violations: tuple[Violation, ...]

    @property
    def valid(self) -> bool:
        """Tell whether the payload is that event's."""
        return self.event is not None and not self.violations
