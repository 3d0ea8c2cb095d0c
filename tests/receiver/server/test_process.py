"""The process of a generated Python receiver: how it starts, what it logs, and how it ends."""

import signal
import socket
import sqlite3
from contextlib import closing

import pytest

from .conftest import ONE_STACK

POST = b"POST /webhooks/joturl HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_end(start, event, number):
    """What is in flight is answered, idle connections are closed, and the exit code is 0 (H7)."""
    # A machine that is busy with something else must not take the client for a slow one.
    server = start({"reading.BODY_TIMEOUT": 60.0, "reading.STOP_TIMEOUT": 60.0})
    idle, part = server.connect(), server.connect()
    request = POST % (len(event), event)
    idle.send(request)
    assert idle.answer().status == 200
    part.send(request[:-3])
    server.process.send_signal(number)
    assert idle.is_closed()
    part.send(request[-3:])
    answer = part.answer()
    assert (answer.status, answer.closes) == (200, True)
    part.sock.close()
    assert server.process.wait(30) == 0
    assert server.stored() == 2


@pytest.mark.parametrize("length", [b"", b"Content-Length: 9\r\n\r\n"], ids=["head", "body"])
def test_end_with_a_slow_client(start, length):
    """A client that never finishes its request cannot keep the server from ending in time."""
    server = start({"reading.BODY_TIMEOUT": 600.0, "reading.STOP_TIMEOUT": 0.1})
    client = server.connect()
    client.send(b"POST /webhooks/joturl HTTP/1.1\r\nHost: x\r\n" + length)
    server.wait()
    assert server.stop(signal.SIGTERM) == 0
    assert client.rest()[9:12] in ({b"408"} if length else {b""})


def test_killed(start, project, tmp_path):
    """A process that is killed leaves nothing behind that holds the port, or its connections."""
    server = start()
    held = server.connect()
    held.send(b"POST / HTTP/1.1\r\n")
    port = server.port
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    assert held.is_closed()
    start(PORT=str(port))


@ONE_STACK
def test_port_in_use(run):
    """A port that another process has is one line, and exit code 2: it is not shared."""
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = str(other.getsockname()[1])
        done = run(PORT=port)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"HOST 127.0.0.1, PORT {port}" in line


@ONE_STACK
def test_no_such_host(run):
    """A name that is nobody's is one line, and exit code 2."""
    done = run(HOST="no-such-host.invalid")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "no-such-host.invalid" in line


@ONE_STACK
def test_no_inbox(run):
    """An inbox that cannot be opened is one line, and exit code 1."""
    done = run(DATABASE_URL="sqlite:///missing/inbox.db")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_logs(start, event):
    """Everything that is logged is a JSON object a line, and a well-run server says little."""
    server = start()
    client = server.connect()
    client.send(POST % (len(event), event) + b"G\r\n\r\n")
    assert [client.answer().status for _ in range(2)] == [200, 400]
    assert server.stop(signal.SIGTERM) == 0
    assert len(server.lines()) == len(server.log.read_text().splitlines())
    assert [line["message"] for line in server.lines()] == ["listening"]


def test_a_sender_that_has_gone_is_no_error(start, event):
    """Whoever hangs up before the answer gets none, and nobody is woken for it."""
    server = start()
    with closing(sqlite3.connect(server.folder / "inbox.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            client = server.connect()
            client.send(POST % (len(event), event))
            client.sock.close()
        server.wait()
        other.execute("ROLLBACK")
    assert server.stop(signal.SIGTERM) == 0
    assert "ERROR" not in {line["level"] for line in server.lines()}, server.log.read_text()


def test_a_defect_is_a_problem(start, event):
    """A table that is gone is our fault: a 500 that says so, counted, and no word of the cause."""
    server = start()
    client = server.connect()

    def rename(before, after):
        with closing(sqlite3.connect(server.folder / "inbox.db", isolation_level=None)) as database:
            database.execute(f"ALTER TABLE {before} RENAME TO {after}")

    rename("inbox", "elsewhere")
    client.send(POST % (len(event), event))
    answer = client.answer()
    assert answer.status == 500
    assert b"application/problem+json" in answer.head
    assert b"inbox" not in answer.body
    rename("elsewhere", "inbox")
    client.send(POST % (len(event), event))
    assert client.answer().status == 200
    client.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b'webhook_refused_total{status="500"} 1.0' in client.answer().body
