"""What a person is told about each kind of fault."""

from typing import Any

import pytest

from hookwright_schemas import Contract, load_contract
from hookwright_schemas.validation import SchemaValidator

JOTURL = load_contract()
FORM, SOCIAL, LINK = (event.samples[0].payload for event in JOTURL.events)

NO_EVENT = (
    "has the shape of no event: form_lead has `data` and `type` and no `extended_info`; "
    "social_lead has `extended_info`; link_created has `short_url`"
)
ADDRESS = 'must be an e-mail address, because `type` is "email"'

# payload, every violation, reason
TOLD: list[tuple[Any, dict[str, str], str]] = [
    ([], {"": "must be an object, not an array"}, "another root"),
    (None, {"": "must be an object, not null"}, "null is a type of its own"),
    (True, {"": "must be an object, not a boolean"}, "a boolean is no number"),
    ({}, {"": NO_EVENT}, "no event: what each would need"),
    (
        FORM | {"type": "phone"},
        {"/type": 'must be one of "email", "other"'},
        "the type is at fault",
    ),
    (FORM | {"data": "Ada"}, {"/data": ADDRESS}, "the alternative that was meant"),
    (FORM | {"data": "a@b@c.de"}, {"/data": ADDRESS}, "the other half of its rule"),
    (FORM | {"data": ""}, {"/data": "must not be empty"}, "the field's own fault comes first"),
    (FORM | {"data": "a\0"}, {"/data": "must not hold a NUL character"}, "and here"),
    (FORM | {"data": 5}, {"/data": "must be a string, not a number"}, "and of another type"),
    (FORM | {"type": None}, {"/type": "must be a string, not null"}, "one fault a place"),
    (
        FORM | {"short_url": 1},
        {"/short_url": "belongs to another event (link_created)"},
        "its owner",
    ),
    (
        LINK | {"name": "a"},
        {"/name": "belongs to another event (form_lead, social_lead)"},
        "all its owners",
    ),
    (SOCIAL | {"type": "other"}, {"/type": 'must be "email"'}, "one value alone"),
    (SOCIAL | {"data": "Ada"}, {"/data": "must be an e-mail address"}, "without a reason to give"),
    (
        SOCIAL | {"extended_info": "[]"},
        {"/extended_info": "must be a strict JSON object in a string"},
        "a format in words",
    ),
    (
        FORM | {"date": "2020-2-1"},
        {"/date": "must be a day of the calendar as YYYY-MM-DD"},
        "the format says more than a length or a pattern",
    ),
    (
        {"data": "a@b.co", "type": "email"},
        {"/date": "is missing", "/name": "is missing"},
        "every missing field",
    ),
    (
        {"short_url": "a"},
        {f"/{name}": "is missing" for name in LINK if name != "short_url"},
        "in the order of the contract",
    ),
    (
        FORM | {"name": "\ud800"},
        {"/name": "holds half of a surrogate pair, which no encoding can carry"},
        "what no JSON text can bring, and a caller can",
    ),
]


@pytest.mark.parametrize(("payload", "told", "reason"), TOLD, ids=[row[-1] for row in TOLD])
def test_what_is_told_of_a_payload(payload: Any, told: dict[str, str], reason: str):
    """Every fault once, with its pointer, in words that say what to do."""
    verdict = JOTURL.check(payload)
    assert not verdict.valid
    assert [(each.pointer, each.message) for each in verdict.violations] == [*told.items()], reason


ONE = "must fit one of the alternatives, and fits several"

# schema, value, pointer, message
RULES: list[tuple[dict[str, Any], Any, str, str]] = [
    ({"type": ["string", "null"]}, 1, "", "must be a string or null, not a number"),
    ({"type": "integer"}, 1.5, "", "must be an integer, not a number"),
    ({"type": "array"}, {}, "", "must be an array, not an object"),
    ({"enum": [1, "é", None]}, 2, "", 'must be one of 1, "é", null'),
    ({"not": {"type": "string"}}, "a", "", "has a value that is not allowed"),
    ({"properties": {"a": {"not": {}}}}, {"a": 1}, "/a", "must not be there"),
    ({"pattern": "^a"}, "b", "", "has the wrong form"),
    ({"pattern": "^a", "description": "An a."}, "b", "", "has the wrong form: An a."),
    ({"minLength": 2}, "a", "", "must have at least 2 characters"),
    ({"maxLength": 1}, "ab", "", "must have at most 1 character"),
    ({"minimum": 3}, 2, "", "must be at least 3"),
    ({"maximum": 3}, 4, "", "must be at most 3"),
    ({"multipleOf": 2}, 3, "", "must be a multiple of 2"),
    ({"items": {"minItems": 2}}, [[1]], "/0", "must have at least 2 items"),
    ({"maxItems": 1}, [1, 2], "", "must have at most 1 item"),
    ({"uniqueItems": True}, [1, 1], "", "must not have the same item twice"),
    ({"minProperties": 1}, {}, "", "must have at least 1 member"),
    ({"maxProperties": 0}, {"a": 1}, "", "must have at most 0 members"),
    ({"additionalProperties": False}, {"a/b": 1}, "/a~1b", "is not a documented member"),
    ({"additionalProperties": {"type": "null"}}, {"~": 1}, "/~0", "must be null, not a number"),
    ({"properties": {"a": {"required": ["b"]}}}, {"a": {}}, "/a/b", "is missing"),
    ({"oneOf": [{"type": "string"}, {"minLength": 1}]}, "a", "", ONE),
    ({"allOf": [{"title": "even", "multipleOf": 2}]}, 3, "", "must be even"),
    ({"anyOf": [{"title": "small", "maximum": 1}, {"type": "string"}]}, 3, "", "must be small"),
    ({"allOf": [{"anyOf": [{"enum": [1]}, {"enum": [2]}]}]}, 3, "", "must be 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "value", "pointer", "message"), RULES, ids=[r[-1] for r in RULES]
)
def test_what_is_told_of_each_keyword(
    schema: dict[str, Any], value: Any, pointer: str, message: str
):
    """Every keyword that a schema may use has a sentence of its own."""
    (violation,) = SchemaValidator(schema).check(value)
    assert (violation.pointer, violation.message) == (pointer, message)


def test_alternatives_of_another_contract(shop: Contract):
    """What tells alternatives apart is read from the schema, and not known beforehand."""
    (_, stock) = shop.events
    sample = stock.samples[0].payload
    (violation,) = stock.check({**sample, "left": 0})
    assert violation.message == 'must be 1 or more, because `level` is "low"'
    (violation,) = stock.check({**sample, "level": "out"})
    assert violation.message == 'must be 0, because `level` is "out"'
