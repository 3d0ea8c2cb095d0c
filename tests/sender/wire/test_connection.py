"""One connection with a transport that the test holds: the moments that sockets seldom hit."""

import asyncio
import socket
import ssl

import pytest

from hookwright_sender.wire.connection import PIECE, Connection
from hookwright_sender.wire.failure import HungUpError, MalformedAnswerError

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Held(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self):
        super().__init__()
        self.written = []
        self.buffered = 0
        self.aborted = False

    def write(self, data):
        assert not self.aborted
        self.written.append(bytes(data))

    def is_closing(self):
        return self.aborted

    def get_write_buffer_size(self):
        return self.buffered

    def abort(self):
        self.aborted = True


@pytest.fixture
def held():
    """The transport."""
    return Held()


@pytest.fixture
def connection(held):
    """A connection that stands, in a loop that does not run."""
    loop = asyncio.new_event_loop()
    ours, theirs = socket.socketpair()
    made = Connection(
        loop, ours, (False, "host.example", 80), 0.0, lambda: 1.0, lambda _connection: None
    )
    made.connection_made(held)
    yield made
    ours.close()
    theirs.close()
    loop.close()


def test_an_answer_before_the_request_is_none(connection, held):
    """A server that talks first does not speak HTTP, and does not get the message."""
    connection.data_received(EMPTY)
    waiter = connection.exchange(b"head", b"body")
    assert waiter.done()
    assert isinstance(connection.failure, MalformedAnswerError)
    assert connection.answer.status is None
    assert held.written == []
    assert held.aborted


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (None, HungUpError),
        (ConnectionResetError(), ConnectionResetError),
        (ssl.SSLError(1, "certificate required"), ssl.SSLError),
    ],
)
def test_a_connection_that_is_lost_before_the_request(connection, held, error, kind):
    """Under TLS 1.3 a server refuses our certificate after the handshake."""
    connection.connection_lost(error)
    assert connection.exchange(b"head", b"body").done()
    assert isinstance(connection.failure, kind)
    assert held.written == []


def test_a_small_request_is_one_write(connection, held):
    """Head and body leave in one packet, if it has room."""
    connection.exchange(b"head", b"body")
    assert held.written == [b"headbody"]


def test_a_large_body_waits_for_the_receiver(connection, held):
    """What the transport holds is bounded, however large the body."""
    body = bytes(range(256)) * 4096
    connection.pause_writing()
    connection.exchange(b"head", body)
    assert held.written == [b"head"]
    while len(b"".join(held.written)) < len(b"head" + body):
        before = len(held.written)
        connection.resume_writing()
        assert len(held.written) > before
    assert b"".join(held.written) == b"head" + body
    assert max(map(len, held.written)) == PIECE


def test_bytes_behind_the_answer_do_not_touch_it(connection, held):
    """They come before the attempt has looked at it, and still are not part of it."""
    waiter = connection.exchange(b"head", b"body")
    connection.data_received(EMPTY)
    connection.data_received(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
    assert waiter.done()
    assert (connection.answer.status, connection.failure) == (200, None)
    assert held.aborted
    assert not connection.is_reusable()


@pytest.mark.parametrize(("buffered", "reusable"), [(0, True), (1, False)])
def test_an_answer_to_half_a_request(connection, held, buffered, reusable):
    """The rest of the body would be read as the next request."""
    connection.exchange(b"head", bytes(2 * PIECE))
    held.buffered = buffered
    connection.data_received(EMPTY)
    assert connection.is_reusable() is reusable


def test_an_answer_stops_the_body(connection, held):
    """What was not written by then is not written any more."""
    connection.pause_writing()
    connection.exchange(b"head", bytes(2 * PIECE))
    connection.data_received(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    connection.resume_writing()
    assert held.written == [b"head"]
    assert connection.answer.status == 413
    assert not connection.is_reusable()


def test_a_deadline_after_the_answer_changes_nothing(connection):
    """The two may fall into the same turn of the loop."""
    connection.exchange(b"head", b"body")
    connection.data_received(EMPTY)
    connection.expire()
    assert (connection.answer.status, connection.failure) == (200, None)
    assert not connection.is_reusable()


def test_an_end_after_the_head_is_an_end_of_the_body(connection):
    """Where no length was told; and the connection is not used again."""
    waiter = connection.exchange(b"head", b"body")
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nhi")
    assert not waiter.done()
    connection.eof_received()
    assert waiter.done()
    assert (connection.answer.body, connection.failure, connection.answer.malformed) == (
        b"hi",
        None,
        None,
    )
    assert not connection.is_reusable()


def test_a_reset_after_the_head_is_told(connection):
    """The head counts, and what went wrong behind it is known."""
    connection.exchange(b"head", b"body")
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nhi")
    connection.connection_lost(ConnectionResetError())
    assert connection.answer.status == 200
    assert isinstance(connection.failure, ConnectionResetError)
