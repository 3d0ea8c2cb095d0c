"""A database that somebody else holds: all are told in time, and who watches is not kept waiting.

Refusals take turns with it, as deliveries do: each has its own 0.6 seconds. Of what comes at once
most would wait for many of them; these would take 8 seconds with Flask, and 20 with Starlette.
"""

import sqlite3
import time
from contextlib import closing

import pytest

MANY = 400
LATE = 5.0


@pytest.fixture
def locked(server):
    """A receiver whose inbox cannot be written."""
    with closing(sqlite3.connect(server.folder / "inbox.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield server
    server.hang_up()


def answers(clients):
    """Return how often each status came, and after how many seconds the last one."""
    begun = time.monotonic()
    statuses = [client.answer().status for client in clients]
    return {status: statuses.count(status) for status in statuses}, time.monotonic() - begun


def send(server, body, count):
    """Send a delivery on as many connections, at once."""
    head = b"POST /webhooks/joturl HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    clients = [server.connect() for _ in range(count)]
    for client in clients:
        client.send(head + body)
    return clients


def test_deliveries(locked, event):
    """However many come at once, each is told within two seconds to come back (K4)."""
    statuses, seconds = answers(send(locked, event, MANY))
    assert statuses == {503: MANY}
    assert seconds < LATE
    assert locked.stored() == 0


def test_refusals(locked):
    """What is refused cannot be kept either: it is answered all the same."""
    statuses, seconds = answers(send(locked, b'{"data":1}', MANY))
    assert set(statuses) <= {422, 503}
    assert seconds < LATE


@pytest.mark.parametrize("path", [b"/healthz", b"/readyz", b"/metrics"])
def test_probes(locked, path):
    """Who asks how it is has an answer meanwhile, on a connection of its own."""
    clients = send(locked, b'{"data":1}', MANY)
    probe = locked.connect()
    probe.send(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
    statuses, seconds = answers([probe])
    assert set(statuses) == {503 if path == b"/readyz" else 200}
    assert seconds < LATE
    answers(clients)
