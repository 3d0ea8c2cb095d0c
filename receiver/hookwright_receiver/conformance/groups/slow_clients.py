"""Group T: time, the receiver's and the sender's."""

import asyncio
import contextlib
import resource

from hookwright_receiver.conformance.answer import Failure
from hookwright_receiver.conformance.client import Connection
from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.model import Fault, Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run, Unobservable

GROUP = Group("T", "time")

FLOOD_BLOCK = 1024 * 1024
# What the runner has open beside a crowd: its other connections, databases, logs.
OWN_FILES = 400
# Connections of a crowd between two looks at what else there is to do.
AT_ONCE = 50


@GROUP.case(
    1,
    "a handler that takes its time",
    sent="a message whose handler takes 30 s, and another meanwhile",
    expect="answer within 1 s",
    why='"a few seconds", the documentation says',
    source="the documentation; an event would be lost",
    hint="Store the message, answer, and run the handler afterwards from what is stored.",
    place="slow handler",
)
async def slow_handler(run: Run) -> None:
    """Send the second message while the first one's handler runs."""
    _ = run.control
    nap = run.messages.message(run.messages.plain, directive=f"sleep:{run.patience.long_handler:g}")
    await _prompt(run, nap.raw(run.instance.address), "the message itself")
    runs = await run.handled(nap, bool)
    if not runs:
        run.hold(False, "the handler", "runs after the answer", "it did not run")
        return
    other = run.messages.message(run.messages.plain)
    await _prompt(run, other.raw(run.instance.address), "another message meanwhile")


async def _prompt(run: Run, request: bytes, label: str) -> None:
    exchange = await run.exchange(request, timeout=run.patience.prompt)
    run.judge(exchange, ACCEPT, label)


@GROUP.case(
    2,
    "requests dripped byte by byte",
    sent="bodies and headers, dripped one byte a second on more connections than threads",
    expect="408 or close within 30 s (SHOULD); another request is served meanwhile",
    why="slowloris: a few such clients hold every thread of a server without a deadline",
    source="an event would be lost",
    hint="Give the head and the body of a request a deadline each, on the socket itself.",
    hints={
        "flask": "gunicorn's threads wait for ever in recv(): put a server before Flask that reads "
        "the whole request in a loop, or nginx, which buffers it.",
        "starlette": "uvicorn has no deadline for a head, granian has (header_read_timeout); for a "
        "body put `asyncio.timeout` around `receive`.",
        "express": "server.headersTimeout and server.requestTimeout = 10_000",
        "php": "Put nginx before it: client_header_timeout and client_body_timeout 10s.",
    },
    place="slow clients",
)
async def dripped(run: Run) -> None:
    """Keep every connection dripping until the receiver ends it."""
    patience = run.patience
    ends = [asyncio.ensure_future(_drip(run, number)) for number in range(patience.drips)]
    try:
        await asyncio.sleep(2 * patience.drip_interval)
        delivery = run.messages.message(run.messages.plain)
        exchange = await run.send(delivery, timeout=patience.drip_service)
        run.judge(exchange, ACCEPT, "another request meanwhile")
        await asyncio.wait(ends, timeout=patience.drip_end)
    finally:
        for end in ends:
            end.cancel()
        outcomes = await asyncio.gather(*ends, return_exceptions=True)
    ended = sum(isinstance(outcome, str) for outcome in outcomes)
    wrong = [text for text in outcomes if isinstance(text, str) and text.startswith("2")]
    label = f"{patience.drips} dripping connections"
    expected = f"all ended within {patience.drip_end:g} s"
    run.hold(
        ended == patience.drips,
        label,
        expected,
        f"{ended} ended",
        fault=Fault.TIMEOUT,
        level=Level.SHOULD,
    )
    if wrong:
        run.hold(False, label, "408 or close", wrong[0], fault=Fault.ANSWER)


async def _drip(run: Run, number: int) -> str:
    """Drip one request, its head or its body; return how the receiver ended it."""
    delivery = run.messages.message(run.messages.plain)
    head = delivery.head(run.instance.address)
    whole_head = number % 2 == 0
    drops = delivery.body if whole_head else head[20:]
    try:
        async with run.connect() as connection:
            await connection.send(head if whole_head else head[:20])
            answering = asyncio.ensure_future(connection.answer(2 * run.patience.drip_end))
            try:
                # The last byte is never sent: only the receiver can end this.
                for position in range(len(drops) - 1):
                    await connection.send(drops[position : position + 1])
                    done, _ = await asyncio.wait([answering], timeout=run.patience.drip_interval)
                    if done:
                        break
                exchange = await answering
            finally:
                answering.cancel()
    except OSError:
        return "closed"
    if exchange.failure is Failure.TIMEOUT:
        raise TimeoutError
    return str(exchange.status) if exchange.answer else "closed"


@GROUP.case(
    3,
    "headers without end",
    sent="headers that never end (200 MB of them)",
    expect="431, 400 or close, memory flat",
    why="uvicorn has no limit under httptools: it swallowed 200 MB",
    source="RFC 9110, section 5.4",
    level=Level.SHOULD,
    hint="Bound the head of a request at 64 KiB.",
    hints={
        "starlette": "uvicorn has a limit with h11 alone (h11_max_incomplete_event_size), "
        "and granian (max_buffer_size).",
        "flask": "gunicorn: limit_request_fields and limit_request_field_size.",
    },
    place="slow clients",
)
async def flood(run: Run) -> None:
    """Send headers as fast as the receiver takes them."""
    control = run.instance.control
    before = control.memory() if control else None
    peak = before or 0
    sent = 0

    async def send(connection: Connection) -> None:
        nonlocal peak, sent
        delivery = run.messages.message(run.messages.plain)
        await connection.send(delivery.head(run.instance.address)[:-2])
        line = b"X-Conformance-Flood: " + b"a" * 1000 + b"\r\n"
        block = line * (FLOOD_BLOCK // len(line))
        while sent < run.patience.flood:
            await connection.send(block)
            sent += len(block)
            peak = max(peak, (control.memory() if control else None) or 0)
        # All of it was taken. What would end this case otherwise is the time-out.
        connection.wire.half_close()

    exchange = await run.converse(send, run.patience.drip_end)
    label = "headers without end"
    if sent >= run.patience.flood:
        got = f"{sent // 1_000_000} MB were read"
        run.hold(False, label, "431, 400 or close", got, fault=Fault.TIMEOUT, exchange=exchange)
    else:
        run.judge(exchange, refuse(431, 400, closed=True), label, server=True)
    if before is not None:
        grown, limit = peak - before, run.patience.flood_memory
        text = f"{grown // 1_000_000} MB more"
        most = f"at most {limit // 1_000_000} MB more"
        run.hold(grown <= limit, "memory", most, text, level=Level.MUST)


@GROUP.case(
    4,
    "a crowd of idle connections",
    sent="a message beside 1,100 idle connections, where 1,024 files may be open",
    expect="accept within 15 s",
    why="clients that connect and say nothing are cheap, and files are few: `ulimit -n` is 1024",
    source="an event would be lost",
    hint="Close a connection on which nothing comes after a few seconds.",
    hints={
        "starlette": "granian: header_read_timeout, and a backpressure below the limit of files.",
        "flask": "gunicorn's gthread: worker_connections below the limit of files, and keepalive.",
        "express": "server.headersTimeout, server.keepAliveTimeout and server.maxConnections",
    },
    place="crowd",
)
async def crowd(run: Run) -> None:
    """Hold the connections open until the message is answered."""
    patience = run.patience
    if not _allow_files(patience.idle + OWN_FILES):
        raise Unobservable(f"a runner that may open {patience.idle} connections (`ulimit -n`)")
    if run.instance.control is not None:
        run.instance.control.bound_files(patience.idle_files)
    async with contextlib.AsyncExitStack() as stack:
        connecting = []
        for number in range(patience.idle):
            connecting.append(asyncio.ensure_future(stack.enter_async_context(run.connect())))
            if number % AT_ONCE == 0:
                # Other cases have their turn between, here and when all of these are closed.
                stack.push_async_callback(asyncio.sleep, 0)
                await asyncio.sleep(0)
        # Those that find no room any more are as good a crowd.
        await asyncio.gather(*connecting, return_exceptions=True)
        delivery = run.messages.message(run.messages.plain)
        exchange = await run.send(delivery, timeout=patience.idle_service)
    run.judge(exchange, ACCEPT, f"beside {patience.idle} idle connections")


def _allow_files(number: int) -> bool:
    """Have this process allowed so many open files; tell whether it is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        if hard != resource.RLIM_INFINITY and hard < number:
            return False
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    return True
