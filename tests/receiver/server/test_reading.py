"""What is read of a request: `reading.headers_of` and `reading.Bodies`, as tables."""

import asyncio

import pytest

from .conftest import ONE_STACK

pytestmark = ONE_STACK
LIMIT = 10
PLAIN, CHUNKED = {"content-length": "4"}, {"transfer-encoding": "chunked"}


def piece(body, *, more=True):
    """Return what an ASGI server says of a part of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


END = piece(b"", more=False)
GONE = {"type": "http.disconnect"}

WHOLE = [
    (PLAIN, [piece(b"abcd")], b"abcd", "its length is there: no other message is waited for"),
    (PLAIN, [piece(b"ab"), piece(b"cd")], b"abcd", "two pieces"),
    ({"content-length": "0"}, [], b"", "there is no body"),
    ({}, [END], b"", "nobody said that there is one"),
    (CHUNKED, [piece(b"ab"), piece(b"cd", more=False)], b"abcd", "the last piece says so"),
    (CHUNKED, [piece(b"ab"), piece(b""), END], b"ab", "empty pieces mean nothing"),
    ({"transfer-encoding": "Chunked"}, [END], b"", "codings have no case (RFC 9112, 7)"),
    ({"content-length": "10"}, [piece(b"x" * 10)], b"x" * 10, "exactly the limit"),
    ({"content-length": "4, 4"}, [piece(b"abcd"), END], b"abcd", "a list, which servers allow"),
]

REFUSED = [
    ({"content-length": "11"}, [], 413, "announced: it is not read"),
    (CHUNKED, [piece(b"x" * 11)], 413, "too much, whoever said what"),
    (PLAIN, [piece(b"ab"), GONE], 400, "the sender left in the middle"),
    (PLAIN, [GONE], 400, "or before it began"),
    ({"transfer-encoding": "gzip, chunked"}, [], 400, "a coding that nobody decodes"),
    ({"transfer-encoding": "chunked, chunked"}, [], 400, "twice"),
    (CHUNKED | PLAIN, [], 400, "two readings of where it ends"),
]


def read(bodies, headers, messages):
    """Read a body from messages; what comes after them never comes."""

    async def use(body):
        return body

    async def main():
        waiting = iter(messages)

        async def receive():
            for message in waiting:
                return message
            return await asyncio.Event().wait()

        return await bodies.lend(headers, receive, use)

    return asyncio.run(main())


@pytest.mark.parametrize(("headers", "messages", "body", "why"), WHOLE)
def test_whole(project, headers, messages, body, why):
    """A body ends where its framing says, however it comes."""
    bodies = project.module("reading").Bodies(LIMIT)
    assert read(bodies, headers, messages) == body, why
    assert bodies._held == 0
    assert not bodies._ends


@pytest.mark.parametrize(("headers", "messages", "status", "why"), REFUSED)
def test_refused(project, headers, messages, status, why):
    """What is no whole body within the limit is a problem, and nothing of it is kept."""
    bodies = project.module("reading").Bodies(LIMIT)
    with pytest.raises(project.module("problems").Problem) as refusal:
        read(bodies, headers, messages)
    assert refusal.value.status == status, why
    assert bodies._held == 0
    assert not bodies._ends


def test_too_slow(project, monkeypatch):
    """A body that does not come in time is a 408, and the task that read it lives on."""
    reading = project.module("reading")
    monkeypatch.setattr(reading, "BODY_TIMEOUT", 0.01)
    monkeypatch.setattr(reading, "SWEEP", 0.01)
    with pytest.raises(project.module("problems").Problem) as refusal:
        read(reading.Bodies(LIMIT), PLAIN, [piece(b"ab")])
    assert refusal.value.status == 408
    assert refusal.value.headers == {"Connection": "close"}


def test_cancelled_by_somebody_else(project):
    """Who cancels a request that still has time is not told that it was slow."""

    async def main():
        async def never():
            return await asyncio.Event().wait()

        bodies = project.module("reading").Bodies(LIMIT)
        task = asyncio.create_task(bodies.lend(PLAIN, never, never))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return bodies

    assert not asyncio.run(main())._ends


def test_a_body_counts_until_it_is_answered(project, monkeypatch):
    """What is being answered takes memory too: the next one has to come back."""
    reading = project.module("reading")
    monkeypatch.setattr(reading, "MAX_BYTES_HELD", 1)
    bodies = reading.Bodies(1)

    async def main():
        async def receive():
            return piece(b"x")

        async def lend(use):
            return await bodies.lend({"content-length": "1"}, receive, use)

        go_on = asyncio.Event()
        others = [asyncio.create_task(lend(lambda _: go_on.wait())) for _ in range(8)]
        await asyncio.sleep(0)
        with pytest.raises(project.module("problems").Problem) as refusal:
            await lend(lambda _: go_on.wait())
        go_on.set()
        await asyncio.gather(*others)
        return refusal.value.status

    assert asyncio.run(main()) == 503
    assert bodies._held == 0


def test_headers(project):
    """Names are in lower case already (ASGI); a repeated header is one list."""
    lines = [(b"a", b"1"), (b"b", b"\xe9"), (b"a", b"2")]
    scope = {"headers": lines, "http_version": "1.0"}
    assert project.module("reading").headers_of(scope) == {"a": "1, 2", "b": "é"}
