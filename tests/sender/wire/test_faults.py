"""The fault matrix: receivers at their worst, many at once, in bounded memory."""

import asyncio
import contextlib
import gzip
import random
import resource
import socket
import threading
from pathlib import Path

import pytest

from hookwright_sender import Outcome
from hookwright_sender.wire import HttpTransport

LONG = 30.0  # seconds: never reached
SHORT = 1.0  # seconds: always reached
MANY = 32
OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(10 * 2**20))


def resident():
    """Return the memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def say(*parts):
    """Answer with fixed bytes and wait for the client to go."""

    async def behaviour(exchange):
        while await exchange.request() is not None:
            for part in parts:
                await exchange.write(part)

    return behaviour


def repeat(start, part):
    """Answer without an end, as fast as it is taken."""

    async def behaviour(exchange):
        await exchange.request()
        await exchange.write(start)
        while True:
            await exchange.write(part)

    return behaviour


async def refuse(exchange):
    """Reset the connection before the request is read."""
    reset(exchange)


async def reset_in_the_answer(exchange):
    """Reset the connection in the middle of the body."""
    await exchange.request()
    await exchange.write(OK + b"Content-Length: 9\r\n\r\nhi")
    reset(exchange)


def reset(exchange):
    """Let the connection end with a reset."""
    raw = exchange.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


async def drip(exchange):
    """Answer a byte at a time, and never to the end."""
    await exchange.request()
    while True:
        for place in range(len(OK)):
            await exchange.write(OK[place : place + 1])
            await asyncio.sleep(0.01)
        await exchange.write(b"X: ")
        await exchange.gone()


async def deaf(_exchange):
    """Take the connection and read nothing."""
    await asyncio.Event().wait()


# behaviour, timeout, outcome, status
FAULTS = {
    "resets at once": (refuse, LONG, Outcome.DISCONNECTED, None),
    "resets in the answer": (reset_in_the_answer, LONG, Outcome.SUCCESS, 200),
    "hangs": (say(), SHORT, Outcome.TIMEOUT, None),
    "reads nothing": (deaf, SHORT, Outcome.TIMEOUT, None),
    "drips": (drip, SHORT, Outcome.TIMEOUT, None),
    "500": (
        say(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
        LONG,
        Outcome.SERVER_ERROR,
        500,
    ),
    "429": (say(b"HTTP/1.1 429 X\r\nRetry-After: 7\r\n\r\n"), SHORT, Outcome.CLIENT_ERROR, 429),
    "410": (say(b"HTTP/1.1 410 X\r\nContent-Length: 0\r\n\r\n"), LONG, Outcome.CLIENT_ERROR, 410),
    "302": (say(b"HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n"), LONG, Outcome.REDIRECT, 302),
    "ten gigabytes": (
        repeat(OK + b"Content-Length: 10000000000\r\n\r\n", b"x" * 65536),
        LONG,
        Outcome.SUCCESS,
        200,
    ),
    "endless chunks": (repeat(CHUNKED, b"1\r\nx\r\n" * 1000), LONG, Outcome.SUCCESS, 200),
    "endless trailers": (
        repeat(CHUNKED + b"0\r\n", b"x: y\r\n" * 1000),
        LONG,
        Outcome.SUCCESS,
        200,
    ),
    "an endless trailer": (
        repeat(CHUNKED + b"0\r\nx: ", b"y" * 65536),
        LONG,
        Outcome.SUCCESS,
        200,
    ),
    "a gzip bomb": (
        say(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
        LONG,
        Outcome.SUCCESS,
        200,
    ),
    "endless headers": (repeat(OK, b"x: y\r\n" * 1000), LONG, Outcome.INVALID_RESPONSE, None),
    "an endless header": (repeat(OK + b"x: ", b"y" * 65536), LONG, Outcome.INVALID_RESPONSE, None),
    "an endless name": (repeat(OK, b"y" * 65536), LONG, Outcome.INVALID_RESPONSE, None),
    "an endless reason": (
        repeat(b"HTTP/1.1 200 ", b"y" * 65536),
        LONG,
        Outcome.INVALID_RESPONSE,
        None,
    ),
    "endless interim answers": (
        repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        LONG,
        Outcome.INVALID_RESPONSE,
        None,
    ),
    "an endless empty line": (repeat(b"", b"\r\n" * 10000), LONG, Outcome.INVALID_RESPONSE, None),
    "broken chunking": (say(CHUNKED + b"zz\r\n"), LONG, Outcome.SUCCESS, 200),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_as_documented_in_bounded_memory(loop, serve, fault):
    """As an outcome, with the connection closed and next to nothing kept."""
    behaviour, timeout, outcome, status = FAULTS[fault]
    body = b"x" * 1000

    async def run():
        async with serve(behaviour) as server, HttpTransport(timeout) as transport:
            await transport.attempt(server.url, {}, body)
            before = resident()
            attempts = await asyncio.gather(
                *(transport.attempt(server.url, {}, body) for _ in range(MANY))
            )
            grown = resident() - before
            assert all(len(attempt.response_body) <= 16384 for attempt in attempts)
            return attempts, grown

    attempts, grown = loop.run(run())
    told = {(attempt.outcome, attempt.status) for attempt in attempts}
    assert told == {(outcome, status)}, attempts[0]
    assert grown < MANY * 2**20


@pytest.mark.parametrize("secure", [False, True])
def test_a_large_body_is_not_copied_for_a_receiver_that_does_not_read(
    loop, serve, certified, trusting, secure
):
    """Beside the body itself an attempt holds a few pieces of it."""
    body = bytes(128 * 2**20)

    async def run():
        tls = certified("127.0.0.1") if secure else None
        async with (
            serve(deaf, tls) as server,
            HttpTransport(SHORT, ssl_context=trusting) as transport,
        ):
            before = resident()
            highest = 0
            attempt = asyncio.create_task(transport.attempt(server.url, {}, body))
            while not attempt.done():
                await asyncio.wait({attempt}, timeout=0.05)
                highest = max(highest, resident() - before)
            return await attempt, highest

    attempt, highest = loop.run(run())
    assert attempt.outcome is Outcome.TIMEOUT
    assert highest < 16 * 2**20


def test_an_early_answer_ends_the_connection(loop, serve):
    """The rest of a body that nobody took is not sent, and the next attempt dials anew."""

    async def behaviour(exchange):
        await exchange.reader.readuntil(b"\r\n\r\n")
        await exchange.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.Event().wait()

    async def run():
        async with serve(behaviour) as server, HttpTransport(LONG) as transport:
            statuses = [
                (await transport.attempt(server.url, {}, bytes(32 * 2**20))).status
                for _ in range(2)
            ]
            return statuses, server.connections

    assert loop.run(run()) == ([413, 413], 2)


def test_an_early_answer_is_read_before_the_connection_breaks(loop):
    """A receiver that hangs up on the rest of a body resets the connection right behind it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse_bodies():
        # A thread, so that the reset comes while the client is writing.
        for _ in range(20):
            accepted, _ = listener.accept()
            with accepted:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += accepted.recv(1024)
                # Without the second line the client may try to use the connection again.
                accepted.sendall(
                    b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                )

    async def run():
        async with HttpTransport(LONG) as transport:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            return [(await transport.attempt(url, {}, bytes(300_000))).status for _ in range(20)]

    server = threading.Thread(target=refuse_bodies, daemon=True)
    server.start()
    with listener:
        statuses = loop.run(run(), alone=False)
        server.join(LONG)
    # Now and then the reset is faster than the look for an answer. Without a look there is none.
    assert statuses.count(413) >= len(statuses) // 2


def test_a_large_body_leaves_the_connection_for_the_next(loop, serve, answers):
    """When the receiver took all of it."""

    async def run():
        async with serve(answers(EMPTY)) as server, HttpTransport(LONG) as transport:
            for size in (2**22, 3, 2**22):
                assert (await transport.attempt(server.url, {}, b"x" * size)).succeeded
            return server

    server = loop.run(run())
    assert [len(request.partition(b"\r\n\r\n")[2]) for request in server.requests] == [
        2**22,
        3,
        2**22,
    ]
    assert server.connections == 1


def test_a_large_body_over_tls(loop, serve, answers, certified, trusting):
    """Whole, and in order."""
    body = random.Random(5).randbytes(2**21)

    async def run():
        async with (
            serve(answers(EMPTY), certified("127.0.0.1")) as server,
            HttpTransport(LONG, ssl_context=trusting) as transport,
        ):
            return await transport.attempt(server.url, {}, body), server

    attempt, server = loop.run(run())
    assert attempt.succeeded
    assert server.requests[0].endswith(b"\r\n\r\n" + body)


def test_one_answer_does_not_answer_two(loop, serve):
    """What a receiver slips in behind an answer never reaches another attempt."""

    async def behaviour(exchange):
        while await exchange.request():
            await exchange.write(EMPTY + OK + b"X-Slipped: in\r\nContent-Length: 0\r\n\r\n")

    async def run():
        async with serve(behaviour) as server, HttpTransport(LONG) as transport:
            attempts = [await transport.attempt(server.url, {}, b"") for _ in range(3)]
            return attempts, server

    attempts, server = loop.run(run())
    assert all("x-slipped" not in attempt.response_headers for attempt in attempts)
    assert server.connections == 3


def test_every_attempt_gets_its_own_answer(loop, serve):
    """Of two thousand at once, on connections that close, or answer twice, as they like."""
    chance = random.Random(7)

    async def behaviour(exchange):
        while (request := await exchange.request()) is not None:
            number = request.partition(b"webhook-id: ")[2].partition(b"\r\n")[0]
            await asyncio.sleep(0)
            answer = OK + b"Content-Length: %d\r\n\r\n%b" % (len(number), number)
            kind = chance.random()
            if kind < 0.1:
                return
            if kind < 0.2:
                answer = answer.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
            elif kind < 0.3:
                answer += OK + b"Content-Length: 1\r\n\r\n?"
            cut = chance.randrange(len(answer))
            await exchange.write(answer[:cut])
            await exchange.write(answer[cut:])

    async def run():
        numbers = iter(range(2000))
        lost = 0

        async def work(transport, url):
            nonlocal lost
            for number in numbers:
                attempt = await transport.attempt(url, {"webhook-id": f"{number}"}, b"x")
                if attempt.succeeded and attempt.error is None:
                    assert attempt.response_body == f"{number}".encode()
                else:
                    assert attempt.outcome is Outcome.DISCONNECTED, attempt
                    lost += 1

        async with serve(behaviour) as server, HttpTransport(LONG) as transport:
            await asyncio.gather(*(work(transport, server.url) for _ in range(50)))
            assert len(server.requests) == 2000, "each was sent once"
        return lost

    assert 100 < loop.run(run()) < 400


@pytest.mark.parametrize("secure", [False, True])
def test_cancelling_closes_the_connection(loop, serve, certified, trusting, secure):
    """The request may be half-way: nothing else goes out on that connection."""

    async def run():
        arrived, closed = asyncio.Event(), asyncio.Event()

        async def behaviour(exchange):
            await exchange.request()
            arrived.set()
            with contextlib.suppress(OSError):
                await exchange.gone()
            closed.set()

        tls = certified("127.0.0.1") if secure else None
        async with (
            serve(behaviour, tls) as server,
            HttpTransport(LONG, ssl_context=trusting) as transport,
        ):
            task = asyncio.create_task(transport.attempt(server.url, {}, b"x"))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(closed.wait(), LONG)
            assert len(transport._pool) == 0

    loop.run(run())


def test_cancelling_in_the_handshake(loop, serve):
    """Neither the socket nor a task is left behind."""

    async def run():
        arrived, closed = asyncio.Event(), asyncio.Event()

        async def behaviour(exchange):
            await exchange.reader.read(1)
            arrived.set()
            with contextlib.suppress(OSError):
                await exchange.gone()
            closed.set()

        async with serve(behaviour) as server, HttpTransport(LONG) as transport:
            url = server.url.replace("http", "https", 1)
            task = asyncio.create_task(transport.attempt(url, {}, b"x"))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(closed.wait(), LONG)

    loop.run(run())
