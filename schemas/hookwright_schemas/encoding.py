"""How a payload becomes bytes: the two encodings of the wire, and the canonical one of digests."""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from .errors import EncodingError

_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_unicode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode
_sorted = json.JSONEncoder(separators=(",", ":"), allow_nan=False, sort_keys=True).encode

# PHP writes an exponent for numbers with more digits before the decimal point, or more zeros
# behind it, than these powers of ten have.
_PHP_DIGITS: Final = 17
_PHP_ZEROS: Final = -4
_LEAVES: Final = frozenset((str, int, bool, type(None)))


def php_json(value: Any) -> bytes:
    r"""Write a value as PHP's `json_encode` does by default.

    No white space, `/` as `\/`, non-ASCII as `\uXXXX` in lower-case hexadecimal, and floats as
    with `serialize_precision=-1`: 1.0 is `1`, 1e25 is `1.0e+25`. Raises `EncodingError`.
    """
    text = _written(_ascii if _floatless(value) else _with_php_floats, value)
    # PHP leaves DEL alone. Behind an even number of backslashes `\u007f` is an escape, and both
    # writers escape every backslash, so that an odd one is always the escape's own.
    if "\\u007f" in text:
        text = _unescape_delete(text)
    if "\\ud" in text:
        _refuse_lone_surrogates(value)
    # A solidus only ever stands inside a string.
    return text.replace("/", "\\/").encode("ascii")


def compact_json(value: Any) -> bytes:
    """Write a value as compact JSON in UTF-8, nothing escaped but what must be."""
    try:
        return _written(_unicode, value).encode("utf-8")
    except UnicodeEncodeError:
        raise EncodingError(_HALF_A_PAIR) from None


def canonical(value: Any) -> bytes:
    """Write a value in the one way that digests are made from: sorted keys, compact, ASCII alone.

    Equal values have equal bytes whatever the order of their members. Raises `EncodingError`.
    """
    return _written(_sorted, value).encode("ascii")


WIRE_ENCODERS: Final[dict[str, Callable[[Any], bytes]]] = {
    "php-json": php_json,
    "json": compact_json,
}

_HALF_A_PAIR = "a string holds half of a surrogate pair; replace or remove it"


def _written(encode: Callable[[Any], str], value: Any) -> str:
    try:
        return encode(value)
    except RecursionError:
        raise EncodingError("it is nested too deeply; flatten it") from None
    except ValueError as error:
        raise EncodingError(_A_LOOP if "ircular" in str(error) else _NO_NUMBER) from None
    except TypeError:
        raise EncodingError(_NO_JSON_TYPE) from None


_A_LOOP = "it contains itself; flatten it"
_NO_NUMBER = "JSON has no NaN and no infinities; send null or text instead"
_NO_JSON_TYPE = "JSON has objects with text keys, arrays, text, numbers, booleans and null"


def _floatless(value: Any) -> bool:
    """Tell that nothing in the value is a float, the one thing that PHP writes in another way."""
    if type(value) in _LEAVES:
        return True
    if isinstance(value, dict):
        return all(type(child) in _LEAVES for child in value.values())
    return False


def _with_php_floats(value: Any) -> str:
    return "".join(_pieces(value))


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, float):
        yield _php_float(value)
    elif isinstance(value, dict):
        separator = "{"
        for name, child in value.items():
            yield separator + _ascii({name: 0})[1:-2]
            yield from _pieces(child)
            separator = ","
        yield "}" if value else "{}"
    elif isinstance(value, list | tuple):
        separator = "["
        for child in value:
            yield separator
            yield from _pieces(child)
            separator = ","
        yield "]" if value else "[]"
    else:
        yield _ascii(value)


def _php_float(number: float) -> str:
    """1.0 -> `1`, 0.1 -> `0.1`, 1e25 -> `1.0e+25`, 1.5e-7 -> `1.5e-7`, -0.0 -> `-0`."""
    if not math.isfinite(number):
        raise EncodingError(_NO_NUMBER)
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    digits, exponent = _shortest(abs(number))
    if exponent < _PHP_ZEROS or exponent >= _PHP_DIGITS:
        fraction = digits[1:] or "0"
        return f"{sign}{digits[0]}.{fraction}e{exponent:+d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _shortest(number: float) -> tuple[str, int]:
    """Return the digits of a float, and the power of ten of the first: 150.0 -> ("15", 2)."""
    mantissa, _, power = f"{number!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0", 0
    leading = len(whole + fraction) - len(digits)
    return digits.rstrip("0") or "0", len(whole) - 1 - leading + int(power or 0)


def _unescape_delete(text: str) -> str:
    return "\\\\".join(part.replace("\\u007f", "\x7f") for part in text.split("\\\\"))


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        _unicode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise EncodingError(_HALF_A_PAIR) from None
