"""JSON as RFC 8259 means it: no extensions, no guesses, nothing with two readings."""

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Never

from .errors import MalformedJSON

MAX_DEPTH = 64
MAX_DIGITS = 4300
_BOM = "\ufeff"


def parse_strict(body: bytes) -> Any:
    r"""Return the value of one JSON text in UTF-8; raise `MalformedJSON` for anything else.

    Refused although Python's own parser takes it: other encodings, a byte-order mark, a key that
    stands twice in one object, `NaN` and `Infinity`, numbers beyond a double, more than 64 levels,
    integers of more than 4300 digits, and half of a surrogate pair (`\ud800`).
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(body, error.start)
        raise MalformedJSON("it is not UTF-8", line, column) from None
    return parse_text(text)


def parse_text(text: str) -> Any:
    """Return the value of one JSON text, as `parse_strict` does for bytes."""
    try:
        value = _decoded(text)
    except json.JSONDecodeError as error:
        if text.startswith(_BOM):
            raise MalformedJSON("it begins with a byte-order mark", 1, 1) from None
        reason = error.msg if text.strip() else "it is empty"
        raise MalformedJSON(reason, error.lineno, error.colno) from None
    except RecursionError:
        raise MalformedJSON(_TOO_DEEP) from None
    # A text has at least as many opening brackets as levels, and those are quick to count.
    if text.count("[") + text.count("{") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        raise MalformedJSON(_TOO_DEEP)
    # Raw surrogates do not survive the decoding of UTF-8: only an escape can have made one.
    if ("\\ud" in text or "\\uD" in text) and any(True for _ in lone_surrogates(value)):
        raise MalformedJSON("a string holds half of a surrogate pair, which no encoding can carry")
    return value


def _decoded(text: str) -> Any:
    # What `decode` does about white space around the text costs a third of reading a short one.
    try:
        value, end = _decoder.raw_decode(text)
    except json.JSONDecodeError:
        return _decoder.decode(text)
    return value if end == len(text) else _decoder.decode(text)


def lone_surrogates(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of the strings, names of members included, that no encoding can carry."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        path, found = waiting.pop()
        if isinstance(found, dict):
            waiting += [((*path, name), child) for name, child in found.items()]
            if any(map(_is_broken, found)):
                yield path
        elif isinstance(found, list):
            waiting += [((*path, index), child) for index, child in enumerate(found)]
        elif _is_broken(found):
            yield path


def _is_broken(value: Any) -> bool:
    if not isinstance(value, str) or value.isascii():
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [
            child
            for parent in layer
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not layer:
            return False
    return any(isinstance(child, dict | list) for child in layer)


def _place(body: bytes, offset: int) -> tuple[int, int]:
    before = body[:offset]
    return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJSON(f"the member {json.dumps(twice)[:60]} stands twice in one object")
    return members


def _refuse_constant(name: str) -> Never:
    raise MalformedJSON(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise MalformedJSON("a number is beyond the range of a double")
    return number


def _integer(digits: str) -> int:
    # Python has such a limit itself, which the environment can switch off, or lower to 640.
    if len(digits) <= MAX_DIGITS:
        with suppress(ValueError):
            return int(digits)
    raise MalformedJSON(f"an integer has more than {MAX_DIGITS} digits")


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"
_decoder = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_refuse_constant,
    parse_float=_finite,
    parse_int=_integer,
)
