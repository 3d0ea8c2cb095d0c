"""The verdict on a payload: `jsonschema-rs` gives it fast, `jsonschema` says why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .formats import FORMATS, accepts_any_but
from .pointers import pointer
from .strict_json import lone_surrogates

if TYPE_CHECKING:
    from .event import EventDefinition


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of a payload.

    `pointer` is the JSON Pointer (RFC 6901) of the member at fault, also of one that is missing;
    `message` goes on from it ("/date" "is missing") and never holds the value that was sent.
    `keyword` is the rule that was broken.
    """

    pointer: str
    message: str
    keyword: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a contract says about a payload: which event it is, and everything wrong with it."""

    event: "EventDefinition | None"
    violations: tuple[Violation, ...]

    @property
    def valid(self) -> bool:
        """Tell whether the payload is one of the contract's events and breaks none of its rules."""
        return self.event is not None and not self.violations


class SchemaValidator:
    """Checks values against one JSON Schema of draft 2020-12, its formats asserted.

    `owners` says of a member that the schema forbids which events it belongs to. Both validators
    are built when first asked: importing them costs more than everything else here.
    """

    def __init__(
        self, schema: Mapping[str, Any], owners: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.schema = dict(schema)
        self.owners = dict(owners or {})

    @cached_property
    def _verdict(self) -> Callable[[Any], bool]:
        import jsonschema_rs  # noqa: PLC0415  lazily, see the class

        return jsonschema_rs.Draft202012Validator(
            self.schema,
            formats={name: form.check for name, form in FORMATS.items()},
            validate_formats=True,
        ).is_valid

    @cached_property
    def _reference(self) -> Any:
        import jsonschema  # noqa: PLC0415  lazily, see the class

        checker = jsonschema.FormatChecker(formats=())
        for name, form in FORMATS.items():
            checker.checks(name)(accepts_any_but(form.check))
        return jsonschema.Draft202012Validator(self.schema, format_checker=checker)

    def is_valid(self, value: Any) -> bool:
        """Tell whether the value holds, in about a microsecond."""
        try:
            return self._verdict(value)
        except ValueError:
            # Half of a surrogate pair, or a name that is no string: nothing that JSON could carry.
            return False

    def check(self, value: Any) -> tuple[Violation, ...]:
        """Return every fault, at most one a place, in the order of the schema's properties."""
        if self.is_valid(value):
            return ()
        from .messages import explain  # noqa: PLC0415  only a refusal pays for it

        found = explain(self._reference.iter_errors(value), self.owners)
        return tuple(found or map(_no_text, lone_surrogates(value))) or (_NO_JSON,)


def _no_text(path: tuple[str | int, ...]) -> Violation:
    message = "holds half of a surrogate pair, which no encoding can carry"
    return Violation(pointer(path), message, "type")


_NO_JSON = Violation("", "is no JSON value: the names of its members must be strings", "type")


def not_an_object(value: Any) -> Violation | None:
    """Return the fault of a payload that is no JSON object."""
    if isinstance(value, dict):
        return None
    from .messages import type_name  # noqa: PLC0415  only a refusal pays for it

    return Violation(pointer(()), f"must be an object, not {type_name(value)}", "type")
