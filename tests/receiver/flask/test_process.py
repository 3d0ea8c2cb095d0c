"""The processes of a generated Flask receiver: how they start, and how they end."""

import os
import signal
import socket
import time

import pytest

POST = b"POST /webhooks/joturl HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"


def is_free(port):
    """Tell whether a new server can have the port."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_end(start, event, number):
    """What is in flight is answered, idle connections are closed, and the exit code is 0 (H7)."""
    # A machine that is busy with something else must not take the client for a slow one.
    server = start({"buffering.STOP_PATIENCE": 60.0, "server.SHUTDOWN_TIMEOUT": 60})
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


def test_end_with_a_slow_client(start):
    """A client that never finishes its request cannot keep the server from ending in time."""
    server = start()
    other, client = server.connect(), server.connect()
    client.send(b"POST / HTTP/1.1\r\n")
    other.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert other.answer().status == 200
    server.process.send_signal(signal.SIGTERM)
    assert client.answer().status == 408
    assert server.process.wait(30) == 0


def test_master_killed(start, port):
    """The process that answers ends with gunicorn's master, so that a new one gets the port."""
    server = start(PORT=str(port))
    held = server.connect()
    held.send(b"POST / HTTP/1.1\r\n")
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    assert held.is_closed()
    deadline = time.monotonic() + 10
    while not is_free(port):
        assert time.monotonic() < deadline


def test_worker_killed(start, event):
    """gunicorn's master starts another process when the one that answers dies."""
    server = start()
    first = server.worker
    os.kill(first, signal.SIGKILL)
    client = server.connect()
    client.send(POST % (len(event), event))
    assert client.answer().status == 200
    assert server.worker != first
    assert server.stop(signal.SIGTERM) == 0


def test_port_in_use(run):
    """A port that another process has is one line, and exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run(PORT=port)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line


def test_no_inbox(run):
    """An inbox that cannot be opened is one line, and exit code 1."""
    done = run(DATABASE_URL="sqlite:///missing/inbox.db")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_logs(start, event):
    """Everything that is logged, gunicorn's own included, is a JSON object a line."""
    server = start()
    client = server.connect()
    client.send(POST % (len(event), event) + b"G\r\n\r\n")
    assert [client.answer().status for _ in range(2)] == [200, 400]
    assert server.stop(signal.SIGTERM) == 0
    assert len(server.lines()) == len(server.log.read_text().splitlines())
    assert {line["logger"] for line in server.lines()} >= {"gunicorn.error"}
