"""Over a real socket: uvicorn, as `hookwright serve` runs it."""

import http.client
import json
import socket

import pytest
import uvicorn


@pytest.fixture
def connection(small, portal):
    """An HTTP connection to a server of the application."""
    config = uvicorn.Config(small.app, lifespan="off", log_config=None, server_header=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = portal.start_task_soon(server.serve, [listener])
        client = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=60)
        client.headers = {"authorization": f"Bearer {small.ours.key}"}
        yield client
        client.close()
        server.should_exit = True
        served.result(60)


def test_a_connection_serves_many_requests(connection):
    """Bodies in one piece and in chunks, refusals among them."""
    headers = connection.headers | {"content-type": "application/json"}
    rows = [
        (b'{"name": "a"}', 201),
        (b"{", 400),
        (iter([b'{"na', b'me": "b"}']), 201),
        (b'{"name": ""}', 422),
    ]
    for body, status in rows:
        connection.request("POST", "/api/v1/projects", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.request("GET", "/api/v1/projects", headers=headers)
    items = json.loads(connection.getresponse().read())["items"]
    assert [item["name"] for item in items] == ["b", "a"]


def test_a_head_has_no_body(connection):
    """And leaves the connection in order."""
    for _ in range(2):
        connection.request("HEAD", "/healthz")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["content-length"]) > 0


def test_a_body_without_an_end_is_refused(connection):
    """After 64 KiB, however much is still to come, and the connection is closed."""
    connection.putrequest("POST", "/api/v1/projects")
    for name, value in connection.headers.items():
        connection.putheader(name, value)
    connection.putheader("content-type", "application/json")
    connection.putheader("transfer-encoding", "chunked")
    connection.endheaders()
    for _ in range(65):
        connection.send(b"400\r\n" + b" " * 1024 + b"\r\n")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert json.loads(answer.read())["type"] == "urn:hookwright:problem:body-too-large"
