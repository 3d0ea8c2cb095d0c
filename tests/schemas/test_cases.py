"""The case files: both validators reach the verdict that each case names."""

import re
from typing import Any

import pytest

from hookwright_schemas import Contract, ContractError, load_contract
from hookwright_schemas.cases import read_cases

JOTURL = load_contract()
EVERY_CASE = [(event, case) for event in JOTURL.events for case in event.cases()]


@pytest.mark.parametrize("event", JOTURL.events, ids=lambda event: event.id)
def test_every_row_of_the_payload_group_has_cases(event):
    """At least 40 an event, and each row of group P that the event's payload can express."""
    cases = event.cases()
    assert len(cases) >= 40
    rows = {f"P{number}" for number in range(1, 13)}
    names = {field.name for field in event.fields}
    if "type" not in names:
        rows -= {"P7", "P8"}
    if "extended_info" not in names:
        rows -= {"P9"}
    assert rows <= {case.group for case in cases}
    assert all(len(case.reason) > 5 for case in cases)


@pytest.mark.parametrize("event", JOTURL.events, ids=lambda event: event.id)
def test_every_field_is_broken_in_every_way(event):
    """Each documented field removed, null, and of every other JSON type."""
    sample = event.samples[0].payload
    tried: dict[str, set[str]] = {name: set() for name in sample}
    for case in event.cases():
        if not isinstance(case.payload, dict):
            continue
        changed = [name for name in sample if case.payload.get(name) != sample[name]]
        if len(changed) == 1:
            value = case.payload.get(changed[0], ...)
            tried[changed[0]].add("missing" if value is ... else type(value).__name__)
    for name, ways in tried.items():
        assert {"missing", "NoneType", "bool", "list", "dict"} <= ways, name
        assert ways & {"int", "float"}, name


def test_verdicts(contract: Contract):
    """The reference explains each invalid case at its pointer; the fast verdict agrees."""
    header = contract.classification.header
    for event in contract.events:
        headers = {header: event.value} if header else {}
        for case in event.cases():
            verdict = contract.check(case.payload, headers)
            where = [violation.pointer for violation in verdict.violations]
            told = f"{event.id} {case.id} ({case.reason}): {verdict.violations}"
            assert verdict.valid is case.valid, told
            assert contract.is_valid(case.payload, headers) is case.valid, told
            assert case.pointer is None or case.pointer in where, told


def test_messages_never_hold_the_value():
    """What was sent may be a secret, so that no message repeats it."""
    for event, case in EVERY_CASE:
        if not isinstance(case.payload, dict):
            continue
        said = " ".join(violation.message for violation in JOTURL.check(case.payload).violations)
        for name, value in case.payload.items():
            if (
                isinstance(value, str)
                and len(value) > 12
                and value != event.samples[0].payload.get(name)
            ):
                assert value not in said, case.id


BASE = {"a": "1", "b": "2"}
ROW = {"id": "x", "group": "P1", "reason": "why", "valid": True}
READ = [
    ({}, BASE, "nothing changed: the sample"),
    ({"set": {"b": 3, "c": None}}, {"a": "1", "b": 3, "c": None}, "members set and added"),
    ({"remove": ["a"]}, {"b": "2"}, "a member removed"),
    ({"remove": ["a"], "set": {"a": 1}}, {"b": "2", "a": 1}, "set wins over removed"),
    ({"payload": None}, None, "a whole payload, and null is one"),
    ({"payload": [{"$expand": [["a", 2], ["b", 1]]}]}, ["aab"], "a text written out"),
    ({"set": {"b": {"$expand": [["", 9]]}}}, {"a": "1", "b": ""}, "nothing, nine times"),
    ({"payload": {"$expand": 1, "other": 2}}, {"$expand": 1, "other": 2}, "not alone: a member"),
]


@pytest.mark.parametrize(("row", "payload", "reason"), READ, ids=[row[-1] for row in READ])
def test_a_case_is_what_it_changes(row: dict[str, Any], payload: Any, reason: str):
    """The small language of the case files."""
    (case,) = read_cases({"cases": [ROW | row]}, BASE, "cases.json")
    assert case.payload == payload, reason


WRONG: list[tuple[Any, str]] = [
    ([], "`cases` must be an array"),
    ({"cases": {}}, "`cases` must be an array"),
    ({"cases": [1]}, "`cases[0]` must be an object"),
    ({"cases": [ROW | {"id": ""}]}, "`cases[0].id` must be text"),
    ({"cases": [ROW | {"reason": None}]}, "`cases[0].reason` must be text"),
    ({"cases": [ROW | {"valid": 1}]}, "`cases[0].valid` must be true or false"),
    ({"cases": [ROW | {"pointer": 1}]}, "`cases[0].pointer` must be"),
    ({"cases": [ROW, ROW]}, "`cases[1].id` stands twice"),
    ({"cases": [ROW | {"sett": {}}]}, "`cases[0].sett` is no part of a case"),
    ({"cases": [ROW | {"payload": 1, "set": {}}]}, "`cases[0]` must have either"),
    ({"cases": [ROW | {"set": []}]}, "`cases[0].set` must be an object"),
    ({"cases": [ROW | {"remove": ["c"]}]}, "`cases[0].remove` must be"),
    ({"cases": [ROW | {"remove": "a"}]}, "`cases[0].remove` must be"),
    ({"cases": [ROW | {"payload": {"$expand": "a"}}]}, "`cases[0].$expand` must be pairs"),
    ({"cases": [ROW | {"payload": {"$expand": [["a", "b"]]}}]}, "`cases[0].$expand` must be"),
]


@pytest.mark.parametrize(("document", "message"), WRONG, ids=[row[-1] for row in WRONG])
def test_a_wrong_case_is_named(document: Any, message: str):
    """The error has the file and the place in it."""
    with pytest.raises(ContractError, match=re.escape(f"cases.json: {message}")):
        read_cases(document, BASE, "cases.json")
