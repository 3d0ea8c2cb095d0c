"""The server of generated Python receivers, over raw sockets: what is granian's and ours there."""

import http.client
import json
import socket
import threading

import pytest

PATH = b"/webhooks/joturl"
MEGABYTE = 1024 * 1024


def post(body=b"", *headers, length=None):
    """Return the bytes of a delivery; `length` is what Content-Length says, if not the truth."""
    length = len(body) if length is None else length
    fields = [b"Host: x", b"Content-Type: application/json", b"Content-Length: %d" % length]
    return b"\r\n".join([b"POST %s HTTP/1.1" % PATH, *fields, *headers, b"", body])


def chunked(body, size=100):
    """Return the bytes of a delivery in chunks."""
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
    return b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % PATH + coded


def test_delivery(server, event):
    """An event is accepted, however its body is framed, and the connection is kept."""
    client = server.connect()
    for request in (post(event), chunked(event), chunked(event, size=1)):
        client.send(request)
        answer = client.answer()
        assert (answer.status, answer.closes) == (200, False), answer.body


def test_pipelined(server, event):
    """Requests sent at once are answered in order (H8)."""
    client = server.connect()
    client.send(post(event) + post(b"{") + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + post(b""))
    assert [client.answer().status for _ in range(4)] == [200, 400, 200, 400]


def test_many_pipelined(server):
    """More requests than a buffer holds are all answered: their client has to wait meanwhile."""
    client = server.connect()
    request = post(b"x" * MEGABYTE)
    writer = threading.Thread(target=client.send, args=(request * 20,))
    writer.start()
    assert [client.answer().status for _ in range(20)] == [400] * 20
    writer.join()


def test_continue(server, event):
    """A client that waits for `100 Continue` gets it before its body is there (H3)."""
    client = server.connect()
    request = post(event, b"Expect: 100-continue")
    client.send(request[: -len(event)])
    assert client.answer().status == 100
    client.send(event)
    assert client.answer().status == 200


@pytest.mark.parametrize("expect", [(), (b"Expect: 100-continue",)], ids=["plain", "expect"])
def test_too_large(server, expect):
    """A body that says to be too large is refused before it is sent (S2)."""
    client = server.connect()
    client.send(post(b"", *expect, length=MEGABYTE + 1))
    answer = client.answer()
    assert answer.status == 413
    assert json.loads(answer.body)["status"] == 413
    assert client.is_closed()


def test_too_large_in_chunks(server):
    """A body that turns out to be too large is refused, and its connection is closed (S3)."""
    client = server.connect()
    client.send(chunked(b" " * (2 * MEGABYTE), size=65536)[:-5])
    assert client.answer().status == 413
    assert client.is_closed()


def test_in_step(server, event):
    """After a refusal, which reads the body or does not, the next request is understood (H2)."""
    client = server.connect()
    client.send(post(b"not json") + post(b"{}", b"Content-Encoding: gzip") + post(event))
    assert [client.answer().status for _ in range(3)] == [400, 415, 200]


def test_cut_off(server, event):
    """An event whose sender goes away in the middle is not stored (H5)."""
    before = server.stored()
    for request in (post(event), chunked(event)):
        client = server.connect()
        client.send(request[:-3])
        client.sock.shutdown(socket.SHUT_WR)
        assert b" 200 " not in client.rest()
    assert server.stored() == before


def test_sender_gone(server, event):
    """An event whose sender goes away before the answer, and comes back, is stored once (H6)."""
    before = server.stored()
    request = post(event, b"webhook-id: gone")
    client = server.connect()
    client.send(request)
    client.sock.close()
    client = server.connect()
    client.send(request)
    assert client.answer().status == 200
    assert server.stored() == before + 1


def test_endless_headers(server):
    """Headers that never end are refused after 64 KiB, and no memory is lost to them (T3)."""
    client = server.connect()
    before = server.memory()
    client.send(b"GET / HTTP/1.1\r\n")
    lines = b"X: %s\r\n" % (b"x" * 1000)
    sent = 0
    while sent < 50 * MEGABYTE and client.try_send(lines * 100):
        sent += 100 * len(lines)
    assert sent < 50 * MEGABYTE
    assert server.memory() - before < 8 * MEGABYTE


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/webhooks/joturl", 405, id="a look"),
        pytest.param("PUT", "/webhooks/joturl/", 405, id="another method"),
        pytest.param("HEAD", "/webhooks/joturl", 405, id="a probe"),
        pytest.param("OPTIONS", "/webhooks/joturl", 405, id="a preflight"),
        pytest.param("POST", "/webhooks//joturl", 404, id="another path, and no redirect"),
        pytest.param("POST", "/", 404, id="the root"),
        pytest.param("POST", "/static/x", 404, id="no files are served"),
    ],
)
def test_routes(server, method, path, status):
    """What is not a delivery is a problem, and never a redirect (M1 to M4)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path)
    response = connection.getresponse()
    assert response.status == status
    assert response.getheader("Content-Type") == "application/problem+json"
    assert response.getheader("Allow") == ("POST" if status == 405 else None)
    if method != "HEAD":
        assert json.loads(response.read())["status"] == status
    connection.close()
