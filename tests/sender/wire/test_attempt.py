"""One attempt: what goes out, and which connection it takes.

What comes of an answer stands in the table of `rows.py`.
"""

import asyncio
import json

import pytest

from hookwright_schemas import HookwrightError
from hookwright_sender import InvalidURL, Outcome
from hookwright_sender.explanation import BODY_LIMIT

from .client import BODY, HEADERS, LONG
from .servers import CHUNKED, EMPTY, answer


def test_bytes_that_are_no_utf8_are_read_as_latin_1(client, serve, answers):
    """A header is bytes (RFC 9110, 5.5); as text it must be fit for an answer of ours."""
    head = b"HTTP/1.1 302 Z\xfcrich\r\nX-Road: \xc3\xa9\r\nLocation: /Z\xfcrich\r\n"
    attempt, _ = client.one(serve, answers(head + b"Content-Length: 0\r\n\r\n"))
    assert attempt.response_headers["location"] == "/Zürich"
    assert attempt.response_headers["x-road"] == "é"
    assert attempt.error is not None
    assert attempt.error.startswith("the receiver answered 302 Zürich, a redirect to '/Zürich'")


@pytest.mark.parametrize(
    ("response", "connections", "why"),
    [
        (EMPTY, 1, "no body"),
        (answer("200 OK", body=b"x" * BODY_LIMIT), 1, "exactly as much as is read"),
        (answer("200 OK", body=b"x" * 2**22), 2, "far more than is read"),
        (CHUNKED + b"2\r\nhi\r\n0\r\n\r\n", 1, "chunks to the end"),
        (answer("500 Oops", body=b"sorry"), 1, "a failure is no reason to dial again"),
        (answer("200 OK", "Connection: close"), 2, "the receiver wants it so"),
    ],
)
def test_a_connection_is_used_again_after_a_short_body(  # noqa: PLR0913, PLR0917  a row and three fixtures
    client, serve, answers, response, connections, why
):
    """A body that was read to its end leaves the connection for the next attempt."""
    first, second, server = client.two(serve, answers(response))
    assert (first.status, server.connections) == (second.status, connections), why
    assert len(first.response_body) <= BODY_LIMIT


def test_a_reused_connection_that_closes_is_not_tried_again(client, serve):
    """The second request was written and lost: that is an outcome, and no third request."""

    async def behaviour(exchange):
        await exchange.request()
        await exchange.write(EMPTY)
        await exchange.request()

    first, second, server = client.two(serve, behaviour)
    assert (first.outcome, second.outcome) == (Outcome.SUCCESS, Outcome.DISCONNECTED)
    assert (len(server.requests), server.connections) == (2, 1)


def test_cookies_are_not_kept(client, serve, answers):
    """What one answer sets never travels with the next attempt."""
    _, _, server = client.two(serve, answers(answer("200 OK", "Set-Cookie: a=b")))
    assert b"cookie" not in server.requests[1].lower()


def test_a_redirect_is_not_followed(client, serve, answers):
    """The place is named and nothing goes there."""
    attempt, server = client.one(serve, answers(answer("307 Elsewhere", "Location: /other")))
    assert (attempt.outcome, len(server.requests)) == (Outcome.REDIRECT, 1)
    assert "'/other': redirects are not followed" in attempt.error


def test_the_request_on_the_wire(client, serve, answers):
    """A POST with the caller's headers, the exact body, and nothing that a client would add."""
    _, server = client.one(serve, answers(EMPTY))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    names = sorted(line.partition(":")[0].lower() for line in lines)
    assert start == "POST /hook HTTP/1.1"
    assert names == ["accept-encoding", "content-length", "content-type", "host", "webhook-id"]
    assert b"accept-encoding: identity\r\n" in server.requests[0]
    assert body == BODY


def test_a_large_body_goes_out_whole(client, serve, answers):
    """Two megabytes arrive as they are, in one piece or in many."""
    large = json.dumps({"notes": "x" * 2**21}).encode()

    async def run():
        async with serve(answers(EMPTY)) as server, client.transport(LONG) as transport:
            return await transport.attempt(server.url, HEADERS, large), server

    attempt, server = client.run(run())
    assert attempt.outcome is Outcome.SUCCESS
    assert server.requests[0].endswith(b"\r\n\r\n" + large)


def test_an_answer_before_the_body_was_taken_counts(client, serve):
    """A receiver may refuse a large body from its head alone."""

    async def behaviour(exchange):
        await exchange.reader.readuntil(b"\r\n\r\n")
        await exchange.write(answer("413 Too Large"))
        await asyncio.Event().wait()

    async def run():
        async with serve(behaviour) as server, client.transport(LONG) as transport:
            return await transport.attempt(server.url, HEADERS, bytes(64 * 2**20))

    assert client.run(run()).status == 413


URLS = [
    ("ftp://host.example/", "another scheme"),
    ("host.example/path", "no scheme"),
    ("//host.example/path", "no scheme, with slashes"),
    ("", "nothing at all"),
    ("http:///path", "no host"),
    ("http://user:secret@host.example/", "a password would end up in logs"),
    ("http://user@host.example/", "a user name, too"),
    ("http://user:secret@host.example:99999/", "a password beside another fault"),
    ("http://host.example:99999/", "a port that is none"),
    ("http://host.example:0/", "nothing listens on port 0"),
    ("http://host.example:x/", "a port that is no number"),
    ("http://[::1/", "half an IPv6 address"),
    ("http://host example/", "white space"),
    ("http://host.example/\n", "a line break, which parsers drop without a word"),
    ("http://127.1/", "a short form of an address that readers disagree on"),
]


@pytest.mark.parametrize(("url", "why"), URLS)
def test_a_malformed_url_is_refused(client, url, why):
    """Wrong usage is an error with the remedy, not an outcome."""

    async def run():
        async with client.transport(LONG) as transport:
            await transport.attempt(url, HEADERS, BODY)

    with pytest.raises(InvalidURL) as caught:
        client.run(run())
    assert isinstance(caught.value, HookwrightError), why
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "https://host.example/path" in str(caught.value)


def test_a_transport_is_used_as_a_context_manager(client):
    """Outside of `async with` there is nothing to send with."""
    with pytest.raises(RuntimeError, match="async with"):
        client.run(client.transport().attempt("http://host.example/", HEADERS, BODY))
