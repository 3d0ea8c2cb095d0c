"""Exchanges under load: large bodies, early answers, many at once, attempts given up."""

import asyncio
import contextlib
import random
import socket
import threading

import pytest

from hookwright_sender import Outcome
from hookwright_sender.wire import HttpTransport

from .memory import resident
from .servers import EMPTY, OK, deaf

LONG = 30.0  # seconds: never reached
SHORT = 1.0  # seconds: always reached


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
