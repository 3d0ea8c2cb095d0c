"""The way to a receiver: look-up, connect, TLS, and the deadline over all of it."""

import contextlib
import socket
import ssl
import threading

import pytest

from hookwright_sender import Outcome
from hookwright_sender.egress.system_names import SystemNames

from .client import BODY, HEADERS, LONG, SHORT
from .servers import EMPTY, deaf


def test_the_deadline_covers_the_request_body(client, serve):
    """A receiver that does not read holds a large body, and the deadline ends it."""

    async def run():
        async with serve(deaf) as server, client.transport(SHORT) as transport:
            return await transport.attempt(server.url, HEADERS, bytes(64 * 2**20))

    assert client.run(run()).outcome is Outcome.TIMEOUT


def test_the_deadline_covers_the_look_up(client):
    """A name server that never answers is told from a receiver that does not."""
    release = threading.Event()

    def never(*_arguments, **_options):
        release.wait(LONG)
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    async def run():
        async with client.transport(SHORT, name_servers=SystemNames(never)) as transport:
            return await transport.attempt("http://slow.example/", HEADERS, BODY)

    try:
        attempt = client.run(run())
        waiting = [thread.name for thread in threading.enumerate()]
    finally:
        release.set()
    assert (attempt.outcome, attempt.reached) == (Outcome.DNS_ERROR, False)
    assert "slow.example could not be resolved" in attempt.error
    assert "did not answer within 0.8 s" in attempt.error
    assert "resolve slow.example" in waiting, "the loop did not wait for the look-up to end"


def test_the_deadline_covers_the_connect(client):
    """A host that drops the first packet is a timeout, and nothing was reached."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listener.getsockname()
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(address)

    async def run():
        async with client.transport(SHORT) as transport:
            return await transport.attempt(f"http://127.0.0.1:{address[1]}/", HEADERS, BODY)

    try:
        attempt = client.run(run())
    finally:
        for opened in (*fillers, listener):
            opened.close()
    assert (attempt.outcome, attempt.reached) == (Outcome.TIMEOUT, False)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_closed_port_is_refused(client, scheme, port):
    """Nobody listens: said so, with the address."""
    url = f"{scheme}://127.0.0.1:{port}/"

    async def run():
        async with client.transport(LONG) as transport:
            return await transport.attempt(url, HEADERS, BODY)

    attempt = client.run(run())
    assert (attempt.outcome, attempt.reached) == (Outcome.REFUSED, False)
    assert "127.0.0.1" in attempt.error
    assert "Connection refused" in attempt.error


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("unknown.invalid", "RFC 6761 keeps .invalid from ever resolving"),
        ("a..b", "an empty label is no host name"),
        ("x" * 64 + ".example", "a label has 63 characters at most"),
    ],
)
def test_an_unknown_host_is_a_dns_error(client, host, why):
    """A name without an address is a failure of the look-up, and named."""

    async def run():
        async with client.transport(LONG) as transport:
            return await transport.attempt(f"http://{host}/", HEADERS, BODY)

    attempt = client.run(run())
    assert (attempt.outcome, attempt.reached) == (Outcome.DNS_ERROR, False), why
    assert host in attempt.error


def test_a_host_name_is_resolved_and_dialled(client, serve, answers):
    """The system's resolver gives the address; the Host header stays the name."""

    async def run():
        async with serve(answers(EMPTY)) as server, client.transport(LONG) as transport:
            url = server.url.replace("127.0.0.1", "localhost")
            return await transport.attempt(url, HEADERS, BODY), server

    attempt, server = client.run(run())
    assert attempt.outcome is Outcome.SUCCESS
    assert b"Host: localhost:" in server.requests[0]


def test_proxies_of_the_environment_are_ignored(client, serve, answers, monkeypatch, port):
    """A delivery goes where its URL says, whatever the shell was told."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    attempt, _ = client.one(serve, answers(EMPTY))
    assert attempt.outcome is Outcome.SUCCESS


def test_tls_with_an_unknown_authority(client, serve, answers, certified):
    """Nothing is sent to a server whose certificate nobody vouches for."""
    attempt, server = client.one(serve, answers(EMPTY), tls=certified("127.0.0.1"))
    assert (attempt.outcome, attempt.reached) == (Outcome.TLS_ERROR, False)
    assert "not trusted" in attempt.error
    assert server.requests == []


def test_tls_that_wants_a_certificate_of_ours(client, certified, trusting, authority):
    """Under TLS 1.3 that alert comes after the handshake; it is still a failure of TLS."""
    tls = certified("127.0.0.1")
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(tls)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_one():
        # A thread, because asyncio's server resets the connection and may so lose the alert.
        accepted, _ = listener.accept()
        secured = tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        with contextlib.suppress(ssl.SSLError):
            secured.do_handshake()
        with socket.socket(fileno=secured.detach()) as raw:
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass

    async def run():
        async with client.transport(LONG, ssl_context=trusting) as transport:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
            return await transport.attempt(url, HEADERS, BODY)

    server = threading.Thread(target=serve_one, daemon=True)
    server.start()
    with listener:
        attempt = client.run(run())
        server.join(LONG)
    assert attempt.outcome is Outcome.TLS_ERROR, attempt
