"""The reference and the fast validator agree on whatever payload hypothesis makes."""

import json
import string
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

from hookwright_schemas import Contract, EventDefinition, load_contract

from .conftest import SHOP

DATES = st.dates().map(str) | st.sampled_from(
    ["2020-02-31", "2020-W13-4", "20200326", "0000-01-01"]
)
OBJECTS = st.dictionaries(st.text(string.printable, max_size=4), st.integers(), max_size=3)
FORMATS = {"json-object": OBJECTS.map(json.dumps)}

SIGNS = st.sampled_from(
    [*"@.\n\r\0\x7f \u00a0\u2028\ufeff", "{}", "[", "\U0001f680", "\u0661", "-"]
)
TEXTS = st.lists(SIGNS | st.text(st.characters(exclude_categories=("Cs",)), max_size=3), max_size=6)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS.map("".join)
    | DATES
    | st.sampled_from(["", "email", "other", "low", "out", "a@b.co", "{}", '{"a":NaN}', 0, 1, 1.0])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS)

EVENTS = [
    pytest.param(contract, event, id=event.id)
    for contract in (load_contract(), load_contract(SHOP))
    for event in contract.events
]


def agree(event: EventDefinition, payload: Any) -> None:
    """Hold the fast verdict and the reference's own against each other."""
    validator = event._validator
    reference = validator._reference.is_valid(payload)
    assert event.is_valid(payload) is reference, (event.id, payload)
    assert (event.check(payload) == ()) is reference


def headers(contract: Contract, event: EventDefinition) -> dict[str, str]:
    """Return the header that names an event, where the contract has one."""
    header = contract.classification.header
    return {header: event.value} if header and event.value else {}


@st.composite
def mutations(draw: st.DrawFn, event: EventDefinition) -> dict[str, Any]:
    """A valid payload with a few things changed: removed, replaced, extended, cut, added."""
    payload = dict(draw(st.sampled_from([sample.payload for sample in event.samples])))
    names = st.sampled_from([*event.schema["properties"], "campaign"])
    for name in draw(st.lists(names, min_size=1, max_size=3)):
        before = payload.get(name)
        way = draw(st.sampled_from(["remove", "replace", "extend", "insert", "cut", "case"]))
        if way == "remove":
            payload.pop(name, None)
        elif way == "replace" or not isinstance(before, str):
            payload[name] = draw(VALUES)
        elif way == "extend":
            payload[name] = before + draw(SIGNS)
        elif way == "insert":
            place = draw(st.integers(0, len(before)))
            payload[name] = before[:place] + draw(SIGNS) + before[place:]
        elif way == "cut":
            payload[name] = before[: draw(st.integers(0, len(before)))]
        else:
            payload[name] = before.swapcase()
    return payload


@pytest.mark.parametrize(("contract", "event"), EVENTS)
def test_agreement_on_mutated_samples(contract: Contract, event: EventDefinition):
    """Near misses are where two readings of a rule part."""

    @settings(max_examples=7 * settings.default.max_examples)
    @given(mutations(event))
    def holds(payload: dict[str, Any]) -> None:
        agree(event, payload)
        verdict = contract.check(payload, headers(contract, event))
        assert verdict.valid is contract.is_valid(payload, headers(contract, event))

    holds()


@pytest.mark.parametrize(("contract", "event"), EVENTS)
def test_agreement_on_payloads_made_from_the_schema(contract: Contract, event: EventDefinition):
    """Every field as its own schema allows it: valid but for rules between fields."""
    properties = event.schema["properties"]
    fields = {
        # hypothesis-jsonschema 0.23 cannot make objects with this version of hypothesis.
        field.name: st.sampled_from(field.examples)
        if field.type == "object"
        else from_schema(properties[field.name], custom_formats=FORMATS)
        for field in event.fields
    }

    @settings(max_examples=2 * settings.default.max_examples)
    @given(st.fixed_dictionaries(fields))
    def holds(payload: dict[str, Any]) -> None:
        agree(event, payload)
        # All fields are as they should be, so that only alternatives can be at fault.
        assert event.is_valid(payload) or {"anyOf", "oneOf"} & event.schema.keys()

    holds()


@pytest.mark.parametrize(("contract", "event"), EVENTS)
def test_agreement_on_any_json(contract: Contract, event: EventDefinition):
    """Roots of every type, and objects with the event's own names."""
    names = st.sampled_from([*event.schema["properties"], "a"]) | st.text(max_size=3)

    @settings(max_examples=3 * settings.default.max_examples)
    @given(VALUES | st.dictionaries(names, VALUES, max_size=8))
    @example([])
    @example(None)
    @example({})
    def holds(payload: Any) -> None:
        agree(event, payload)
        contract.check(payload, headers(contract, event))

    holds()


@pytest.mark.parametrize(("contract", "event"), EVENTS)
def test_agreement_on_every_case(contract: Contract, event: EventDefinition):
    """The case files too, validated as the event that they are for."""
    for case in event.cases():
        agree(event, case.payload)
