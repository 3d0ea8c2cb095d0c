"""What `serve` reads is bounded, in bytes and in seconds: uvicorn itself bounds neither."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
import uvloop

from hookwright.platform import protocol
from hookwright.platform.listener import listen
from hookwright.platform.server import Server

HEAD = b"POST / HTTP/1.1\r\nhost: a\r\n"
LENGTH = b"content-length: 2\r\n"
ANSWER = b"HTTP/1.1 200 OK"


async def application(scope, receive, send):
    """Read a request to its end and answer it."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """Where a server listens, in a thread of its own."""
    server = Server(application, 5.0)
    with listen("127.0.0.1", 0) as listener:
        where = listener.getsockname()

        def run() -> None:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(server.serve([listener]))

        thread = threading.Thread(target=run)
        thread.start()
        yield where
        server.should_exit = True
        thread.join()


def exchange(address, *sent):
    """Send bytes and return all that comes until the server closes; one that has enough resets."""
    with socket.create_connection(address, timeout=30) as connection:
        answer = b""
        try:
            for each in sent:
                connection.sendall(each)
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionError:
            return answer
        return answer


def test_a_request_is_answered(address):
    """Whole, in pieces, and two on one connection."""
    closing = HEAD + LENGTH + b"connection: close\r\n\r\n{}"
    assert exchange(address, closing).startswith(ANSWER)
    assert exchange(address, *(bytes([each]) for each in closing)).startswith(ANSWER)
    assert exchange(address, HEAD + LENGTH + b"\r\n{}", closing).count(ANSWER) == 2


TOO_MUCH = {
    "a header without an end": [HEAD + b"x: ", b"a" * (1 << 20)],
    "a path without an end": [b"GET /", b"a" * (1 << 20)],
    "headers without an end": [HEAD, b"x: y\r\n" * 100_000],
    "more headers than anybody needs": [HEAD, b"x: y\r\n" * (protocol.MAX_HEADERS + 1)],
    "trailers without an end": [
        HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
        b"x: y\r\n" * 200_000,
    ],
}


@pytest.mark.parametrize("sent", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_much_ends_the_connection(address, sent):
    """With 431 where nothing was answered yet; a reset may overtake it."""
    answer = exchange(address, *sent)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


TOO_SLOW = {
    "half a head": (HEAD, b"HTTP/1.1 408 "),
    "half a body": (HEAD + LENGTH + b"\r\n{", b"HTTP/1.1 408 "),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize(("sent", "expected"), TOO_SLOW.values(), ids=TOO_SLOW)
def test_what_is_too_slow_ends_the_connection(address, monkeypatch, sent, expected):
    """A request has so many seconds to be there; of nothing nothing is answered."""
    monkeypatch.setattr(protocol, "REQUEST_TIMEOUT", 0.05)
    answer = exchange(address, sent)
    assert answer.startswith(expected)
    assert bool(answer) is bool(expected)
