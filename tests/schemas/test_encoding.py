"""The encoders: the documented bytes, PHP's own writer, and the canonical form."""

import json
import math
import struct
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright_schemas import (
    WIRE_ENCODERS,
    Contract,
    EncodingError,
    canonical,
    load_contract,
    parse_strict,
)

php_json, compact = WIRE_ENCODERS["php-json"], WIRE_ENCODERS["json"]

# The page's samples as they stand there. The trailing comma of the third is a slip of the page.
PAGE = {
    "form_lead": r"""{
"data":"john.smith.1257121140@example.com",
"type":"email",
"date":"2020-03-26",
"name":"John Smith"
}""",
    "social_lead": r"""{
"data":"john.smith.1257121140@example.com",
"type":"email",
"date":"2020-03-26",
"name":"John Smith",
"extended_info":"{}"
}""",
    "link_created": r"""{
"id":"342352536456456",
"alias":"joturl",
"domain_id":"67567567567567657",
"domain_host":"jo.my",
"domain_nickname":"",
"project_id":"697897897897898",
"project_name":"project #1",
"short_url":"https:\/\/jo.my\/joturl",
"long_url":"https:\/\/www.joturl.com\/",
"notes":"",
"tags":"",
}""",
}


@pytest.mark.parametrize("event", load_contract().events, ids=lambda event: event.id)
def test_a_sample_is_written_as_the_page_shows_it(joturl: Contract, event):
    """Byte for byte, but for the page's line ends and its trailing comma."""
    documented = PAGE[event.id].replace("\n", "").replace(",}", "}").encode()
    (sample,) = event.samples
    assert sample.body == documented
    assert joturl.encode(sample.payload) == documented


def test_samples_of_any_contract_are_written_as_documented(contract: Contract):
    """The file of a sample holds the bytes of the wire."""
    for event in contract.events:
        for sample in event.samples:
            assert contract.encode(sample.payload) == sample.body
            assert parse_strict(sample.body) == sample.payload


WRITTEN: list[tuple[Any, bytes, bytes, str]] = [
    ({}, b"{}", b"{}", "an empty object"),
    ([], b"[]", b"[]", "an empty array"),
    ({"a": {}, "b": []}, b'{"a":{},"b":[]}', b'{"a":{},"b":[]}', "empty ones inside"),
    ("a/b", rb'"a\/b"', b'"a/b"', "PHP escapes the solidus"),
    ("</script>", rb'"<\/script>"', b'"</script>"', "markup is text"),
    ("Zoë", rb'"Zo\u00eb"', '"Zoë"'.encode(), "lower-case hexadecimal"),
    ("\U0001f680", rb'"\ud83d\ude80"', "\U0001f680".join('""').encode(), "a surrogate pair"),
    ("\x7f", b'"\x7f"', b'"\x7f"', "DEL is ASCII, and stays"),
    ("\\u007f\x7f\\\x7f", b'"\\\\u007f\x7f\\\\\x7f"', b'"\\\\u007f\x7f\\\\\x7f"', "as does text"),
    ("\0\x1f", rb'"\u0000\u001f"', rb'"\u0000\u001f"', "control characters"),
    ('\b\t\n\f\r"\\', rb'"\b\t\n\f\r\"\\"', rb'"\b\t\n\f\r\"\\"', "short escapes"),
    ({"é/": 1}, rb'{"\u00e9\/":1}', '{"é/":1}'.encode(), "names like values"),
    (10**20, b"100000000000000000000", b"100000000000000000000", "integers keep every digit"),
    ([True, False, None, 0], b"[true,false,null,0]", b"[true,false,null,0]", "literals"),
    ({"a": 1.0}, b'{"a":1}', b'{"a":1.0}', "PHP drops a fraction of zero"),
    ([0.1, -0.0], b"[0.1,-0]", b"[0.1,-0.0]", "and keeps the sign of zero"),
    ([1e25, 1.5e-7], b"[1.0e+25,1.5e-7]", b"[1e+25,1.5e-07]", "exponents"),
    ((1, 2.5), b"[1,2.5]", b"[1,2.5]", "a tuple is an array"),
]


@pytest.mark.parametrize(
    ("value", "php", "plain", "reason"), WRITTEN, ids=[row[-1] for row in WRITTEN]
)
def test_how_values_are_written(value: Any, php: bytes, plain: bytes, reason: str):
    """Both encodings, side by side."""
    assert (php_json(value), compact(value)) == (php, plain), reason


LOOP: list[Any] = []
LOOP.append(LOOP)
DEEP: Any = 1.5
for _ in range(100_000):
    DEEP = [DEEP]

UNWRITABLE: list[tuple[Any, str]] = [
    (math.nan, "NaN"),
    ({"a": math.inf}, "infinities"),
    ([-math.inf], "infinities"),
    ("\ud800", "surrogate"),
    ({"\udfff": 1.5}, "surrogate"),
    (["\ude80\ud83d"], "surrogate"),
    (LOOP, "contains itself|too deeply"),
    (DEEP, "too deeply"),
    ({1, 2}, "JSON has"),
    (b"x", "JSON has"),
    ({(1,): 1}, "JSON has"),
    ({"a": 1.5, "b": {1, 2}}, "JSON has"),
]


@pytest.mark.parametrize(("value", "message"), UNWRITABLE, ids=range(len(UNWRITABLE)))
@pytest.mark.parametrize("encode", [php_json, compact], ids=["php-json", "json"])
def test_what_json_cannot_carry_is_refused(encode, value: Any, message: str):
    """One error in one line, whatever is wrong, that does not show the value."""
    with pytest.raises(EncodingError, match=message) as caught:
        encode(value)
    assert "\n" not in str(caught.value)


TEXT = st.text(st.characters(exclude_categories=("Cs",)))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
# PHP's integers have 64 bits.
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FINITE | TEXT
# An empty array of PHP is a list, and a numeric key of one is a number.
NAMES = TEXT.filter(lambda name: name and not name.lstrip("-").isdigit() and name[0] != "\0")
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_both_encodings_carry_the_same_value(value: Any):
    """What is written is read back; PHP's form as equal numbers, the other exactly."""
    assert parse_strict(compact(value)) == value
    # PHP writes 1e16 as digits, which Python would take for an exact integer.
    as_double = json.loads(php_json(value), parse_int=float)
    assert as_double == json.loads(compact(value), parse_int=float)


@given(JSON)
def test_the_php_encoding_is_ascii_without_white_space_or_bare_solidus(value: Any):
    """The properties by which the documentation's samples are recognised."""
    text = php_json(value).decode("ascii")
    assert "/" not in text.replace("\\/", "")


def run_php(program: str, script: str, lines: list[str]) -> list[bytes]:
    """Give a script lines on standard input and return those that it printed."""
    command = [program, "-n", "-d", "serialize_precision=-1", "-r", script]
    stdin = "".join(f"{line}\n" for line in lines).encode()
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=60)
    return done.stdout.splitlines()


# Reads values that PHP did not write, and writes each: a line in, a line out.
RECODE = """
while (($line = fgets(STDIN)) !== false) {
    echo json_encode(json_decode($line), JSON_THROW_ON_ERROR), "\\n";
}
"""
# Doubles come as their bits: PHP's own reading of decimals is not what is tested.
FLOATS = """
while (($line = fgets(STDIN)) !== false) {
    echo json_encode(unpack("E", hex2bin(trim($line)))[1]), "\\n";
}
"""


def test_php_writes_values_alike(needs: Callable[..., str]):
    """A few hundred values, written by us and by PHP's json_encode, byte for byte."""
    values: list[Any] = []

    @settings(max_examples=7 * settings.default.max_examples, database=None)
    @given(JSON)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    values += [each.payload for event in load_contract().events for each in event.samples]
    values += [value for value, *_ in WRITTEN if value != 10**20]
    # Not our encoder's text, which would prove nothing: Python's own.
    written = run_php(needs("php", "php-cli"), RECODE, [json.dumps(value) for value in values])
    assert written == [php_json(value) for value in values]


EDGES = [1.0, 0.1, 1e14, 1e15, 1e16, 1e17, 1e18, 1e21, 1e22, 1e25, 0.001, 0.0001, 0.00001, 1.5e-7]
EDGES += [123456789012345678.0, 99999999999999990.0, 1 / 3, 5e-324, 2.2250738585072014e-308]
EDGES += [1.7976931348623157e308, 0.0, -0.0, 0.00012345, 4503599627370496.5, 9007199254740993.0]


def test_php_writes_floats_alike(needs: Callable[..., str]):
    """Every power of ten, its neighbours, and a few hundred others."""
    numbers = EDGES + [
        float(f"{digits}e{power}") for power in range(-30, 40) for digits in (1, 1.25, 9.5)
    ]

    @settings(max_examples=10 * settings.default.max_examples, database=None)
    @given(FINITE)
    def collect(number: float) -> None:
        numbers.append(number)

    collect()
    numbers += [-number for number in EDGES]
    bits = [struct.pack(">d", number).hex() for number in numbers]
    written = run_php(needs("php", "php-cli"), FLOATS, bits)
    assert written == [php_json(number) for number in numbers]


@given(st.dictionaries(TEXT, JSON, max_size=5), st.randoms())
def test_equal_values_have_equal_canonical_bytes(value: dict[str, Any], random):
    """The order of members is no difference; any other is."""
    members = list(value.items())
    random.shuffle(members)
    assert canonical(dict(members)) == canonical(value)
    assert canonical(value).isascii()
    assert json.loads(canonical(value)) == value
    assert canonical({**value, "more": 1}) != canonical(value) or value.get("more") == 1


def test_canonical_form():
    """Sorted at every level, compact, escaped."""
    value = {"b": [{"z": 1, "a": "é/"}], "a": None}
    assert canonical(value) == rb'{"a":null,"b":[{"a":"\u00e9/","z":1}]}'
