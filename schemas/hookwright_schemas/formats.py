"""The formats that a schema may name, each asserted by one function for every validator."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from .errors import MalformedJSON
from .strict_json import parse_text

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Format:
    """A rule that JSON Schema cannot say: a check of a string, and a noun phrase for messages."""

    check: Callable[[str], bool]
    noun: str


def is_date(text: str) -> bool:
    """Tell whether a text is a day of the calendar, exactly `YYYY-MM-DD` (RFC 3339, full-date)."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_json_object(text: str) -> bool:
    """Tell whether a text is a JSON object, by the same strict rules as a body."""
    try:
        return isinstance(parse_text(text), dict)
    except MalformedJSON:
        return False


FORMATS: Final[dict[str, Format]] = {
    "date": Format(is_date, "a day of the calendar as YYYY-MM-DD"),
    "json-object": Format(is_json_object, "a strict JSON object in a string"),
}


def accepts_any_but(check: Callable[[str], bool]) -> Callable[[Any], bool]:
    """Return the check for validators that ask a format about every type: only text has one."""

    def holds(value: Any) -> bool:
        return not isinstance(value, str) or check(value)

    return holds
