"""The answer reader takes what servers really send, and tells what is no answer at all."""

import asyncio

import pytest

from hookwright_receiver.conformance.answer import AnswerReader, Closed, InvalidAnswer


class Pieces:
    """A source that gives bytes in pieces."""

    def __init__(self, data: bytes, size: int) -> None:
        self.pieces = [data[start : start + size] for start in range(0, len(data), size)]

    async def receive(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(data: bytes, *, size: int = 7, head_only: bool = False):
    return asyncio.run(AnswerReader(Pieces(data, size)).answer(head_only=head_only))


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"

ANSWERS = [
    # A body as long as it is announced, and nothing of what follows.
    (OK + b"Content-Length: 2\r\n\r\nhi" + OK, 200, b"hi"),
    # Without a length the end of the connection is the end of the body.
    (OK + b"\r\nall of it", 200, b"all of it"),
    # Chunks, with an extension and a trailer.
    (
        OK + b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n3\r\n ho\r\n0\r\nT: 1\r\n\r\n",
        200,
        b"hi ho",
    ),
    # Bare line feeds and a missing reason are tolerated.
    (b"HTTP/1.0 404\nContent-Length: 1\n\nx", 404, b"x"),
    # An empty line before the status line is tolerated.
    (b"\r\n" + OK + b"Content-Length: 0\r\n\r\n", 200, b""),
    # 204 has no body whatever it announces.
    (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, b""),
    # What comes after a change of the protocol is no HTTP/1.1.
    (b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x00\x00\x12\x04", 101, b""),
    # Interim answers come before the final one.
    (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n", 200, b""),
]


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize(("data", "status", "body"), ANSWERS)
def test_answers_are_read_however_they_come(data, status, body, size):
    """The pieces that the network makes of an answer do not matter."""
    answer = read(data, size=size)

    assert (answer.status, answer.body) == (status, body)


def test_an_answer_to_head_has_no_body():
    """A length in it is that of the answer to GET."""
    answer = read(OK + b"Content-Length: 500\r\n\r\n", head_only=True)

    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "500")


INVALID = [
    (b"SSH-2.0-OpenSSH\r\n\r\n", "no status line"),
    (OK + b"Content-Length: 10\r\n\r\nhi", "shorter than its Content-Length"),
    (OK + b"Content-Length: ten\r\n\r\n", "not a number"),
    (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "not a number"),
    (OK + b"X: 1", "within the head"),
    (OK + b"X: " + b"a" * 70_000, "longer than 64 KiB"),
]


@pytest.mark.parametrize(("data", "reason"), INVALID)
def test_what_is_no_answer_is_told(data, reason):
    """A malformed answer is neither a time-out nor a closed connection."""
    with pytest.raises(InvalidAnswer, match=reason):
        read(data, size=4096)


def test_a_closed_connection_is_no_answer():
    """Nothing came at all."""
    with pytest.raises(Closed):
        read(b"")


def test_pipelined_answers_are_read_in_order():
    """What is left of one answer begins the next."""

    async def both():
        first = OK + b"Content-Length: 2\r\n\r\nhi"
        second = b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
        reader = AnswerReader(Pieces(first + second, 4096))
        return [(await reader.answer()).status, (await reader.answer()).status]

    assert asyncio.run(both()) == [200, 404]


def test_a_large_body_is_cut_but_read_to_its_end():
    """A receiver that echoes a megabyte does not fill the report."""

    async def both():
        first = OK + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1_000_000
        reader = AnswerReader(Pieces(first + OK + b"Content-Length: 0\r\n\r\n", 65536))
        return len((await reader.answer()).body), (await reader.answer()).status

    assert asyncio.run(both()) == (256 * 1024, 200)
