"""How the events of a contract are told apart: by shape, by a header, or by a member."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from .pointers import parts, resolve

if TYPE_CHECKING:
    from .event import EventDefinition

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Classification:
    """The rule of a contract.

    `shape`: the first event whose `present` members are all there and `absent` ones all missing.
    `header` and `pointer`: the event whose `value` stands in that header, or at that JSON Pointer.
    """

    by: Literal["shape", "header", "pointer"] = "shape"
    header: str | None = None
    pointer: str | None = None

    @cached_property
    def _path(self) -> tuple[str, ...]:
        return parts(self.pointer or "")

    def pick(
        self, events: "Iterable[EventDefinition]", payload: Mapping[str, Any], headers: Headers
    ) -> "EventDefinition | None":
        """Return the event that the payload and its headers stand for; None for no event."""
        if self.by == "shape":
            for event in events:
                if event.has_shape(payload):
                    return event
            return None
        if self.by == "header":
            value = _header(headers, self.header or "")
        else:
            value = resolve(payload, self._path)
        if not isinstance(value, str):
            return None
        return next((event for event in events if event.value == value), None)

    def describe(self, events: "Iterable[EventDefinition]") -> str:
        """Say what a message must have to be one of the events."""
        if self.by == "shape":
            shapes = (f"{event.id} {_shape(event)}" for event in events)
            return f"has the shape of no event: {'; '.join(shapes)}"
        values = ", ".join(f'"{event.value}"' for event in events)
        place = f"header `{self.header}`" if self.by == "header" else f"member {self.pointer}"
        return f"is no event of the contract: its {place} must be one of {values}"


def _shape(event: "EventDefinition") -> str:
    has = f"has {' and '.join(f'`{name}`' for name in event.present)}"
    if not event.absent:
        return has
    return f"{has} and no {' or '.join(f'`{name}`' for name in event.absent)}"


def _header(headers: Headers, name: str) -> str | None:
    """Find a header; names are case-insensitive (RFC 9110, section 5.1)."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    wanted = name.lower()
    values = [value for key, value in pairs if key.lower() == wanted]
    # A header that stands twice names no one event.
    return values[0] if len(values) == 1 else None
