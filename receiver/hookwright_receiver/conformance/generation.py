"""Makes payloads from an event's schema with hypothesis, and shrinks one that differs."""

import json
import string
import threading
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis_jsonschema import from_schema

from hookwright_schemas import EventDefinition

SEARCH_SECONDS = 20.0

# Hypothesis keeps state in globals that are not made for several searches at once.
_ONE_AT_A_TIME = threading.Lock()

Payload = dict[str, Any]

# No lone surrogates: they have no UTF-8 form, and E4 leaves the answer to the receiver.
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT
)
_DATES = st.dates().map(str)
_OBJECTS = st.dictionaries(
    st.text(string.ascii_letters, max_size=8), st.integers() | st.text(string.printable), max_size=3
)
_NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=12)


class _Difference(Exception):  # noqa: N818  what hypothesis is to find and shrink
    pass


def search(
    payloads: st.SearchStrategy[Payload],
    agrees: Callable[[object], bool],
    *,
    seed: int,
    examples: int,
) -> int:
    """Call `agrees` with payloads until one differs, then with smaller ones; return how many.

    Blocks for at most some 20 seconds.
    """
    deadline = time.monotonic() + SEARCH_SECONDS
    tried = 0

    @_seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(payloads)
    def test(payload: object) -> None:
        nonlocal tried
        if time.monotonic() > deadline:
            return
        tried += 1
        if not agrees(payload):
            raise _Difference

    try:
        with _ONE_AT_A_TIME:
            test()
    except (_Difference, HypothesisException, BaseExceptionGroup):
        # The caller keeps the smallest difference that it saw; how the search ended is no matter.
        return tried
    return tried


def _seeded(number: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    return seed(number)


def valid_payloads(
    event: EventDefinition, reserved: frozenset[str] | None, is_valid: Callable[[object], bool]
) -> st.SearchStrategy[Payload]:
    """Return payloads that the reference validator takes: made from the schema field by field.

    `reserved` are names that a parameter may not have, None where the event takes no parameters.
    """
    sample = event.samples[0].payload
    fields: dict[str, st.SearchStrategy[Any]] = {}
    properties = event.schema.get("properties", {})
    for field in event.fields:
        fields[field.name] = st.just(sample.get(field.name)) | _from(properties.get(field.name, {}))
    required = {f.name: fields[f.name] for f in event.fields if f.required}
    optional = {f.name: fields[f.name] for f in event.fields if not f.required}
    payloads = st.fixed_dictionaries(required, optional=optional)
    if reserved is not None:
        names = _NAMES.filter(lambda name: name not in reserved and name != "token")
        extras = st.dictionaries(names, _SCALARS, max_size=3)
        payloads = st.tuples(payloads, extras).map(lambda both: {**both[1], **both[0]})

    def mended(payload: Payload) -> Payload:
        """Take the sample's value for what another field forbids, rather than throw it all away."""
        if is_valid(payload):
            return payload
        for name in sample:
            payload = {**payload, name: sample[name]}
            if is_valid(payload):
                return payload
        return dict(sample)

    return payloads.map(mended)


def _from(schema: Any) -> st.SearchStrategy[Any]:
    """Return values of a field's schema; arrays and objects part by part.

    hypothesis-jsonschema makes what stands in them: its own objects are drawn with an interface of
    hypothesis that has since changed.
    """
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "array":
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + 3), least + 3)
        return st.lists(
            _from(schema.get("items", {"type": "string"})), min_size=least, max_size=most
        )
    if kind == "object":
        members = {name: _from(member) for name, member in schema.get("properties", {}).items()}
        required = {
            name: members.pop(name) for name in schema.get("required", ()) if name in members
        }
        return st.fixed_dictionaries(required, optional=members)
    try:
        formats = {"json-object": _OBJECTS.map(_as_json)}
        strategy: st.SearchStrategy[Any] = from_schema(schema, custom_formats=formats)
        strategy.validate()
    except Exception:  # noqa: BLE001  what it cannot express, other payloads will have to show
        return _TEXT
    return strategy


def _as_json(value: Payload) -> str:
    return json.dumps(value)


def nearly_valid_payloads(
    event: EventDefinition, payloads: st.SearchStrategy[Payload]
) -> st.SearchStrategy[Payload]:
    """Return payloads with one field taken away, or given another value."""
    names = st.sampled_from([field.name for field in event.fields])
    kinds = (_SCALARS, _DATES, st.lists(_SCALARS, max_size=2), _OBJECTS, _OBJECTS.map(_as_json))
    # Joined by `|`, the kind with the most alternatives would crowd out the others.
    values: st.SearchStrategy[Any] = st.sampled_from(kinds).flatmap(lambda kind: kind)

    @st.composite
    def changed(draw: st.DrawFn) -> Payload:
        payload = dict(draw(payloads))
        name = draw(names)
        how = draw(st.sampled_from(("replace", "extend", "cut", "replace", "drop")))
        before = payload.get(name)
        if how == "drop":
            payload.pop(name, None)
        elif how == "extend" and isinstance(before, str):
            payload[name] = before + draw(_TEXT)
        elif how == "cut" and isinstance(before, str):
            payload[name] = before[: draw(st.integers(0, max(0, len(before) - 1)))]
        else:
            payload[name] = draw(values)
        return payload

    return changed()
