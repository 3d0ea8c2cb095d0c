"""Group S: how large a body may be."""

from hookwright_receiver.conformance.answer import Failure
from hookwright_receiver.conformance.client import Connection
from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.model import Fault, Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run
from hookwright_schemas import EventDefinition

GROUP = Group("S", "sizes")

CHUNK = 64 * 1024


def sized(run: Run, event: EventDefinition, size: int) -> Delivery:
    """Return a valid message whose body is this long: padded in a parameter, or with blanks."""
    messages = run.messages
    if not messages.takes_parameters(event):
        text = messages.authorised_text(event)
        return messages.raw(event, text + b" " * (size - len(text)))
    bare = len(messages.message(event, parameters={"conformance_padding": ""}).body)
    padding = {"conformance_padding": "x" * (size - bare)}
    return messages.message(event, parameters=padding)


@GROUP.case(
    1,
    "exactly the limit",
    sent="body of exactly the limit (1 MiB by default)",
    expect="accept",
    why="boundary",
    source="good practice",
    level=Level.SHOULD,
    hint="Refuse what is longer than the limit, not what is as long.",
    hints={"express": "express.json({limit: '1mb'})"},
)
async def limit(run: Run) -> None:
    """Pad a message to the limit."""
    delivery = sized(run, run.messages.plain, run.target.max_body)
    await run.expect(delivery, ACCEPT, f"{run.target.max_body} bytes")


@GROUP.case(
    2,
    "one byte more, announced",
    sent="limit + 1 with `Content-Length`",
    expect="413 before the body is read",
    why="memory",
    source="RFC 9110, section 15.5.14",
    level=Level.SHOULD,
    hint="Look at Content-Length before reading the body.",
    hints={
        "flask": "MAX_CONTENT_LENGTH is looked at only when the body is read: check it yourself.",
        "php": "Compare $_SERVER['CONTENT_LENGTH']; post_max_size does not bound php://input.",
    },
)
async def announced(run: Run) -> None:
    """Announce the body and hold it back: the answer must come without it."""
    delivery = sized(run, run.messages.plain, run.target.max_body + 1)
    head = delivery.head(run.instance.address)
    exchange = await run.exchange(head)
    label = f"{len(delivery.body)} bytes announced, none sent"
    if exchange.failure is Failure.TIMEOUT:
        whole = await run.send(delivery)
        if whole.answer is not None:
            label += f" (with the body it answers {whole.answer.status})"
        got = f"{exchange.failure} ({exchange.detail})"
        run.hold(False, label, "413", got, fault=Fault.TIMEOUT, exchange=exchange)
        return
    # Any other code tells that it did not look at the length.
    run.judge(exchange, refuse(413, exactly=True), label)


@GROUP.case(
    3,
    "chunked over the limit",
    sent="chunked, over the limit",
    expect="413",
    why="checks of Content-Length alone",
    source="RFC 9110, section 15.5.14",
    level=Level.SHOULD,
    hint="Count the bytes while they come in and stop at the limit.",
)
async def chunked(run: Run) -> None:
    """Send chunks until an answer comes or twice the limit has gone out."""
    delivery = sized(run, run.messages.plain, run.target.max_body + 1)
    head = delivery.head(run.instance.address, [("Transfer-Encoding", "chunked")])

    async def send(connection: Connection) -> None:
        await connection.send(head)
        body = delivery.body + b" " * run.target.max_body
        for start in range(0, len(body), CHUNK):
            part = body[start : start + CHUNK]
            await connection.send(b"%x\r\n" % len(part) + part + b"\r\n")
        await connection.send(b"0\r\n\r\n")

    run.judge(await run.converse(send), refuse(413), "chunked, twice the limit")


@GROUP.case(
    4,
    "150 KB",
    sent="150 KB, valid",
    expect="accept",
    why="Express's default is 100 kB",
    source="an event would be lost",
    hint="Allow bodies of 1 MiB.",
    hints={"express": "express.json({limit: '1mb'})"},
)
async def ordinary(run: Run) -> None:
    """Pad a message to 150 KB."""
    await run.expect(sized(run, run.messages.plain, 150_000), ACCEPT, "150,000 bytes")
