# ruff: noqa: N818  the names say what happened
"""Every error of the kit descends from one root, carries fields, and prints as one line.

HookwrightError               exit code 2
├── ContractError             a contract folder is wrong (file, key)
├── UnknownEvent              no event of the contract has that name (name, known)
├── EncodingError             a value that JSON cannot carry
├── InvalidPayload            exit code 1: a payload breaks its contract (violations)
└── MalformedJSON             exit code 1: bytes that are no strict JSON (reason, line, column)
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from .validation import Violation


class HookwrightError(Exception):
    """What a user can mend; its text is one line with the remedy.

    `exit_code` is what a command ends with: 1, it ran and something did not hold; 2, wrong usage
    or configuration; 3, the other side could not be reached.
    """

    exit_code: ClassVar[int] = 2


class ContractError(HookwrightError):
    """A contract folder that cannot be used; `file` and `key` say where to look."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.file = file
        self.key = key
        self.problem = problem
        super().__init__(f"{file}: {f'`{key}` ' if key else ''}{problem}")


class UnknownEvent(HookwrightError):
    """No event of the contract has this id or command name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"unknown event {name[:60]!r}: use one of {', '.join(self.known)}")


class EncodingError(HookwrightError):
    """A value that has no JSON text; the value itself is never shown."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"the payload cannot be written as JSON: {problem}")


class InvalidPayload(HookwrightError):
    """A payload that breaks its contract; `violations` has every fault with its JSON Pointer."""

    exit_code = 1

    def __init__(self, violations: "Iterable[Violation]") -> None:
        self.violations = tuple(violations)
        faults = "; ".join(
            f"{violation.pointer or 'the payload'} {violation.message}"
            for violation in self.violations
        )
        super().__init__(f"the payload is invalid: {faults}")


class MalformedJSON(HookwrightError):
    """Bytes that are not one strict JSON text (RFC 8259).

    `line` and `column` count from 1; they are None where no single place is at fault.
    """

    exit_code = 1

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        place = "" if line is None else f" (line {line}, column {column})"
        super().__init__(f"this is not strict JSON: {reason}{place}")
