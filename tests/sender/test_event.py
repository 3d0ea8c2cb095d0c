"""From an event to the exact bytes on the wire, and what is refused before."""

import json
from pathlib import Path

import pytest

from hookwright_schemas import InvalidPayload, UnknownEvent, load_contract
from hookwright_sender import Event, Message

JOTURL = load_contract()
SHOP = load_contract(Path(__file__).parents[1] / "contracts" / "shop")
LEAD = {"data": "ada@example.com", "type": "email", "date": "2020-02-29", "name": "Ada"}

SAMPLES = [
    (contract, definition, sample)
    for contract in (JOTURL, SHOP)
    for definition in contract.events
    for sample in definition.samples
]


@pytest.mark.parametrize(
    ("contract", "definition", "sample"), SAMPLES, ids=[sample.name for *_, sample in SAMPLES]
)
def test_a_sample_encodes_to_its_documented_bytes(contract, definition, sample):
    """Byte for byte what the documentation shows, for every event of two contracts."""
    documented = {field.name for field in definition.fields}
    fields = {name: value for name, value in sample.payload.items() if name in documented}
    parameters = {name: value for name, value in sample.payload.items() if name not in documented}
    event = Event(contract, definition.id, fields, parameters)
    event.validate()
    assert event.encode() == sample.body


@pytest.mark.parametrize(
    ("contract", "definition"),
    [(contract, definition) for contract in (JOTURL, SHOP) for definition in contract.events],
    ids=lambda value: getattr(value, "id", None) or value.name,
)
def test_a_sample_event_is_valid_and_recognised(contract, definition):
    """A receiver tells from payload and headers alone which event it is."""
    event = Event.sample(contract, definition.command)
    event.validate()
    message = Message.of(event)
    verdict = contract.check(json.loads(message.body), message.headers)
    assert verdict.valid
    assert verdict.event.id == definition.id


def test_fields_stand_in_documented_order_and_parameters_behind():
    """Whatever order they were given in."""
    shuffled = dict(reversed(LEAD.items()))
    event = Event(JOTURL, "form_lead", shuffled, {"z": 1, "a": None})
    assert list(event.payload) == [*LEAD, "z", "a"]
    assert event.encode() == (
        b'{"data":"ada@example.com","type":"email","date":"2020-02-29","name":"Ada","z":1,"a":null}'
    )


def test_the_wire_form_is_php_json():
    """Escaped slashes, no white space, ASCII only: as PHP's json_encode writes by default."""
    event = Event(JOTURL, "form_lead", LEAD | {"name": "Zoë </b> 🚀"})
    assert b'"name":"Zo\\u00eb <\\/b> \\ud83d\\ude80"' in event.encode()


def test_an_event_keeps_its_own_copy():
    """What a caller does to its dictionaries later changes no message."""
    fields, parameters = dict(LEAD), {"a": 1}
    event = Event(JOTURL, "form_lead", fields, parameters)
    fields.clear()
    parameters.clear()
    assert event.payload == LEAD | {"a": 1}


def test_an_unknown_event_is_refused():
    """The error knows what there is."""
    with pytest.raises(UnknownEvent):
        Event(JOTURL, "nothing_of_that_name")


REFUSED = [
    ({"date": "2020-02-31"}, {}, "/date", "no such day"),
    ({"date": "26/03/2020"}, {}, "/date", "another notation"),
    ({"type": "phone"}, {}, "/type", "none of the documented values"),
    ({"data": "not an address"}, {}, "/data", "type says that it is one"),
    ({"name": 7}, {}, "/name", "documented fields are strings"),
    ({"name": None}, {}, "/name", "null is not absent"),
    ({"name": "a\0b"}, {}, "/name", "NUL in a documented field"),
    ({"nickname": "A"}, {}, "/nickname", "not a field: a parameter would do"),
    ({"a/b~c": "A"}, {}, "/a~1b~0c", "pointers are escaped"),
    ({}, {"name": "Eve"}, "/name", "a parameter that shadows a field of this event"),
    ({}, {"short_url": "x"}, "/short_url", "a parameter that shadows a field of another event"),
    ({}, {"tags": ["a"]}, "/tags", "reserved, whatever its value"),
    ({}, {"list": [1]}, "/list", "an array is no scalar"),
    ({}, {"object": {}}, "/object", "an object is no scalar"),
    ({}, {"nan": float("nan")}, "/nan", "NaN is no JSON"),
    ({}, {"infinity": float("inf")}, "/infinity", "nor is infinity"),
]


@pytest.mark.parametrize(("changes", "parameters", "where", "why"), REFUSED)
def test_an_invalid_event_is_refused_with_a_pointer(changes, parameters, where, why):
    """The pointer says what to mend; each fault is named once."""
    event = Event(JOTURL, "form_lead", LEAD | changes, parameters)
    with pytest.raises(InvalidPayload) as caught:
        event.validate()
    assert [violation.pointer for violation in caught.value.violations] == [where], why
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("name", list(LEAD))
def test_a_missing_field_is_refused(name):
    """Every documented field is required, and the error says which."""
    fields = {key: value for key, value in LEAD.items() if key != name}
    with pytest.raises(InvalidPayload) as caught:
        Event(JOTURL, "form_lead", fields).validate()
    assert name in str(caught.value)


def test_an_event_that_has_become_another_is_refused():
    """Without the field that tells it apart, a receiver would take it for something else."""
    lead = Event.sample(JOTURL, "social_lead")
    del lead.fields["extended_info"]
    with pytest.raises(InvalidPayload):
        lead.validate()


def test_an_event_that_names_another_is_refused(tmp_path):
    """Valid as its own event, and still no receiver would take it for that."""
    schema = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    (tmp_path / "made.schema.json").write_text(json.dumps(schema))
    (tmp_path / "made.json").write_text('{"kind":"thing.made"}')
    (tmp_path / "contract.toml").write_text(
        'name = "things"\nversion = "1.0.0"\ntitle = "Things"\nencoding = "json"\n'
        '[classification]\nby = "pointer"\npointer = "/kind"\n'
        '[[events]]\nid = "made"\ncommand = "made"\ntitle = "Made"\ndescription = "Made."\n'
        'schema = "made.schema.json"\nsamples = ["made.json"]\nvalue = "thing.made"\n'
    )
    contract = load_contract(tmp_path)
    Event.sample(contract, "made").validate()
    with pytest.raises(InvalidPayload, match="would not be recognised as made"):
        Event.sample(contract, "made", kind="thing.lost").validate()


@pytest.mark.parametrize("value", ["text", "", 0, -1.5, 10**20, True, False, None, "a\0b"])
def test_every_json_scalar_is_a_parameter(value):
    """Also the empty ones, and numbers beyond 53 bits."""
    event = Event(JOTURL, "form_lead", LEAD, {"extra": value})
    event.validate()
    assert json.loads(event.encode())["extra"] == value
