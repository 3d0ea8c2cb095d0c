"""The strict parser: what it takes, and what it refuses that others take."""

import json
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_schemas import HookwrightError, MalformedJSON, parse_strict

TAKEN = [
    (b"{}", {}, "an empty object"),
    (b' \t\r\n{"a" : [1, 2.5, true, null] } \n', {"a": [1, 2.5, True, None]}, "white space"),
    (b'"x"', "x", "any value may be the root"),
    (b"-0", 0, "a negative zero"),
    (b"12345678901234567890123", 12345678901234567890123, "integers keep every digit"),
    (b"1" * 4300, int("1" * 4300), "up to 4300 digits"),
    (b"1.7976931348623157e308", 1.7976931348623157e308, "the largest double"),
    (b"1e-400", 0.0, "too small to tell from zero is no overflow"),
    (b'{"a":{"x":1},"b":{"x":1}}', {"a": {"x": 1}, "b": {"x": 1}}, "one name in two objects"),
    (rb'"\ud83d\ude80"', "\U0001f680", "a whole surrogate pair"),
    (rb'"\\ud800"', "\\ud800", "a backslash and letters are no escape"),
    (rb'"\u0000"', "\0", "an escaped NUL is kept"),
    ("\U0001f680".join('""').encode(), "\U0001f680", "characters as they are"),
    (b"[" * 64 + b"]" * 64, None, "64 levels"),
    (b'"' + b"[{" * 500 + b'"', "[{" * 500, "brackets in a text are no levels"),
    (b"[" + b"[]," * 500 + b"[]]", None, "nor are brackets side by side"),
]


@pytest.mark.parametrize(("body", "value", "reason"), TAKEN, ids=[row[-1] for row in TAKEN])
def test_strict_json_is_taken(body: bytes, value: object, reason: str):
    """What RFC 8259 allows within the bounds is read exactly."""
    parsed = parse_strict(body)
    assert value is None or (parsed, type(parsed)) == (value, type(value)), reason


REFUSED = [
    (b"", "it is empty", (1, 1), "nothing"),
    (b" \n", "it is empty", (2, 1), "white space alone"),
    (b'{"a":1', None, (1, 7), "cut off"),
    (b'{"a":1,}', None, (1, None), "a trailing comma, like the page's third sample"),
    (b'{"a":1 /* b */}', None, (1, 8), "a comment"),
    (b"{'a':1}", None, (1, 2), "single quotes"),
    (b"{}{}", "Extra data", (1, 3), "two documents"),
    (b"{}\nx", "Extra data", (2, 1), "garbage behind it"),
    (b"[NaN]", "NaN is no JSON number", None, "Python takes NaN"),
    (b"[Infinity]", "Infinity is no JSON number", None, "and infinities"),
    (b"[-Infinity]", "-Infinity is no JSON number", None, "of both signs"),
    (b"[1e400]", "a number is beyond the range of a double", None, "it would be read as infinity"),
    (b"1" * 4301, "an integer has more than 4300 digits", None, "Python would raise"),
    (b"-" + b"1" * 5000, "an integer has more than 4300 digits", None, "for negative ones too"),
    (b'{"a":1,"a":1}', 'the member "a" stands twice in one object', None, "last wins elsewhere"),
    (rb'{"a":1,"\u0061":2}', 'the member "a" stands twice in one object', None, "two spellings"),
    (b'[{"b":{"a":1,"a":1}}]', 'the member "a" stands twice in one object', None, "deep inside"),
    (b"[" * 65 + b"]" * 65, "it is nested more than 64 levels deep", None, "65 levels"),
    (b'{"a":' * 65 + b"1" + b"}" * 65, "it is nested more than 64 levels deep", None, "objects"),
    (b"[" * 100_000 + b"]" * 100_000, "it is nested more than 64 levels deep", None, "recursion"),
    (b"[" * 100_000, "it is nested more than 64 levels deep", None, "recursion without an end"),
    (b'{"a":' * 100_000, "it is nested more than 64 levels deep", None, "recursion of objects"),
    (b'"\xff"', "it is not UTF-8", (1, 2), "a byte that UTF-8 has not"),
    (b'\n "\xc0\xaf"', "it is not UTF-8", (2, 3), "an overlong sequence"),
    (b'"\xed\xa0\x80"', "it is not UTF-8", (1, 2), "a surrogate written as UTF-8"),
    (b"\xef\xbb\xbf{}", "it begins with a byte-order mark", (1, 1), "a byte-order mark"),
    ("{}".encode("utf-16"), "it is not UTF-8", (1, 1), "UTF-16 with its mark"),
    ("{}".encode("utf-16-le"), None, (1, 2), "UTF-16, which Python would guess"),
    ("{}".encode("utf-32-be"), None, (1, 1), "UTF-32, which Python would guess"),
    (rb'"\ud800"', "half of a surrogate pair", None, "half of a pair"),
    (rb'{"a":["\uDFFFx"]}', "half of a surrogate pair", None, "the other half, deep inside"),
    (rb'{"\ud800":1}', "half of a surrogate pair", None, "in a name"),
    (rb'"\ude80\ud83d"', "half of a surrogate pair", None, "a pair in the wrong order"),
    (b'"a\nb"', "Invalid control character", (1, 3), "a raw line end in a text"),
    (b"[01]", None, (1, 3), "a leading zero"),
    (b"[+1]", None, (1, 2), "a plus sign"),
    (b"[.5]", None, (1, 2), "no digit before the point"),
    (b"[1.]", None, (1, 3), "no digit behind it"),
    (b"[0x10]", None, (1, 3), "hexadecimal"),
    (rb'"\x41"', None, (1, 2), "an escape that JSON has not"),
    ("[\uff11]".encode(), None, (1, 2), "a digit of another script"),
    ("\u00a0{}".encode(), None, (1, 1), "white space that JSON has not"),
    (b"True", None, (1, 1), "a literal of Python"),
]


@pytest.mark.parametrize(
    ("body", "reason", "place", "why"), REFUSED, ids=[row[-1] for row in REFUSED]
)
def test_anything_else_is_refused(
    body: bytes, reason: str | None, place: tuple[int, int | None] | None, why: str
):
    """The error says what is wrong and, where one place is at fault, where."""
    with pytest.raises(MalformedJSON) as caught:
        parse_strict(body)
    error = caught.value
    assert isinstance(error, HookwrightError), why
    assert reason is None or reason in error.reason
    if place is None:
        assert (error.line, error.column) == (None, None)
    else:
        # Which column of a trailing comma is named differs between versions of Python.
        assert (error.line, error.column if place[1] else None) == place
    assert "\n" not in str(error)
    assert len(str(error)) < 200


def test_a_lowered_limit_of_digits_is_no_crash(monkeypatch: pytest.MonkeyPatch):
    """PYTHONINTMAXSTRDIGITS may be as low as 640; the parser still answers with its own error."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        with pytest.raises(MalformedJSON, match="digits"):
            parse_strict(b"1" * 1000)
    finally:
        sys.set_int_max_str_digits(before)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner)
    ),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_what_python_writes_is_read_back(value: object, ascii_only: bool):
    """Nothing that a JSON writer writes is refused or changed."""
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert parse_strict(body) == value


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(body: bytes):
    """Whatever arrives, the parser returns a value or raises its one error."""
    with suppress(MalformedJSON):
        parse_strict(body)
