"""Slow, greedy and many clients: others are served meanwhile, and memory is bounded (T2)."""

import threading

import pytest

HEAD = b"POST /webhooks/joturl HTTP/1.1\r\nHost: x\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
MEGABYTE = 1024 * 1024


def serves(server):
    """Ask on a new connection, and tell whether the answer is well."""
    client = server.connect()
    client.send(HEALTH)
    status = client.answer().status
    client.sock.close()
    return status == 200


def test_constants(module):
    """As generated, a request has 10 seconds, which is well under the 30 that T2 allows."""
    buffering = module("buffering")
    assert buffering.PATIENCE == 10
    assert buffering.PATIENCE + buffering.LINGER + buffering.SWEEP < 20


BEGUN = pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"POST /webhooks/joturl HTTP/1.1\r\nX: ", id="headers"),
        pytest.param(HEAD + b"Content-Length: 100000\r\n\r\n", id="body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n", id="chunks"),
        pytest.param(HEALTH + b"POST /webhooks/joturl HTTP/1.1\r\nX: ", id="a second request"),
    ],
)


@BEGUN
def test_drip(start, module, begin):
    """More clients than threads do not come to an end; nobody else waits for them."""
    # Longer than any answer is waited for here.
    server = start({"buffering.PATIENCE": 600.0, "buffering.IDLE": 600.0})
    clients = [server.connect() for _ in range(module("server").THREADS + 8)]
    for client in clients:
        client.send(begin)
    for _ in range(3):
        for client in clients:
            client.send(b"x")
        assert serves(server)


@BEGUN
def test_drip_ends(start, begin):
    """Who sends on and on has a 408 in the end."""
    server = start({"buffering.PATIENCE": 1.0})
    client = server.connect()
    client.send(begin)
    if begin.startswith(HEALTH):
        assert client.answer().status == 200
    while not client.has_answer():
        client.send(b"x")
    assert client.answer().status == 408
    assert client.is_closed()


def test_idle(start):
    """A connection on which nothing comes is closed, without a word."""
    server = start({"buffering.IDLE": 1.0})
    client = server.connect()
    client.send(HEALTH)
    assert client.answer().status == 200
    assert client.is_closed()


def test_crowd(start):
    """When there are as many connections as there may be, those that wait longest make room."""
    server = start({"server.CONNECTIONS": 40})
    clients = [server.connect() for _ in range(60)]
    for client in clients:
        client.send(b"POST /webhooks/joturl HTTP/1.1\r\nX: ")
    other = server.connect()
    other.send(HEALTH)
    assert other.answer().status == 200
    assert any(client.answer().status == 408 for client in clients[:1])


def test_budget(start):
    """The largest unfinished requests are turned away when all are too much; small ones pass."""
    server = start({"buffering.BUDGET": 8 * MEGABYTE, "buffering.PATIENCE": 60.0})
    before = server.memory()
    clients = [server.connect() for _ in range(30)]
    for client in clients:
        client.send(HEAD + b"Content-Length: %d\r\n\r\n" % MEGABYTE + b"x" * (MEGABYTE - 1))
        assert serves(server)
    assert server.memory() - before < 24 * MEGABYTE
    assert clients[0].answer().status == 503
    # Those that fit are still understood.
    clients[-1].send(b"x")
    assert clients[-1].answer().status == 400


def test_deaf_client(start):
    """A client that takes no answers is given up, though it holds a thread for a while."""
    server = start({"connection.SEND_TIMEOUT": 1.0})
    client = server.connect()
    stopped = threading.Event()

    def flood():
        while client.try_send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 1000):
            pass
        stopped.set()

    writer = threading.Thread(target=flood)
    writer.start()
    while not stopped.wait(0.2):
        assert serves(server)
    writer.join()
