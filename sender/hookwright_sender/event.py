"""One event of a contract: its fields and parameters, the payload, the bytes on the wire."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Self

from hookwright_schemas import Contract, EventDefinition, InvalidPayload, Violation

Scalar = str | int | float | bool | None


class Event:
    """Something that happened, in the words of a contract.

    `event` is an id or a command name of the contract (`UnknownEvent` otherwise). `fields` are
    the documented ones, `parameters` the additional ones of a custom webhook. Nothing is checked
    before `validate`, so that a test can also build a payload that is wrong.
    """

    __slots__ = ("contract", "definition", "fields", "parameters")

    def __init__(
        self,
        contract: Contract,
        event: str,
        fields: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Scalar] | None = None,
    ) -> None:
        self.contract = contract
        self.definition: EventDefinition = contract.event(event)
        self.fields: dict[str, Any] = dict(fields or {})
        self.parameters: dict[str, Any] = dict(parameters or {})

    @classmethod
    def sample(
        cls,
        contract: Contract,
        event: str,
        parameters: Mapping[str, Scalar] | None = None,
        **changes: Any,
    ) -> Self:
        """Return the event's first documented sample, with some fields changed."""
        return cls(contract, event, sample_fields(contract.event(event)) | changes, parameters)

    @property
    def payload(self) -> dict[str, Any]:
        """The message: documented fields in documented order, then the parameters."""
        names = [field.name for field in self.definition.fields]
        ordered = {name: self.fields[name] for name in names if name in self.fields}
        return ordered | self.fields | self.parameters

    @property
    def headers(self) -> dict[str, str]:
        """What the contract wants in the headers: the event's value, where that tells it apart."""
        header = self.contract.classification.header
        value = self.definition.value
        return {header: value} if header is not None and value is not None else {}

    def violations(self) -> tuple[Violation, ...]:
        """Return everything that is wrong with the event, in the order of the payload."""
        found = [*self._misplaced()]
        named = {violation.pointer for violation in found}
        # The definition's own check says what is missing here, and not what the other events that
        # the payload might have become would want.
        of_schema = self.definition.check(self.payload)
        found += [violation for violation in of_schema if violation.pointer not in named]
        if not found and not self._is_recognised():
            text = f"would not be recognised as {self.definition.id}"
            found.append(Violation("", text, "event"))
        return tuple(found)

    def validate(self) -> None:
        """Raise `InvalidPayload`, with a pointer for each fault, unless the contract holds."""
        violations = () if self._is_sound() else self.violations()
        if violations:
            raise InvalidPayload(violations)

    def encode(self) -> bytes:
        """Return the exact bytes on the wire, in the contract's encoding."""
        return self.contract.encode(self.payload)

    def _is_sound(self) -> bool:
        return (
            self._is_recognised()
            and self.definition.is_valid(self.payload)
            and next(self._misplaced(), None) is None
        )

    def _is_recognised(self) -> bool:
        told = self.contract.classify(self.payload, self.headers)
        return told is not None and told.id == self.definition.id

    def _misplaced(self) -> Iterator[Violation]:
        """Find fields that are none of the event's, and parameters that cannot be one."""
        documented = {field.name for field in self.definition.fields}
        for name in self.fields:
            if name not in documented:
                yield _violation(
                    name, f"is no field of {self.definition.id}: send it as a parameter", "field"
                )
        for name, value in self.parameters.items():
            if name in self.contract.reserved:
                yield _violation(
                    name, "is a documented field, which no parameter may be called", "parameter"
                )
            elif not is_scalar(value):
                yield _violation(
                    name, "must be a string, a number, a boolean or null: it is a parameter", "type"
                )


def _violation(name: str, text: str, keyword: str) -> Violation:
    # A JSON Pointer (RFC 6901, section 3).
    return Violation("/" + name.replace("~", "~0").replace("/", "~1"), text, keyword)


def is_scalar(value: object) -> bool:
    """Tell whether a value is a JSON scalar; NaN and the infinities are none (RFC 8259, 6)."""
    return isinstance(value, Scalar) and not (isinstance(value, float) and not isfinite(value))


def sample_fields(definition: EventDefinition) -> dict[str, Any]:
    """Return the documented fields of an event's first sample."""
    documented = {field.name for field in definition.fields}
    sample = definition.samples[0].payload
    return {name: value for name, value in sample.items() if name in documented}
