"""One table of servers: what an attempt at each comes to, and that each is what its row says."""

import asyncio

import pytest

from hookwright_sender import HttpTransport, Outcome

from .judge import judge
from .memory import resident
from .rows import ROWS

MANY = 32
# Bytes that a server may have got rid of before a client hangs up: what fits into the sockets.
SOCKETS = 32 * 2**20
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
BODY = b"x" * 1000


@pytest.fixture(params=ROWS, ids=lambda row: row.name)
def row(request):
    """Each row in turn."""
    return request.param


def options(row, trusting):
    """Return what a client is told of whom to trust."""
    return {"ssl_context": trusting} if row.trusted else {}


def served(row, serve, certified):
    """Run the server of a row."""
    return serve(row.behaviour, certified(row.certificate) if row.certificate else None)


def url_of(row, server):
    """Return where it is, under the scheme that the row says."""
    return row.scheme + server.url[server.url.index(":") :]


def test_an_attempt_ends_as_the_row_says(loop, row, serve, certified, trusting):
    """Made once, with a line for a person where it is no plain success, and little is taken."""

    async def run():
        transport = HttpTransport(row.timeout, **options(row, trusting))
        async with served(row, serve, certified) as server, transport:
            return await transport.attempt(url_of(row, server), HEADERS, BODY), server

    attempt, server = loop.run(run())
    assert (attempt.outcome, attempt.status) == (row.outcome, row.status), (row.why, attempt)
    assert attempt.reached is row.reached
    assert attempt.succeeded is (row.outcome is Outcome.SUCCESS)
    assert (attempt.error is None) is (attempt.succeeded and row.whole), attempt
    assert attempt.error is None or (attempt.error and attempt.error.isprintable())
    if row.outcome is Outcome.TIMEOUT:
        assert attempt.error == f"no complete answer within {row.timeout:g} s"
    if row.body is not None:
        assert attempt.response_body == row.body
    assert len(server.requests) == row.requests, "an attempt is made once"
    assert server.written < SOCKETS


def test_many_attempts_at_once_end_so_in_bounded_memory(loop, row, serve, certified, trusting):
    """With the connections closed and next to nothing kept."""

    async def run():
        transport = HttpTransport(row.timeout, **options(row, trusting))
        async with served(row, serve, certified) as server, transport:
            url = url_of(row, server)
            await transport.attempt(url, HEADERS, BODY)
            before = resident()
            attempts = await asyncio.gather(
                *(transport.attempt(url, HEADERS, BODY) for _ in range(MANY))
            )
            return attempts, resident() - before

    attempts, grown = loop.run(run())
    told = {(attempt.outcome, attempt.status) for attempt in attempts}
    assert told == {(row.outcome, row.status)}, (row.why, attempts[0])
    assert all(len(attempt.response_body) <= 16384 for attempt in attempts)
    assert grown < MANY * 2**20


def test_a_foreign_judge_says_that_the_server_is_so(row, serve, certified, trusting):
    """Plain aiohttp at the same server: the row is true whoever looks, or says where it is not."""
    timeout = row.timeout if row.foreign is None else row.foreign.timeout or row.timeout

    async def run():
        async with served(row, serve, certified) as server:
            context = trusting if row.trusted else None
            return await judge(url_of(row, server), HEADERS, BODY, timeout, context)

    assert asyncio.run(run()) == row.verdict, row.foreign.why if row.foreign else row.why
