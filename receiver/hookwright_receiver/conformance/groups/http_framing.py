"""Group H: connections and framing (RFC 9112)."""

import asyncio
import contextlib
from dataclasses import replace

from hookwright_receiver.conformance.answer import Failure
from hookwright_receiver.conformance.client import Connection, Exchange
from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT, accept_or, refuse
from hookwright_receiver.conformance.model import Fault, Level, Verdict
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("H", "HTTP")

IN_FLIGHT = 5
SMUGGLED = b"GET /conformance-smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n"

# What the JDK's client sends: its SETTINGS frame in base64url.
JDK_SETTINGS = "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"

_SERVER = "This is the HTTP server's own work: use one that keeps to RFC 9112."


@GROUP.case(
    1,
    "a chunked body",
    sent="chunked, valid",
    expect="accept",
    why="WSGI servers may give an empty body",
    source="RFC 9112, section 7.1",
    hint="Read the body to its end, whatever announces its length.",
    hints={"flask": "Read wsgi.input to its end where the server sets wsgi.input_terminated."},
)
async def chunked(run: Run) -> None:
    """Send a message in chunks of one byte, and of a thousand."""
    for size in (1, 1000):
        delivery = run.messages.message(run.messages.plain)
        raw = delivery.chunked(run.instance.address, size)
        await run.expect(delivery, ACCEPT, f"chunks of {size}", raw=raw)


@GROUP.case(
    2,
    "after a refusal on the same connection",
    sent="a second request on the same connection after a 400 and after a 413",
    expect="in step, or closed",
    why="desynchronisation",
    source="RFC 9112, section 9.3",
    hint="Read a refused body to its end, or close the connection.",
)
async def in_step(run: Run) -> None:
    """Put requests into the refused bodies: none of them may be answered."""
    event = run.messages.plain
    broken = run.messages.raw(event, SMUGGLED)
    large = run.messages.raw(event, SMUGGLED * (run.target.max_body // len(SMUGGLED) + 2))
    rows = ((broken, "after what calls for a 400"), (large, "after what calls for a 413"))
    for delivery, after in rows:
        following = run.messages.message(event)
        async with run.connect() as connection:
            address = run.instance.address
            both = delivery.raw(address, keep=True) + following.raw(address)
            sending = asyncio.ensure_future(_until_refused(connection, both))
            # Which code it is belongs to other cases; what counts is where it stops reading.
            first = await connection.answer(run.patience.answer)
            second = await connection.answer(run.patience.answer)
            sending.cancel()
        # Closed, or the answer to the following request: never one to what the body held.
        code = first.status if first.answer else "no answer"
        label = f"the next request {after} ({code})"
        run.judge(second, replace(ACCEPT, closed=True), label, server=True)


async def _until_refused(connection: Connection, data: bytes) -> None:
    with contextlib.suppress(OSError):
        await connection.send(data)


@GROUP.case(
    3,
    "Expect: 100-continue",
    sent="`Expect: 100-continue`",
    expect="accept",
    why="curl",
    source="RFC 9110, section 10.1.1",
    hint=_SERVER,
)
async def expect_continue(run: Run) -> None:
    """Wait a second for leave to send the body, as curl does, then send it anyway."""
    delivery = run.messages.message(run.messages.plain)
    delivery = delivery.with_headers(("Expect", "100-continue"))
    async with run.connect() as connection:
        await connection.send(delivery.head(run.instance.address))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(run.patience.interim):
                await connection.reader.interim()
        with contextlib.suppress(OSError):
            await connection.send(delivery.body)
        exchange = await connection.answer(run.patience.answer)
    run.judge(exchange, ACCEPT, "Expect: 100-continue", server=True)


@GROUP.case(
    4,
    "two lengths",
    sent="`Content-Length` and `Transfer-Encoding`; two different `Content-Length`",
    expect="400 or close; where the chunks alone were read, 2xx and then close",
    why="request smuggling: RFC 9112, 6.1 and 6.3",
    source="RFC 9112, sections 6.1 and 6.3",
    hint=_SERVER,
    hints={"starlette": "uvicorn's h11 takes both and stays open: use httptools or granian."},
)
async def two_lengths(run: Run) -> None:
    """Make every reading of the length a valid message, and see what comes after."""
    event = run.messages.plain
    address = run.instance.address
    delivery = run.messages.message(event)
    length = ("Content-Length", str(len(delivery.body)))
    other = ("Content-Length", str(len(delivery.body) + 5))
    chunked = ("Transfer-Encoding", "chunked")
    chunks = delivery.chunked(address).partition(b"\r\n\r\n")[2]
    for framing, label in (
        ([length, chunked], "a length, then chunked"),
        ([chunked, length], "chunked, then a length"),
    ):
        raw = delivery.head(address, framing, keep=True) + chunks
        following = run.messages.message(event)
        async with run.connect() as connection:
            await connection.send(raw + following.raw(address))
            first = await connection.answer(run.patience.answer)
            if not first.accepted:
                run.judge(first, refuse(400, closed=True), label, server=True)
                continue
            second = await connection.answer(run.patience.answer)
        closed = second.failure is Failure.CLOSED
        got = "closed" if closed else f"{first.status}, and the connection stays open"
        run.hold(closed, label, "a closed connection after a 2xx", got, fault=Fault.ANSWER)
    for framing, label in (([length, other], "two lengths"), ([other, length], "two, turned")):
        raw = delivery.head(address, framing) + delivery.body + b"     "
        await run.expect(delivery, refuse(400, closed=True), label, raw=raw, server=True)


@GROUP.case(
    5,
    "a body that is cut short",
    sent="body shorter than `Content-Length`, then close",
    expect="no effect",
    why="partial reads",
    source="RFC 9112, section 8",
    hint="Drop a request whose body did not come whole, even if what came can be parsed.",
    counted=True,
)
async def cut_short(run: Run) -> None:
    """Announce more than a whole message, send the message, and go."""
    rows: list[tuple[int, list[Delivery], str]] = []
    for abort, label in ((False, "closed"), (True, "reset")):
        delivery = run.messages.message(run.messages.plain)
        framing = [("Content-Length", str(len(delivery.body) + 10))]
        async with run.connect() as connection:
            await connection.send(delivery.head(run.instance.address, framing) + delivery.body)
            await connection.answer(run.patience.pause)
            connection.wire.close(abort=abort)
        rows.append((0, [delivery], f"cut short, then {label}"))
    # What comes after shows that the receiver has seen the end of what came before.
    following = run.messages.message(run.messages.plain)
    await run.expect(following, ACCEPT, "the next message")
    await run.effects(*rows, (1, [following], "the next message"))


@GROUP.case(
    6,
    "a sender that does not wait",
    sent="the client goes away before the answer, then retries",
    expect="accept, 1 effect",
    why="the answer was lost, not the event",
    source="an event would be doubled",
    hint="Make the retry a repeat: the key decides, not whether the answer was read.",
    counted=True,
)
async def gone(run: Run) -> None:
    """Close, and reset, right after the last byte; retry under the same id."""
    if run.messages.contract.idempotency_header is None:
        run.skip("the contract names no idempotency header")
        return
    rows: list[tuple[int, list[Delivery], str]] = []
    for abort, label in ((False, "closed"), (True, "reset")):
        delivery = run.messages.message(run.messages.plain)
        async with run.connect() as connection:
            await connection.send(delivery.raw(run.instance.address))
            connection.wire.close(abort=abort)
        await run.expect(delivery, ACCEPT, f"the retry ({label})")
        rows.append((1, [delivery], f"{label}, then retried"))
    await run.effects(*rows)


@GROUP.case(
    7,
    "SIGTERM",
    sent="SIGTERM with requests in flight",
    expect="they are answered; exit 0 within 10 s (SHOULD)",
    why="deployments; uvicorn re-raises the signal (143)",
    source="an event would be lost",
    hint="On SIGTERM stop accepting, answer what is in flight, and exit 0.",
    hints={
        "starlette": "uvicorn raises the signal again at the end (143): run it from code that "
        "catches it, or use granian."
    },
    place="restart",
)
async def shutdown(run: Run) -> None:
    """Hold back the end of several bodies until the signal has been sent."""
    control = run.control
    deliveries = [run.messages.message(run.messages.plain) for _ in range(IN_FLIGHT)]
    finishing = asyncio.Event()
    begun: asyncio.Semaphore = asyncio.Semaphore(0)

    async def send(connection: Connection, delivery: Delivery) -> None:
        raw = delivery.raw(run.instance.address)
        await connection.send(raw[:-20])
        begun.release()
        await finishing.wait()
        await connection.send(raw[-20:])

    async def fly(delivery: Delivery) -> Exchange:
        return await run.client.converse(lambda c: send(c, delivery), run.patience.shutdown)

    flying = [asyncio.ensure_future(fly(delivery)) for delivery in deliveries]
    for _ in deliveries:
        await begun.acquire()
    # An answer to a later connection shows that the earlier ones have been taken up.
    await run.expect(run.messages.message(run.messages.plain), ACCEPT, "before the signal")
    await control.terminate()
    await asyncio.sleep(run.patience.pause)
    finishing.set()
    for exchange in await asyncio.gather(*flying):
        run.judge(exchange, ACCEPT, "in flight at the signal", server=True)
    code = await control.exit_code(run.patience.shutdown)
    got = "still running" if code is None else f"exit {code}"
    fault = Fault.TIMEOUT if code is None else Fault.CRASH
    within = f"exit 0 within {run.patience.shutdown:g} s"
    run.hold(code == 0, "the process", within, got, fault=fault, level=Level.SHOULD)
    if code is None:
        await control.kill()
    await control.start()


@GROUP.case(
    8,
    "pipelining",
    sent="two pipelined requests",
    expect="two answers in order",
    why="RFC 9112, section 9.3.2",
    source="RFC 9112, section 9.3.2",
    hint=_SERVER,
)
async def pipelined(run: Run) -> None:
    """Send a message and one for an unknown path in one write: the answers tell the order."""
    address = run.instance.address
    first = run.messages.message(run.messages.plain)
    path = run.instance.path.partition("?")[0].rstrip("/")
    second = replace(run.messages.message(run.messages.plain), target=f"{path}-conformance")
    async with run.connect() as connection:
        await connection.send(first.raw(address, keep=True) + second.raw(address))
        one = await connection.answer(run.patience.answer)
        two = await connection.answer(run.patience.answer)
    verdict = run.judge(one, ACCEPT, "the first answer")
    if verdict is Verdict.PASSED:
        # Where every path is the webhook's, the answers do not tell which of them is which.
        run.judge(two, accept_or(404), "the second answer")


@GROUP.case(
    9,
    "an offer of HTTP/2",
    sent="`Upgrade: h2c` with a message, and a second message on the same connection",
    expect="accept both, or accept and close; 1 effect each",
    why="the JDK's client offers it in every request; RFC 9110, 7.8: it may be ignored, no more",
    source="RFC 9110, section 7.8",
    hint="A server that does not upgrade must answer as if nothing had been offered.",
    hints={"starlette": "uvicorn loses the body with httptools: use h11 or granian."},
    counted=True,
)
async def offered(run: Run) -> None:
    """Offer it as the JDK's client does."""
    address = run.instance.address
    first, second = (run.messages.message(run.messages.plain) for _ in range(2))
    offer = first.with_headers(
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", JDK_SETTINGS),
    )
    accepted = [(1, [first], "with the offer")]
    async with run.connect() as connection:
        await connection.send(offer.raw(address, keep=True))
        exchange = await connection.answer(run.patience.answer)
        verdict = run.judge(exchange, ACCEPT, "with the offer")
        closes = exchange.answer is not None and exchange.answer.closes
        if verdict is Verdict.PASSED and not closes:
            with contextlib.suppress(OSError):
                await connection.send(second.raw(address))
            exchange = await connection.answer(run.patience.answer)
            expected = replace(ACCEPT, closed=True)
            run.judge(exchange, expected, "the next message on the connection", server=True)
            if exchange.accepted:
                accepted.append((1, [second], "the next message"))
    await run.effects(*accepted)
