"""One event of a contract: its schema, documented fields, samples and cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .cases import Case
from .validation import SchemaValidator, Violation


@dataclass(frozen=True, slots=True)
class Field:
    """A documented member of a payload. `type` is its JSON type."""

    name: str
    title: str = ""
    description: str = ""
    required: bool = True
    type: str = "string"
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A documented message: what it says, and its documented bytes."""

    name: str
    payload: dict[str, Any]
    body: bytes


@dataclass(frozen=True, eq=False)
class EventDefinition:
    """What a contract says about one event.

    `fields` are the documented members in the order of the wire. `present` and `absent` are the
    rule of a contract that tells its events apart by shape, `value` that of one that does it by a
    header or a member. `idempotency_pointer` is where a message's own key is, if it has one.
    """

    id: str
    command: str
    title: str
    description: str
    schema: dict[str, Any]
    fields: tuple[Field, ...]
    samples: tuple[Sample, ...]
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    value: str | None = None
    idempotency_pointer: str | None = None
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    read_cases: Callable[[], tuple[Case, ...]] = field(default=tuple, repr=False)

    @cached_property
    def _validator(self) -> SchemaValidator:
        return SchemaValidator(self.schema, self.owners)

    @cached_property
    def _cases(self) -> tuple[Case, ...]:
        return self.read_cases()

    def has_shape(self, payload: Mapping[str, Any]) -> bool:
        """Tell whether every `present` member is there and every `absent` one is not."""
        # Plain loops, because this runs for every message: sets of so few names are slower.
        for name in self.present:
            if name not in payload:
                return False
        for name in self.absent:  # noqa: SIM110  see above
            if name in payload:
                return False
        return True

    def check(self, payload: Any) -> tuple[Violation, ...]:
        """Return all that is wrong with a payload as this event; nothing when it is valid."""
        return self._validator.check(payload)

    def is_valid(self, payload: Any) -> bool:
        """Tell whether a payload is valid as this event, in about a microsecond."""
        return self._validator.is_valid(payload)

    def cases(self) -> tuple[Case, ...]:
        """Return the contract's own cases of this event; the file is read at the first call."""
        return self._cases
