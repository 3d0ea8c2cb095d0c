"""The verdict on a payload is the validator's alone; the explanation explains, within bounds."""

import json
from decimal import Decimal

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import ONE_STACK

pytestmark = ONE_STACK

LEAVES = [
    {"type": "string"},
    {"type": "integer"},
    {"type": "number", "maximum": 3},
    {"type": ["string", "null"]},
    {"enum": ["paid", 1, None]},
    {"type": "string", "pattern": "^[a-c]"},
    {"type": "object", "required": ["a"]},
    {"type": "array", "minItems": 1},
    {"multipleOf": 0.5},
    {"not": {}},
    {"not": {"type": "string"}},
    {"format": "date"},
    {},
]


def branches(parts):
    """Return schemas made of schemas."""
    several = st.lists(parts, min_size=1, max_size=3)
    members = st.dictionaries(st.sampled_from("abc"), parts, max_size=3)
    return st.one_of(
        st.builds(
            lambda name, of: {name: of}, st.sampled_from(["oneOf", "anyOf", "allOf"]), several
        ),
        st.builds(lambda of: {"not": of}, parts),
        st.builds(lambda of: {"type": "array", "items": of, "uniqueItems": True}, parts),
        st.builds(
            lambda of, others: {"type": "object", "properties": of, "additionalProperties": others},
            members,
            st.one_of(st.booleans(), parts),
        ),
    )


SCHEMAS = st.recursive(st.sampled_from(LEAVES), branches, max_leaves=8)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from([0.5, "a", "2026-01-01"])),
    lambda parts: st.lists(parts) | st.dictionaries(st.sampled_from("abcd"), parts),
    max_leaves=8,
)


def violations(project, schema, payload):
    """Return what the receiver says of a payload under a schema."""
    event = project.module("contract").EventType(
        id="e",
        fields=(),
        present=frozenset(),
        absent=frozenset(),
        idempotency_pointer=None,
        schema=schema,
        validator=project.module("violations").compiled(schema),
    )
    return event.violations(payload)


def assert_bounded(found):
    """Check that an answer with these violations is a short one."""
    assert len(found) <= 21
    assert all(len(each.pointer) <= 500 and len(each.detail) <= 500 for each in found)


@pytest.mark.parametrize("whole", [0, 1 << 14], ids=["in parts", "whole"])
@settings(max_examples=5 * settings.default.max_examples, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_verdict_is_the_validators(project, monkeypatch, whole, data):
    """A payload has violations if, and only if, the reference validator refuses it too."""
    monkeypatch.setattr(project.module("violations"), "MAX_WHOLE", whole)
    schema = data.draw(SCHEMAS)
    payload = data.draw(VALUES)
    valid = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.FormatChecker(["date"])
    ).is_valid(payload)
    found = violations(project, schema, payload)
    assert (not found) == valid, (schema, payload, found)
    assert_bounded(found)


ONE_OF_TWO = {"oneOf": [{"required": ["email"]}, {"required": ["phone"]}]}
ITEMS = {"properties": {"items": {"type": "array", "items": {"type": "string"}}}}
EXPLAINED = [
    (ONE_OF_TWO, {"email": "a", "phone": "1"}, [("", "more than one")], "both fit, so not one"),
    ({"properties": {"n": {"oneOf": [{"type": "integer"}, {"type": "number"}]}}}, {"n": 3},
     [("/n", "more than one")], "a field's own alternatives"),
    ({"anyOf": [ONE_OF_TWO, {"type": "null"}]}, {"email": "a", "phone": "1"},
     [("", "more than one")], "alternatives within alternatives"),
    ({"required": ["a"]}, {}, [("/a", "is missing")], "a member that is missing"),
    ({"additionalProperties": False}, {"x": 1}, [("", "not allowed")], "one too many"),
    ({"additionalProperties": {"type": "null"}}, {"k" * 1000: 1}, [("", 'not of type "null"')],
     "a pointer that would be too long names what is around it"),
    (ITEMS | {"required": ["a"]}, {"items": ["x"] * 2000 + [1]},
     [("/a", "is missing"), ("/items", "does not fit")], "many values are judged as a whole"),
    ({"anyOf": [ITEMS["properties"]["items"]]}, ["x"] * 2000 + [1], [("", "does not fit")],
     "many values, and nothing says where: there is a reason all the same"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "payload", "told", "why"), EXPLAINED)
def test_explained(project, schema, payload, told, why):
    """Each fault has its place and a sentence."""
    found = violations(project, schema, payload)
    assert [each.pointer for each in found] == [pointer for pointer, _ in told], why
    assert all(words in each.detail for each, (_, words) in zip(found, told, strict=True)), found


SECRET = "9876543211"
UNTOLD = [
    *({"type": kind} for kind in ("null", "boolean", "array", "object")),
    {"type": ["null", "boolean"]}, {"enum": [1, "a"]}, {"not": {"minimum": 1, "pattern": "^9"}},
    {"maximum": 3, "maxLength": 3, "maxItems": 0, "maxProperties": 0}, {"multipleOf": 7},
    {"minimum": 9e12, "minLength": 30, "minItems": 3, "minProperties": 3}, {"uniqueItems": True},
    {"pattern": "^a"}, {"allOf": [{"title": "an a", "pattern": "^a"}]}, {"format": "date"},
    {"format": "json-object"}, {"oneOf": [{}, {}]}, {"anyOf": [{"enum": ["a"]}, {"type": "null"}]},
    {"items": {"type": "null"}}, {"additionalProperties": {"type": "null"}},
]  # fmt: skip


@pytest.mark.parametrize("rule", UNTOLD, ids=json.dumps)
def test_no_value_is_told(project, rule):
    """Whatever is wrong with a value, the value itself is nobody's business."""
    told = [
        found
        for value in (int(SECRET), SECRET, [SECRET, SECRET], {"a": SECRET})
        for found in violations(project, {"properties": {"n": rule}}, {"n": value})
    ]
    assert told
    assert all(found.detail and SECRET not in found.detail for found in told), told


# Each error takes time: so many may be made to tell twenty of them.
MOST = 5000
DEEP = {"anyOf": [ITEMS["properties"]["items"], {"items": {"type": "null"}}]}
LARGE = [
    (ITEMS, {"items": [1] * 100_000}, "each is wrong"),
    (ITEMS, {"items": ["x"] * 99_999 + [1]}, "the last one is"),
    (
        {"additionalProperties": {"type": "null"}},
        dict.fromkeys(map(str, range(100_000)), 1),
        "members",
    ),
    ({"properties": {"items": DEEP}}, {"items": [1] * 100_000}, "in each alternative"),
    (
        {"properties": {"a": {"not": {}}}, "additionalProperties": False},
        {"a" * 10**6: 1},
        "a long name",
    ),
]


@pytest.mark.parametrize(("schema", "payload", "why"), LARGE)
def test_large(project, monkeypatch, schema, payload, why):
    """However much is wrong, little of it is looked at and told; `bench` has the time it takes."""
    module, errors = project.module("violations"), []
    flatten = module._flatten
    monkeypatch.setattr(module, "_flatten", lambda of: flatten(looked_at(of, errors)))
    found = violations(project, schema, payload)
    assert found, why
    assert_bounded(found)
    assert len(errors) <= MOST, why


def looked_at(errors, seen):
    """Yield errors, and write down each of them, those of alternatives included."""
    for error in errors:
        seen.append(error)
        seen.extend(each for other in getattr(error.kind, "context", []) for each in other)
        yield error


def test_and_more(project):
    """Twenty are told, and that there are more."""
    found = violations(project, ITEMS, {"items": [1] * 900})
    assert [each.pointer for each in found[:2]] == ["/items/0", "/items/1"]
    assert len(found) == 21
    assert found[20].detail == "and more"


@pytest.mark.parametrize(
    ("pointer", "value", "why"),
    [
        ("/a/0/b", "x", "an element"),
        ("/a/00/b", None, "leading zeros name none (RFC 6901, 4)"),
        ("/a/1", None, "beyond the end"),
        ("/a/-", None, "the element after the last is not there"),
        ("/a/-1", None, "nor is there a last by this name"),
        ("/o/0", "y", "a digit is a member's name too"),
        ("/o/0/z", None, "nothing is inside a text"),
        ("/o/~1~01", "w", "escaped (RFC 6901, 3)"),
        ("/n", None, "no such member"),
    ],
)
def test_pointers(project, pointer, value, why):
    """A pointer goes into objects and arrays."""
    payload = {"a": [{"b": "x"}], "o": {"0": "y", "/~1": "w"}}
    assert project.module("contract").at(payload, pointer) == value, why


def test_unknown_event(project):
    """An event that the contract no longer has is not found, and said to be none of it."""
    contract = project.module("contract").load_contract()
    assert contract.events.get("gone") is None
    with pytest.raises(LookupError, match="no event gone"):
        contract.event("gone")


NUMBERS = [
    ("12345678901234567.89", None, "more digits than a double has"),
    ("0.10000000000000000001", None, "and many small ones"),
    ("1.50", None, "an amount"),
    ("-0", None, "minus nothing"),
    ("-0.0", None, "with a fraction"),
    ("1e5", "1E+5", "an exponent: the digits stay, its form is one"),
    ("1E+5", None, "the form"),
    ("12345678901234567890123", None, "an integer"),
    ("0.5", None, "what a double writes in the same way"),
]


@pytest.mark.parametrize(("number", "stored", "why"), NUMBERS)
def test_numbers_keep_their_digits(project, number, stored, why):
    """What came is what is stored, inside and among other values; and so it is in a repeat."""
    strict = project.module("strict_json")
    body = '{"a":%s,"b":[%s,{"\\u00e9":"x"}],"d":"2026-01-02"}' % (number, number)  # noqa: UP031
    expected = body.replace(number, stored or number).encode()
    assert strict.canonical(strict.parse(body.encode())) == expected, why
    assert strict.canonical(strict.parse(expected)) == expected
    assert json.loads(expected)["a"] == json.loads(number)


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "0.5" + "0" * 1000, "9" * 5000, "1e-" + "9" * 20]
)
def test_numbers_beyond(project, number):
    """A number that no double can hold, or with digits without end, is refused."""
    strict = project.module("strict_json")
    with pytest.raises(strict.NotJSON):
        strict.parse(number.encode())


@given(value=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
))  # fmt: skip
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_both_writers_agree(project, value):
    """The writer that keeps digits writes all else as the standard one does."""
    strict = project.module("strict_json")
    plain = json.loads(strict.canonical(value))
    standard = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    assert strict.canonical(plain) == standard.encode()


@pytest.mark.parametrize(
    ("kind", "value", "handed", "why"),
    [
        ("integer", 1.0, 1, "valid in 2020-12, and an int in the typed fields"),
        ("integer", 7, 7, "an int"),
        ("integer", Decimal("12345678901234567890.0"), 12345678901234567890, "with all its digits"),
        ("integer", Decimal("1.50"), Decimal("1.50"), "stored under another contract"),
        ("integer", "x", "x", "stored under another contract"),
        ("integer", None, None, "stored under another contract"),
        ("number", 1.0, 1.0, "a float is what a number is"),
        ("string", "1.0", "1.0", "a text"),
        (None, 1.0, 1.0, "a schema of the owner's own need not tell"),
    ],
)
def test_typed(project, kind, value, handed, why):
    """A handler gets the type that the typed fields state."""
    contract = project.module("contract")
    event = contract.EventType(
        id="e",
        fields=("n",),
        present=frozenset(),
        absent=frozenset(),
        idempotency_pointer=None,
        schema={"properties": {"n": {"type": kind}}} if kind else {},
        validator=None,
    )
    (fields, _) = event.split({"n": value})
    fields |= event.integers(project.module("strict_json").canonical({"n": value}))
    assert (fields["n"], type(fields["n"])) == (handed, type(handed)), why
    assert event.integers(b"{}") == {}
