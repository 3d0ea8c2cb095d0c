"""Which connection serves which request, seen from the server."""

import asyncio
import contextlib
import socket
import threading
from ipaddress import ip_address

import pytest

from hookwright_sender import Outcome
from hookwright_sender.wire import HttpTransport

LONG = 30.0
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Clock:
    """A clock that the test turns."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("bounds", "times", "connections", "why"),
    [
        ({}, [0, 3.9, 7.8], 1, "never idle for long"),
        ({}, [0, 4.1, 8.2], 3, "idle for longer than many servers wait"),
        ({"idle": 100}, [0, 59.9], 1, "within its life"),
        ({"idle": 100}, [0, 30, 59, 60.1, 61], 2, "what was checked a minute ago is checked again"),
        ({"reuse": 1, "idle": 100}, [0, 2, 4], 3, "as short as one wants"),
    ],
)
def test_how_long_a_connection_is_used(loop, serve, answers, bounds, times, connections, why):  # noqa: PLR0913, PLR0917  a row and three fixtures
    """60 seconds in all, and 4 between two requests."""
    clock = Clock()

    async def run():
        async with (
            serve(answers(EMPTY)) as server,
            HttpTransport(LONG, monotonic=clock, **bounds) as transport,
        ):
            for time in times:
                clock.now = 1000.0 + time
                assert (await transport.attempt(server.url, {}, b"")).succeeded
            return server

    assert loop.run(run()).connections == connections, why


@pytest.mark.parametrize(
    ("said", "wait", "connections", "why"),
    [
        ("timeout=2", 0.9, 1, "a second before the receiver hangs up is left"),
        ("timeout=2", 1.1, 2, "a request could run into the end of it"),
        ("timeout=1", 0.4, 1, "or half of what there is"),
        ("timeout=1", 0.6, 2, "and no more"),
        ("timeout=0", 0.0, 2, "it does not wait at all"),
        ("max=9, Timeout = 2", 1.1, 2, "in any order and any letters"),
        ("timeout=2, max=9", 1.1, 2, "as Apache writes it"),
        ("timeout=60", 4.1, 2, "our own patience is the shorter one"),
        ("timeout=" + "9" * 99, 3.9, 1, "a number too long to be one"),
        ("timeout=-1", 3.9, 1, "no number"),
        ("idle-timeout=1", 3.9, 1, "another parameter"),
        ("", 3.9, 1, "nothing said"),
    ],
)
def test_a_receiver_says_how_long_it_waits(loop, serve, answers, said, wait, connections, why):  # noqa: PLR0913, PLR0917  a row and three fixtures
    """A request on a connection that is just being closed is lost, and the receiver had warned."""
    clock = Clock()
    answer = b"HTTP/1.1 200 OK\r\nKeep-Alive: %b\r\nContent-Length: 0\r\n\r\n" % said.encode()

    async def run():
        async with (
            serve(answers(answer)) as server,
            HttpTransport(LONG, monotonic=clock) as transport,
        ):
            for time in (0, wait):
                clock.now = 1000.0 + time
                assert (await transport.attempt(server.url, {}, b"")).succeeded
            return server

    assert loop.run(run()).connections == connections, why


def test_the_age_counts_from_before_the_look_up(loop, serve, answers):
    """Addresses that took half a minute to find are good for the other half."""
    clock = Clock()

    class Slow:
        async def addresses(self, *_asked):
            clock.now += 40
            return [ip_address("127.0.0.1")]

    async def run():
        async with (
            serve(answers(EMPTY)) as server,
            HttpTransport(LONG, name_servers=Slow(), monotonic=clock, idle=100) as transport,
        ):
            url = server.url.replace("127.0.0.1", "hook.example")
            for _ in range(2):
                assert (await transport.attempt(url, {}, b"")).succeeded
                clock.now += 30
            return server

    assert loop.run(run()).connections == 2


def test_an_idle_connection_is_closed(loop, serve):
    """By itself, without another attempt that would notice its age."""

    async def run():
        closed = asyncio.Event()

        async def behaviour(exchange):
            await exchange.request()
            await exchange.write(EMPTY)
            await exchange.gone()
            closed.set()

        async with serve(behaviour) as server, HttpTransport(LONG, idle=0.01) as transport:
            await transport.attempt(server.url, {}, b"")
            await asyncio.wait_for(closed.wait(), LONG)

    loop.run(run())


def test_no_more_than_so_many_wait(loop, serve):
    """The rest is closed when its answer is there: a process has only so many descriptors."""

    async def run():
        arrived = asyncio.Semaphore(0)
        release = asyncio.Event()
        closed = asyncio.Semaphore(0)

        async def behaviour(exchange):
            await exchange.request()
            arrived.release()
            await release.wait()
            await exchange.write(EMPTY)
            await exchange.gone()
            closed.release()

        async with serve(behaviour) as server, HttpTransport(LONG, size=2) as transport:
            tasks = [asyncio.create_task(transport.attempt(server.url, {}, b"")) for _ in range(5)]
            for _ in tasks:
                await arrived.acquire()
            release.set()
            await asyncio.gather(*tasks)
            for _ in range(3):
                await asyncio.wait_for(closed.acquire(), LONG)
            assert len(transport._pool) == 2
            assert closed.locked()

    loop.run(run())


def test_another_name_is_another_connection(loop, serve, answers):
    """A connection serves the host that it was resolved and checked for."""

    async def run():
        async with serve(answers(EMPTY)) as server, HttpTransport(LONG) as transport:
            for _ in range(2):
                await transport.attempt(server.url, {}, b"")
                await transport.attempt(server.url.replace("127.0.0.1", "localhost"), {}, b"")
            return server

    assert loop.run(run()).connections == 2


@contextlib.contextmanager
def blocking_server(after, tls=None):
    """Answer one request for each connection and do something `after`; yield port and event."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()
    stop = threading.Event()
    connections = []

    def serve():
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            if stop.is_set():
                accepted.close()
                return
            if tls is not None:
                accepted = tls.wrap_socket(accepted, server_side=True)
            connections.append(accepted)
            accepted.recv(65536)
            accepted.sendall(EMPTY)
            after(accepted)
            done.set()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], done, connections
    finally:
        stop.set()
        with socket.create_connection(listener.getsockname()):
            pass
        thread.join(LONG)
        listener.close()
        for connection in connections:
            connection.close()


def hang_up(connection):
    """End the connection in order."""
    connection.shutdown(socket.SHUT_WR)


def say_more(connection):
    """Send another answer, for whoever comes next."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Stale: yes\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("scheme", "after"),
    # Behind TLS only the loop can tell another answer from a message of TLS itself.
    [("http", hang_up), ("https", hang_up), ("http", say_more)],
)
def test_what_came_while_nobody_looked_ends_a_connection(loop, scheme, after, certified, trusting):
    """The loop has not read it yet, and the connection is still not used again."""
    tls = certified("127.0.0.1") if scheme == "https" else None

    async def run(port, done):
        async with HttpTransport(LONG, ssl_context=trusting) as transport:
            url = f"{scheme}://127.0.0.1:{port}/"
            first = await transport.attempt(url, {}, b"")
            # It blocks the loop, so that nothing can be read meanwhile.
            assert done.wait(LONG)
            return first, await transport.attempt(url, {}, b"")

    with blocking_server(after, tls) as (port, done, connections):
        first, second = loop.run(run(port, done), alone=False)
        assert (first.outcome, second.outcome) == (Outcome.SUCCESS, Outcome.SUCCESS)
        assert "x-stale" not in second.response_headers
        assert len(connections) == 2


def test_what_came_while_idle_ends_a_connection(loop, serve):
    """An answer that nobody asked for goes to nobody, and the next request elsewhere."""

    async def run():
        closed = asyncio.Event()

        async def behaviour(exchange):
            await exchange.request()
            await exchange.write(EMPTY)
            await exchange.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
            await exchange.gone()
            closed.set()

        async with serve(behaviour) as server, HttpTransport(LONG) as transport:
            first = await transport.attempt(server.url, {}, b"")
            await asyncio.wait_for(closed.wait(), LONG)
            return first, await transport.attempt(server.url, {}, b""), server

    first, second, server = loop.run(run())
    assert (first.status, second.status, server.connections) == (200, 200, 2)


def test_an_end_that_was_seen_is_enough(loop, serve, answers):
    """The loop takes a turn to close a connection; meanwhile it is not handed out."""

    async def run():
        async with serve(answers(EMPTY)) as server, HttpTransport(LONG) as transport:
            await transport.attempt(server.url, {}, b"")
            (connection,) = transport._pool._idle
            assert connection.answer.status is None, "nothing is kept that could be taken for new"
            connection.eof_received()
            return await transport.attempt(server.url, {}, b""), server

    attempt, server = loop.run(run())
    assert (attempt.outcome, server.connections) == (Outcome.SUCCESS, 2)


def test_closing_ends_what_is_under_way(loop, serve):
    """A transport that is left takes every connection with it."""

    async def run():
        arrived = asyncio.Event()

        async def behaviour(exchange):
            await exchange.request()
            arrived.set()
            await exchange.gone()

        async with serve(behaviour) as server:
            async with HttpTransport(LONG) as transport:
                task = asyncio.create_task(transport.attempt(server.url, {}, b""))
                await arrived.wait()
            return await task

    assert loop.run(run()).outcome is Outcome.DISCONNECTED
