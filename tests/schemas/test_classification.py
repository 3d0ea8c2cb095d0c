"""Which event a message is, and which key it brings with it."""

from typing import Any

import pytest

from hookwright_schemas import (
    Classification,
    Contract,
    EventDefinition,
    UnknownEvent,
    load_contract,
)

JOTURL = load_contract()

SHAPES = [
    ({"data": 1, "type": None}, "form_lead", "values do not matter"),
    ({"data": 1, "type": 1, "short_url": 1}, "form_lead", "the first rule that fits"),
    ({"extended_info": 1}, "social_lead", "one member is enough"),
    ({"extended_info": 1, "data": 1, "type": 1}, "social_lead", "with the fields of a lead"),
    ({"extended_info": 1, "short_url": 1}, "social_lead", "before the fields of a link"),
    ({"short_url": 1}, "link_created", "a link"),
    ({"short_url": 1, "data": 1}, "link_created", "half a lead is none"),
    ({"data": 1}, None, "half a lead"),
    ({"Short_url": 1}, None, "names are case-sensitive"),
    ({}, None, "nothing"),
    ([], None, "no object"),
    ("short_url", None, "a text that holds a name"),
    (None, None, "null"),
]


@pytest.mark.parametrize(("payload", "event", "reason"), SHAPES, ids=[row[-1] for row in SHAPES])
def test_by_shape(payload: Any, event: str | None, reason: str):
    """The first event whose members are there; whether it is valid is another question."""
    found = JOTURL.classify(payload)
    assert (found.id if found else None) == event, reason


HEADERS = [
    ({"x-shop-event": "order.paid"}, "order_paid", "a mapping"),
    ([("X-Shop-Event", "stock.low")], "stock_low", "pairs, in any case"),
    ([("a", "b"), ("X-SHOP-EVENT", "stock.low")], "stock_low", "among others"),
    ([("X-Shop-Event", "stock.low"), ("x-shop-event", "order.paid")], None, "twice names none"),
    ({"x-shop-event": "stock_low"}, None, "the id is not the value"),
    ({"x-shop-event": ""}, None, "an empty value"),
    ({}, None, "no header"),
]


@pytest.mark.parametrize(("headers", "event", "reason"), HEADERS, ids=[row[-1] for row in HEADERS])
def test_by_header(shop: Contract, headers: Any, event: str | None, reason: str):
    """The payload plays no part in it."""
    found = shop.classify({}, headers)
    assert (found.id if found else None) == event, reason
    if found is None:
        (violation,) = shop.check({}, headers).violations
        expected = 'its header `x-shop-event` must be one of "order.paid", "stock.low"'
        assert expected in violation.message


def by_pointer(pointer: str) -> Contract:
    """Return a contract that tells its two events apart by a member."""
    rest: dict[str, Any] = {
        "title": "t",
        "description": "d",
        "schema": {},
        "fields": (),
        "samples": (),
    }
    events = tuple(
        EventDefinition(id=name, command=name, value=f"{name}.v1", **rest)
        for name in ("up", "down")
    )
    return Contract("c", "1.0.0", "t", "json", events, Classification("pointer", pointer=pointer))


POINTERS = [
    ("/event", {"event": "up.v1"}, "up", "a member"),
    ("/meta/type", {"meta": {"type": "down.v1"}}, "down", "a member of a member"),
    ("/list/1", {"list": ["up.v1", "down.v1"]}, "down", "an item"),
    ("/a~1b/~0", {"a/b": {"~": "up.v1"}}, "up", "escaped names"),
    ("/event", {"event": "up"}, None, "another value"),
    ("/event", {"event": ["up.v1"]}, None, "a value that is no text"),
    ("/event", {}, None, "nothing there"),
    ("/event/type", {"event": "up.v1"}, None, "a text has no members"),
    ("/list/2", {"list": ["up.v1", "down.v1"]}, None, "no such item"),
    ("/list/-1", {"list": ["up.v1"]}, None, "items are not counted backwards"),
    ("/list/\u0660", {"list": ["up.v1"]}, None, "nor in digits of another script"),
]


@pytest.mark.parametrize(
    ("pointer", "payload", "event", "reason"), POINTERS, ids=[r[-1] for r in POINTERS]
)
def test_by_pointer(pointer: str, payload: Any, event: str | None, reason: str):
    """The text at the JSON Pointer is the event's value."""
    contract = by_pointer(pointer)
    found = contract.classify(payload)
    assert (found.id if found else None) == event, reason
    if found is None:
        (violation,) = contract.check(payload).violations
        assert f'its member {pointer} must be one of "up.v1", "down.v1"' in violation.message


def test_events_are_found_by_either_name(contract: Contract):
    """By id and by command name; anything else lists what there is."""
    for event in contract.events:
        assert contract.event(event.id) is event
        assert contract.event(event.command) is event
    with pytest.raises(UnknownEvent) as caught:
        contract.event("nothing")
    assert caught.value.name == "nothing"
    assert caught.value.known == tuple(event.command for event in contract.events)


KEYS = [
    ({"short_url": "a", "id": "342"}, "342", "the id of a link"),
    ({"short_url": "a", "id": " 0342"}, " 0342", "exactly as it is"),
    ({"short_url": "a", "id": ""}, None, "an empty text is no key"),
    ({"short_url": "a", "id": 342}, None, "a number is none, it may have lost digits"),
    ({"short_url": "a"}, None, "no id"),
    ({"data": "a", "type": "b", "id": "342"}, None, "a lead has no key of its own"),
    ({"id": "342"}, None, "no event"),
    ([], None, "no object"),
]


@pytest.mark.parametrize(("payload", "key", "reason"), KEYS, ids=[row[-1] for row in KEYS])
def test_the_key_inside_a_payload(payload: Any, key: str | None, reason: str):
    """Only the event that declares one has it."""
    assert JOTURL.idempotency_key(payload) == key, reason


def test_the_key_of_an_event_that_a_header_names(shop: Contract):
    """The headers go along, and the pointer may lead deeper."""
    sample = shop.events[0].samples[0].payload
    headers = {"x-shop-event": "order.paid"}
    assert shop.idempotency_key(sample, headers) == sample["order"]["number"]
    assert shop.idempotency_key(sample) is None
