"""The schema files: documented throughout, portable, and exclusive."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright_schemas import Contract, load_contract
from hookwright_schemas.formats import FORMATS
from hookwright_schemas.portability import KEYWORDS, check_schema, pattern_problem

JOTURL = load_contract()


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema inside it."""
    yield node
    for keyword in ("allOf", "anyOf", "oneOf"):
        for child in node.get(keyword, ()):
            yield from nodes(child)
    for child in node.get("properties", {}).values():
        yield from nodes(child)
    for keyword in ("not", "items"):
        if isinstance(node.get(keyword), dict):
            yield from nodes(node[keyword])


def test_every_field_and_alternative_is_described(contract: Contract):
    """Generators, messages and people all read titles, descriptions and examples."""
    for event in contract.events:
        fields = [event.schema["properties"][field.name] for field in event.fields]
        alternatives = [*event.schema.get("anyOf", ()), *event.schema.get("oneOf", ())]
        for node in (event.schema, *fields, *alternatives):
            assert node["title"]
            assert node["description"].endswith(".")
            assert node["examples"]


def test_examples_are_true(contract: Contract):
    """The example of a field makes a valid message when it replaces the sample's value."""
    header = contract.classification.header
    for event in contract.events:
        headers = {header: event.value} if header else {}
        for example in event.schema["examples"]:
            assert contract.check(example, headers).valid
        for field in event.fields:
            verdicts = [
                contract.is_valid({**sample.payload, **more, field.name: example}, headers)
                for example in field.examples
                for sample in event.samples
                for more in ({}, {"type": "other"})
            ]
            assert verdicts.count(True) >= len(field.examples), field.name


def test_keywords_mean_the_same_in_every_draft(contract: Contract):
    """Nothing that came, went or changed after draft 4: Ajv and PHP read the same files."""
    for event in contract.events:
        check_schema(event.schema, event.id)
        for node in nodes(event.schema):
            assert node.keys() <= KEYWORDS
            assert node.get("format") in {None, *FORMATS}
            assert pattern_problem(node.get("pattern", "")) is None


def test_fields_stand_in_the_order_of_the_wire(contract: Contract):
    """`fields` is the documented order, and the first sample has it too."""
    for event in contract.events:
        names = [field.name for field in event.fields]
        sample = list(event.samples[0].payload)
        assert sample == [name for name in names if name in sample]


def test_documented_fields():
    """The fields of the page, every one a required string."""
    lead = ["data", "type", "date", "name"]
    link = [
        *("id", "alias", "domain_id", "domain_host", "domain_nickname", "project_id"),
        *("project_name", "short_url", "long_url", "notes", "tags"),
    ]
    documented = {
        "form_lead": lead,
        "social_lead": [*lead, "extended_info"],
        "link_created": link,
    }
    assert {e.id: [f.name for f in e.fields] for e in JOTURL.events} == documented
    assert all(field.required for event in JOTURL.events for field in event.fields)
    assert {field.type for event in JOTURL.events for field in event.fields} == {"string"}
    assert JOTURL.reserved == {*lead, "extended_info", *link}


# Values that some event takes somewhere, and values that none does.
VALUES = st.sampled_from(
    ["", "a", "a@b.co", "email", "other", "2020-03-26", "2020-02-31", "{}", "[]", "1", 1, None]
)
FIELDS = st.sampled_from(sorted(JOTURL.reserved | {"campaign"}))


@st.composite
def mixtures(draw: st.DrawFn) -> dict[str, Any]:
    """Parts of one event, parts of others, and parameters."""
    payload: dict[str, Any] = {}
    for event in draw(st.lists(st.sampled_from(JOTURL.events), max_size=3)):
        payload |= event.samples[0].payload
    payload |= draw(st.dictionaries(FIELDS, VALUES, max_size=3))
    for name in draw(st.sets(FIELDS, max_size=3)):
        payload.pop(name, None)
    return payload


@settings(max_examples=10 * settings.default.max_examples)
@given(mixtures())
def test_a_payload_is_valid_as_one_event_at_most(payload: dict[str, Any]):
    """The schemas exclude each other, and the shape finds the one that takes a payload."""
    takers = [event for event in JOTURL.events if event.is_valid(payload)]
    assert len(takers) <= 1
    if takers:
        assert JOTURL.classify(payload) is takers[0]
    assert JOTURL.is_valid(payload) is bool(takers)


@pytest.mark.parametrize("event", JOTURL.events, ids=lambda event: event.id)
def test_each_field_of_another_event_is_named(event):
    """A field that belongs elsewhere is refused with its pointer and its owner."""
    own = {field.name for field in event.fields}
    for other in JOTURL.events:
        for field in other.fields:
            if field.name not in own:
                (violation,) = event.check({**event.samples[0].payload, field.name: "x"})
                assert violation.pointer == f"/{field.name}"
                assert other.id in violation.message
