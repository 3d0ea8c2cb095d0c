"""Group P: what the contract says about payloads, derived from its schemas, samples and cases."""

from hookwright_receiver.conformance.comparison import exact, plain
from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

from .rows import Row, filled, from_contract, send_all, stored_exactly
from .values import NASTY_STRINGS, OTHER_TYPES, SCALARS

GROUP = Group("P", "payloads")

_VALIDATE = "Validate the parsed payload against the event's schema before you store it."


@GROUP.case(
    1,
    "each documented sample",
    sent="each documented sample, exactly as the sender encodes it",
    expect="accept, 1 effect",
    why="the contract",
    source="the contract",
    hint="Read the raw body, parse it as JSON and answer 2xx for every event of the contract.",
    hints={"flask": "Use request.get_data(): request.data is empty for a form content type."},
    counted=True,
)
async def samples(run: Run) -> None:
    """Send the documented bytes themselves wherever no token has to go in."""
    sent = []
    for event in run.messages.events:
        for sample in event.samples:
            delivery = run.messages.message(event, sample.payload)
            if plain(delivery.payload) == delivery.payload and run.mode != "token":
                marked = run.messages.raw(event, sample.body, message_id=delivery.marker)
                delivery = marked
            await run.expect(delivery, ACCEPT, f"{event.id}: sample {sample.name}")
            sent.append((1, [delivery], f"{event.id}: sample {sample.name}"))
    await run.effects(*sent)


@GROUP.case(
    2,
    "additional parameters of every scalar type",
    sent="every optional extra: additional parameters of each JSON scalar type",
    expect="accept; they reach the handler as parameters",
    why="documented: the message contains all additional parameters",
    source="the contract",
    hint="Do not refuse unknown members; hand them to the handler with their JSON types.",
    hints={"php": "json_decode($body, true, 512, JSON_BIGINT_AS_STRING) keeps large integers."},
    observes=True,
)
async def parameters(run: Run) -> None:
    """Compare what the instrumented handler was given with what was sent, types included."""
    deliveries = []
    for event in run.messages.events:
        if not run.messages.takes_parameters(event):
            continue
        delivery = run.messages.message(event, parameters=SCALARS, directive="run")
        await run.expect(delivery, ACCEPT, f"{event.id} with parameters")
        deliveries.append((event, delivery))
    if not deliveries:
        run.skip("no event of the contract takes additional parameters")
        return
    for event, delivery in deliveries:
        runs = await run.handled(delivery, lambda seen: any(r.phase == "done" for r in seen))
        found = next((r.parameters for r in runs if r.phase == "done"), None)
        got = "the handler did not run" if found is None else exact(found)
        label = f"{event.id}: parameters in the handler"
        run.hold(got == exact(SCALARS), label, exact(SCALARS), got)


@GROUP.case(
    3,
    "required fields",
    sent="each required field removed, one at a time, every event",
    expect="422, unless what remains is a valid message",
    why="completeness",
    source="the contract",
    hint=_VALIDATE,
)
async def required(run: Run) -> None:
    """Expect what the reference validator says of the rest: it may be another event."""
    rows = from_contract(run, "P3")
    for event in run.messages.events:
        for field in event.fields:
            if field.required:
                payload = run.messages.sample(event)
                del payload[field.name]
                rows.append((event, payload, f"{event.id} without {field.name}"))
    await send_all(run, rows)


@GROUP.case(
    4,
    "types of fields",
    sent="each documented field as number, boolean, array, object",
    expect="422",
    why="no lax coercion",
    source="the contract",
    hint=_VALIDATE,
    hints={"php": "Decode without casting: (string) $x turns a number into a valid field."},
)
async def types(run: Run) -> None:
    """Send every JSON type that the field does not have."""
    rows = from_contract(run, "P4")
    for event in run.messages.events:
        for field in event.fields:
            for kind, value in OTHER_TYPES.items():
                payload = run.messages.sample(event, **{field.name: value})
                rows.append((event, payload, f"{event.id}: {field.name} as {kind}"))
    await send_all(run, rows, valid=False)


@GROUP.case(
    5,
    "null in a field",
    sent="each documented field null",
    expect="422",
    why="null is not absent",
    source="the contract",
    hint="Treat null as a value of the wrong type, not as a missing or empty field.",
)
async def null(run: Run) -> None:
    """Send null in every field that does not take it."""
    rows = from_contract(run, "P5")
    for event in run.messages.events:
        for field in event.fields:
            payload = run.messages.sample(event, **{field.name: None})
            rows.append((event, payload, f"{event.id}: {field.name} null"))
    await send_all(run, rows, valid=False)


@GROUP.case(
    6,
    "no event, and two at once",
    sent="an object that matches no event; one that matches parts of two",
    expect="422",
    why="the shape decides the event",
    source="the contract",
    hint="Tell the event first, by the contract's rule, and refuse what is none or several.",
)
async def shapes(run: Run) -> None:
    """Merge every two events, besides the empty object and one of parameters only."""
    events = run.messages.events
    rows = from_contract(run, "P6")
    rows += [(events[0], {}, "an empty object"), (events[0], dict(SCALARS), "parameters only")]
    for first in events:
        for second in events:
            if first is not second:
                both = {**run.messages.sample(first), **run.messages.sample(second)}
                rows.append((first, both, f"{first.id} and {second.id} in one"))
    await send_all(run, rows, valid=False)
    header = run.messages.contract.classification.header
    if header is not None:
        delivery = run.messages.message(events[0])
        await run.expect(delivery.without(header), refuse(422), f"no {header} header")
        unknown = delivery.with_headers((header, "no.such.event"))
        await run.expect(unknown, refuse(422), f"an unknown event in {header}")


@GROUP.case(
    7,
    "values that depend on each other",
    sent="enumerations: values outside, and values that another field forbids",
    expect="422, and accept where the contract allows it",
    why="documented rule",
    source="the contract",
    hint="Check enumerations and the rules between fields, not only the types.",
)
async def enumerations(run: Run) -> None:
    """Send the contract's own cases of this group."""
    await _only_contract(run, "P7")


@GROUP.case(
    8,
    "calendar dates",
    sent="dates that exist and dates that do not, other notations",
    expect="accept for a real date in the contract's notation, else 422",
    why="`format` is not asserted by default in validators",
    source="the contract",
    hint="Assert the named formats: to a validator `format` is a comment unless told otherwise.",
    hints={
        "flask": "jsonschema.Draft202012Validator(schema, format_checker=…).",
        "express": "Ajv needs ajv-formats, and its fast mode takes 2020-02-31.",
        "php": "checkdate() after matching the notation; DateTime rolls 02-31 over into March.",
    },
)
async def dates(run: Run) -> None:
    """Send the contract's own cases of this group."""
    await _only_contract(run, "P8")


@GROUP.case(
    9,
    "JSON inside a string",
    sent="a string that should hold a JSON object: objects, other values, no JSON, no string",
    expect="accept for an object, else 422",
    why="`contentSchema` is only an annotation",
    source="the contract",
    hint="Parse the string strictly, with bounded depth, and demand an object.",
)
async def nested(run: Run) -> None:
    """Send the contract's own cases of this group."""
    await _only_contract(run, "P9")


async def _only_contract(run: Run, group: str) -> None:
    rows = from_contract(run, group)
    if not rows:
        run.skip(f"the contract has no cases of group {group}")
    await send_all(run, rows)


@GROUP.case(
    10,
    "a root that is no object",
    sent='root is `[]`, `null`, `"x"`, `1`, `true`',
    expect="422 (401 where a token would have to be in it)",
    why="handlers that index crash",
    source="the contract",
    hint="Check that the parsed payload is an object before you look into it.",
)
async def roots(run: Run) -> None:
    """Send every JSON value that is no object."""
    event = run.messages.plain
    rows: list[Row] = []
    for value, label in (([], "[]"), (None, "null"), ("x", '"x"'), (1, "1"), (True, "true")):
        rows.append((event, value, f"root {label}"))
    for event, value, label in rows:
        body = run.messages.contract.encode(value)
        delivery = run.messages.raw(event, body)
        await run.expect(delivery, run.messages.verdict(event, value), label)


@GROUP.case(
    11,
    "long digits, empty and large strings",
    sent="20-digit identifiers, empty optional strings, 64 KiB in one field",
    expect="accept, stored exactly",
    why="53-bit readers lose digits",
    source="an event would be altered",
    hint="Keep identifiers as strings, integers exact, and no limit below 1 MiB.",
    hints={"express": "express.json() needs limit: '1mb'; JSON.parse rounds long integers."},
    observes=True,
)
async def extremes(run: Run) -> None:
    """Fill every field that takes it."""
    rows: list[Row] = []
    for event in run.messages.events:
        digits = filled(run, event, "12345678901234567890")
        if run.messages.takes_parameters(event):
            digits["conformance_number"] = 123456789012345678901234567890
        rows.append((event, digits, f"{event.id}: 20 and 30 digits"))
        rows.append((event, filled(run, event, ""), f"{event.id}: empty strings"))
        large = filled(run, event, "n" * 65536, last_only=True)
        rows.append((event, large, f"{event.id}: 64 KiB in a field"))
    await stored_exactly(run, rows)


@GROUP.case(
    12,
    "strings that storage and spreadsheets take for something else",
    sent="emoji, right-to-left text, combining marks, NUL, quotes, markup, formulas, SQL, paths",
    expect="accept, stored exactly",
    why="storage and spreadsheet injection",
    source="an event would be altered",
    hint="Bind values as parameters, store bytes or escaped JSON, and normalise nothing.",
    observes=True,
)
async def nasty_strings(run: Run) -> None:
    """Put each string into every field that takes it and into a parameter."""
    rows: list[Row] = []
    for event in run.messages.events:
        for name, text in NASTY_STRINGS.items():
            payload = filled(run, event, text)
            if run.messages.takes_parameters(event):
                payload["conformance_text"] = text
            rows.append((event, payload, f"{event.id}: {name}"))
    await stored_exactly(run, rows)
