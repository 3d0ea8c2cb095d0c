"""Group J: text that is almost JSON (RFC 8259)."""

from hookwright_receiver.conformance.credentials import TOKEN
from hookwright_receiver.conformance.expectation import Expectation, refuse
from hookwright_receiver.conformance.model import Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("J", "JSON")

DEPTH = 100_000

_STRICT = "Parse strictly (RFC 8259), and answer every parse error with 400."


async def _refused(
    run: Run,
    rows: list[tuple[bytes, str]],
    expectation: Expectation | None = None,
    level: Level | None = None,
) -> None:
    for body, label in rows:
        delivery = run.messages.raw(run.messages.plain, body)
        await run.expect(delivery, expectation or refuse(400), label, level=level)


@GROUP.case(
    1,
    "an empty body",
    sent="empty body",
    expect="400",
    why="some parsers yield `{}`",
    source="RFC 8259, section 2",
    hint=_STRICT,
    hints={"express": "express.json() makes {} of an empty body: read the raw body first."},
)
async def empty(run: Run) -> None:
    """Send nothing, and white space."""
    await _refused(run, [(b"", "no bytes"), (b" \r\n\t ", "white space")])


@GROUP.case(
    2,
    "truncated JSON",
    sent="truncated JSON",
    expect="400",
    why="a cut connection must not pass for a message",
    source="RFC 8259, section 2; an event would be altered",
    hint=_STRICT,
    hints={"flask": "json.loads raises ValueError: catch it and answer 400, not 500."},
)
async def truncated(run: Run) -> None:
    """Cut a message at three places."""
    body = run.messages.authorised_text(run.messages.plain)
    rows = [
        (body[:-1], "without the last brace"),
        (body[: len(body) // 2], "half of it"),
        (b"{", "one brace"),
    ]
    await _refused(run, rows)


@GROUP.case(
    3,
    "JSON for the lenient",
    sent="trailing comma (the page's own third sample), comment, single quotes",
    expect="400",
    why="lenient parsers",
    source="RFC 8259, section 9 lets a parser take extensions",
    level=Level.SHOULD,
    hint=_STRICT,
)
async def lenient(run: Run) -> None:
    """Put a comma before the last brace of every event's sample, among others."""
    rows = []
    for event in run.messages.events:
        text = run.messages.authorised_text(event)
        rows.append((text[:-1] + b",}", f"{event.id} with a trailing comma"))
    text = run.messages.authorised_text(run.messages.plain)
    rows += [
        (text[:-1] + b"/* a comment */}", "a comment"),
        (text[:-1] + b"// a comment\n}", "a comment to the end of the line"),
        (text.replace(b'"', b"'"), "single quotes"),
        (text.replace(b'"', b"", 2), "a name without quotes"),
    ]
    await _refused(run, rows)


@GROUP.case(
    4,
    "numbers that JSON does not have",
    sent="`NaN`, `Infinity`, `-Infinity` as a parameter",
    expect="400",
    why="Python accepts them by default",
    source="RFC 8259, section 6; section 9 lets a parser take extensions",
    level=Level.SHOULD,
    hint=_STRICT,
    hints={
        "flask": "json.loads(…, parse_constant=…) with a function that raises.",
        "starlette": "json.loads(…, parse_constant=…) with a function that raises.",
    },
)
async def constants(run: Run) -> None:
    """Write each of them as a member's value."""
    event = run.messages.plain
    rows = [
        (run.messages.insert(event, b'"conformance_number":' + text), text.decode())
        for text in (b"NaN", b"Infinity", b"-Infinity")
    ]
    await _refused(run, rows)


@GROUP.case(
    5,
    "more than one document",
    sent="two documents; trailing garbage",
    expect="400",
    why="what comes after the first is lost, or smuggled",
    source="RFC 8259, section 2; an event would be lost",
    hint="Demand that the body ends after the first value.",
)
async def trailing(run: Run) -> None:
    """Append to a message that is valid by itself."""
    text = run.messages.authorised_text(run.messages.plain)
    rows = [
        (text + text, "two documents"),
        (text + b"\n" + text, "two lines"),
        (text + b"x", "trailing garbage"),
        (text + b"\x00", "a trailing NUL"),
    ]
    await _refused(run, rows)


@GROUP.case(
    6,
    "a key twice",
    sent="a documented key twice; a parameter twice",
    expect="400 (SHOULD; MUST for a token or a key twice)",
    why="last-wins smuggling",
    source="RFC 8259, section 4; for a token: an event would be taken from a stranger",
    level=Level.SHOULD,
    hint="Refuse an object with two equal names; most parsers keep the last and say nothing.",
    hints={
        "flask": "json.loads(…, object_pairs_hook=…) with a function that looks for repeats.",
        "starlette": "json.loads(…, object_pairs_hook=…) with a function that looks for repeats.",
        "express": "JSON.parse keeps the last one: use a parser that reports duplicate keys.",
        "php": "json_decode keeps the last one: use a parser that reports duplicate keys.",
    },
)
async def duplicates(run: Run) -> None:
    """Repeat the first field of every event, with its own value too, and a parameter."""
    rows = []
    for event in run.messages.events:
        name, value = next(iter(run.messages.sample(event).items()))
        member = run.messages.contract.encode({name: value})[1:-1]
        rows.append((run.messages.insert(event, member), f"{event.id}: {name} twice"))
        escaped = b'"\\u%04x' % ord(name[0]) + member[2:]
        rows.append((run.messages.insert(event, escaped), f"{event.id}: {name} twice, escaped"))
    twice = b'"conformance_x":1,"conformance_x":2'
    rows.append((run.messages.insert(run.messages.plain, twice), "a parameter twice"))
    await _refused(run, rows)
    # Two readers of such a message would not agree on who sent it, or on which event it is.
    await _refused(run, _keys_twice(run), level=Level.MUST)
    if run.mode == "token":
        text = run.messages.authorised_text(run.messages.plain)
        wrong = b'"%s":"wrong"' % TOKEN.encode()
        tokens = [
            (b"{" + wrong + b"," + text.lstrip()[1:], "a wrong token, then the right one"),
            (run.messages.insert(run.messages.plain, wrong), "the right token, then a wrong one"),
        ]
        await _refused(run, tokens, refuse(400, 401), Level.MUST)


def _keys_twice(run: Run) -> list[tuple[bytes, str]]:
    """Return a message of every event with a key of its own, and another value of that key."""
    rows = []
    for event in run.messages.events:
        name = (event.idempotency_pointer or "").removeprefix("/")
        payload, key = run.messages.with_own_key(event, run.messages.sample(event))
        if key is not None and name in payload:
            member = run.messages.contract.encode({name: payload[name]})[1:-1]
            rows.append((run.messages.insert(event, member), f"{event.id}: two keys"))
    return rows


@GROUP.case(
    7,
    "100,000 levels",
    sent="100,000 nested arrays",
    expect="400 (SHOULD in a parameter)",
    why="RecursionError must not be a 500",
    source="RFC 8259, section 9 lets a parser bound the depth",
    level=Level.SHOULD,
    hint="Bound the depth before or while parsing, and treat a parser's overflow as 400.",
    hints={
        "flask": "json.loads raises RecursionError, which is no ValueError: catch it too.",
        "php": "json_decode has a depth argument; a null result with json_last_error() is a 400.",
    },
)
async def nesting(run: Run) -> None:
    """Nest arrays and objects, at the root and in a member, closed and not."""
    event = run.messages.plain
    arrays = b"[" * DEPTH + b"]" * DEPTH
    objects = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH
    # Neither is a message by any reading.
    rows = [(arrays, "arrays at the root"), (b"[" * DEPTH, "arrays never closed")]
    await _refused(run, rows, level=Level.MUST)
    rows = [
        (run.messages.insert(event, b'"conformance_x":' + arrays), "arrays in a parameter"),
        (run.messages.insert(event, b'"conformance_x":' + objects), "objects in a parameter"),
    ]
    await _refused(run, rows)


@GROUP.case(
    8,
    "numbers beyond measure",
    sent="`1e400`, a 5,000-digit integer as a parameter",
    expect="400 or 422",
    why="integer limits raise",
    source="RFC 8259, section 6 lets a parser bound numbers",
    level=Level.SHOULD,
    hint="Bound numbers, and treat a parser's overflow as 400.",
    hints={"flask": "Python raises ValueError beyond 4,300 digits, and makes inf of 1e400."},
)
async def numbers(run: Run) -> None:
    """Write each of them as a parameter."""
    event = run.messages.plain
    rows = [
        (run.messages.insert(event, b'"conformance_number":1e400'), "1e400"),
        (run.messages.insert(event, b'"conformance_number":-1e400'), "-1e400"),
        (run.messages.insert(event, b'"conformance_number":' + b"9" * 5000), "5,000 digits"),
    ]
    await _refused(run, rows, refuse(400, 422))
