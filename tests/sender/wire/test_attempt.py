"""One attempt against receivers that behave and receivers that do not, over real sockets.

The behaviour of every transport: what passes here can stand in for the others.
"""

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import uvloop

from hookwright_schemas import HookwrightError
from hookwright_sender import HttpTransport, InvalidURL, Outcome
from hookwright_sender.egress.system_names import SystemNames
from hookwright_sender.explanation import BODY_LIMIT

LONG = 30.0  # seconds: never reached, so that a slow machine changes no outcome
SHORT = 1.0  # seconds: always reached, because the other side never does its part
BODY = b'{"a":1}'
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"


def answer(status, *lines, body=b""):
    """Return a complete answer."""
    head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


@dataclass(frozen=True)
class Client:
    """A transport under test, and the kind of loop that it runs in."""

    transport: type[HttpTransport]
    loop: Callable[[], asyncio.AbstractEventLoop]

    def run(self, main):
        """Run a coroutine to its end."""
        with asyncio.Runner(loop_factory=self.loop) as runner:
            return runner.run(main)

    def one(self, serve, behaviour, *, timeout=LONG, tls=None, scheme=None, **options):
        """Make one attempt at a server of that behaviour; return the attempt and the server."""

        async def run():
            async with (
                serve(behaviour, tls) as server,
                self.transport(timeout, **options) as transport,
            ):
                url = server.url if scheme is None else server.url.replace("http", scheme, 1)
                return await transport.attempt(url, HEADERS, BODY), server

        return self.run(run())

    def two(self, serve, behaviour, **options):
        """Make two attempts, one after the other, with one transport."""

        async def run():
            async with serve(behaviour) as server, self.transport(LONG, **options) as transport:
                first = await transport.attempt(server.url, HEADERS, BODY)
                return first, await transport.attempt(server.url, HEADERS, BODY), server

        return self.run(run())


CLIENTS = {
    "asyncio": Client(HttpTransport, asyncio.new_event_loop),
    "uvloop": Client(HttpTransport, uvloop.new_event_loop),
}


@pytest.fixture(params=CLIENTS.values(), ids=CLIENTS.keys())
def client(request):
    """Each transport, in each kind of loop that it is used in."""
    return request.param


STATUSES = [
    (200, Outcome.SUCCESS, "the documented samples answer so"),
    (204, Outcome.SUCCESS, "any 2xx is a success"),
    (299, Outcome.SUCCESS, "also one that nobody knows"),
    (301, Outcome.REDIRECT, "never followed: POST would become GET"),
    (304, Outcome.REDIRECT, "has no body and is still no success"),
    (307, Outcome.REDIRECT, "never followed, although it keeps the method"),
    (400, Outcome.CLIENT_ERROR, "the receiver refuses"),
    (410, Outcome.CLIENT_ERROR, "gone for good"),
    (499, Outcome.CLIENT_ERROR, "unregistered, but of the class"),
    (500, Outcome.SERVER_ERROR, "the receiver broke"),
    (503, Outcome.SERVER_ERROR, "the receiver is busy"),
    (101, Outcome.INVALID_RESPONSE, "nobody asked to change the protocol"),
    (600, Outcome.INVALID_RESPONSE, "there is no such class"),
]


@pytest.mark.parametrize(("status", "outcome", "why"), STATUSES)
def test_a_status_decides_the_outcome(client, serve, answers, status, outcome, why):  # noqa: PLR0913, PLR0917  a row and three fixtures
    """A complete head means what its status class says."""
    attempt, server = client.one(serve, answers(answer(f"{status} X", "Location: /elsewhere")))
    assert (attempt.outcome, attempt.status, attempt.reached) == (outcome, status, True), why
    assert attempt.succeeded is (outcome is Outcome.SUCCESS)
    assert (attempt.error is None) is attempt.succeeded
    assert len(server.requests) == 1


FAULTS = [
    ([b""], "close", Outcome.DISCONNECTED, "closed without a word"),
    ([b"HTTP/1.1 200 OK\r\nX-"], "close", Outcome.DISCONNECTED, "closed inside the head"),
    ([b"SSH-2.0-x\r\n\r\n"], "wait", Outcome.INVALID_RESPONSE, "another protocol"),
    ([b"hello"], "close", Outcome.INVALID_RESPONSE, "HTTP/0.9"),
    ([b"\x15\x03\x01\x00\x02\x02\x46"], "close", Outcome.INVALID_RESPONSE, "a TLS alert"),
    ([OK + b"Content-Length: x\r\n\r\n"], "wait", Outcome.INVALID_RESPONSE, "no number"),
    (
        [OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi"],
        "wait",
        Outcome.INVALID_RESPONSE,
        "two lengths in the head",
    ),
    ([OK + b"x: " + b"y" * 100_000], "wait", Outcome.INVALID_RESPONSE, "an endless line"),
]


@pytest.mark.parametrize(("parts", "then", "outcome", "why"), FAULTS)
def test_no_complete_head_is_told_apart(client, serve, answers, parts, then, outcome, why):  # noqa: PLR0913, PLR0917  a row and two fixtures
    """What is not the head of an HTTP answer has an outcome and a line of its own."""
    attempt, server = client.one(serve, answers(*parts, then=then))
    assert (attempt.outcome, attempt.status) == (outcome, None), why
    assert attempt.error
    assert attempt.error.isprintable()
    assert len(server.requests) == 1, "an attempt is made once"


SPOILT = [
    ([CHUNKED + b"zz\r\nhi"], "a chunk without a size, in the packet of the head"),
    ([CHUNKED, b"zz\r\nhi"], "a chunk without a size, later"),
    ([CHUNKED + b"2\r\nhi\r\n", b"zz\r\n"], "a good chunk before the bad one"),
    ([OK + b"Content-Length: 9\r\n\r\nhi", None], "cut off"),
    ([b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nnope"], "204 with a body"),
    ([b"HTTP/1.1 103 X\r\n\r\n" * 3 + CHUNKED + b"zz\r\n"], "behind interim answers"),
]


@pytest.mark.parametrize(("parts", "why"), SPOILT)
def test_a_broken_body_does_not_spoil_a_success(client, serve, parts, why):
    """Complete 2xx headers are a success, whatever the body does after."""

    async def behaviour(exchange):
        await exchange.request()
        for part in parts:
            if part is None:
                return
            await exchange.write(part)
        await exchange.gone()

    attempt, _ = client.one(serve, behaviour)
    assert attempt.outcome is Outcome.SUCCESS, why


async def hang(exchange):
    """Take the request and never answer."""
    await exchange.request()
    await exchange.gone()


async def deaf(exchange):
    """Take the connection and read nothing."""
    await asyncio.Event().wait()


async def drip_head(exchange):
    """Write a head that never ends, a byte at a time."""
    await exchange.request()
    await exchange.write(OK + b"x: ")
    while True:
        await exchange.write(b"y")
        await asyncio.sleep(0.01)


async def endless_interim(exchange):
    """Write interim answers and never a final one."""
    await exchange.request()
    while True:
        await exchange.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await asyncio.sleep(0)


def test_bytes_that_are_no_utf8_are_read_as_latin_1(client, serve, answers):
    """A header is bytes (RFC 9110, 5.5); as text it must be fit for an answer of ours."""
    head = b"HTTP/1.1 302 Z\xfcrich\r\nX-Road: \xc3\xa9\r\nLocation: /Z\xfcrich\r\n"
    attempt, _ = client.one(serve, answers(head + b"Content-Length: 0\r\n\r\n"))
    assert attempt.response_headers["location"] == "/Zürich"
    assert attempt.response_headers["x-road"] == "é"
    assert attempt.error is not None
    assert attempt.error.startswith("the receiver answered 302 Zürich, a redirect to '/Zürich'")


@pytest.mark.parametrize("behaviour", [hang, deaf, drip_head])
def test_no_head_within_the_deadline_is_a_timeout(client, serve, behaviour):
    """The deadline covers the wait for the head, however busy the other side looks."""
    attempt, _ = client.one(serve, behaviour, timeout=SHORT)
    assert (attempt.outcome, attempt.status, attempt.reached) == (Outcome.TIMEOUT, None, True)
    assert attempt.error == "no complete answer within 1 s"


def test_interim_answers_without_an_end_end_the_attempt(client, serve):
    """However many they are: at the deadline, or at the size that a head may have."""
    attempt, _ = client.one(serve, endless_interim, timeout=SHORT)
    assert attempt.outcome is Outcome.INVALID_RESPONSE
    assert (attempt.status, attempt.reached) == (None, True)


@pytest.mark.parametrize(
    ("status", "outcome"), [("200 OK", Outcome.SUCCESS), ("500 Oops", Outcome.SERVER_ERROR)]
)
def test_a_body_that_never_ends_ends_with_the_deadline(client, serve, status, outcome):
    """A dripping body holds the attempt until the deadline, and the head still counts."""

    async def behaviour(exchange):
        await exchange.request()
        await exchange.write(f"HTTP/1.1 {status}\r\nContent-Length: 99\r\n\r\nab".encode())
        await exchange.gone()

    attempt, _ = client.one(serve, behaviour, timeout=SHORT)
    assert (attempt.outcome, attempt.response_body) == (outcome, b"ab")


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


def test_the_deadline_covers_the_tls_handshake(client, serve):
    """A server that never says a word of TLS is a timeout, and nothing was reached."""
    attempt, _ = client.one(serve, deaf, timeout=SHORT, scheme="https")
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


def test_a_reset_in_the_middle_of_the_head_is_a_disconnection(client, serve):
    """A TCP reset is told like a close: no complete answer."""

    async def behaviour(exchange):
        await exchange.request()
        await exchange.write(OK)
        raw = exchange.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    attempt, server = client.one(serve, behaviour)
    assert (attempt.outcome, attempt.reached) == (Outcome.DISCONNECTED, True)
    assert len(server.requests) == 1


def test_endless_headers_are_cut(client, serve):
    """A head that never ends is refused after a bounded number of headers."""
    written = 0

    async def behaviour(exchange):
        nonlocal written
        await exchange.request()
        await exchange.write(OK)
        while written < 200 * 2**20:
            await exchange.write(b"x-filler: y\r\n" * 1000)
            written += 13_000

    attempt, _ = client.one(serve, behaviour)
    assert attempt.outcome is Outcome.INVALID_RESPONSE
    assert written < 32 * 2**20


def test_a_huge_body_is_read_up_to_the_limit(client, serve):
    """Of ten gigabytes only the beginning is taken, and the connection is closed."""
    written = 0

    async def behaviour(exchange):
        nonlocal written
        await exchange.request()
        await exchange.write(OK + b"Content-Length: 10000000000\r\n\r\n")
        while written < 10_000_000_000:
            await exchange.write(b"x" * 65536)
            written += 65536

    attempt, _ = client.one(serve, behaviour)
    assert (attempt.outcome, attempt.error) == (Outcome.SUCCESS, None)
    assert attempt.response_body == b"x" * BODY_LIMIT
    assert written < 32 * 2**20


def test_nothing_is_inflated(client, serve, answers):
    """A gzip bomb that nobody asked for stays the few bytes that it is on the wire."""
    bomb = gzip.compress(bytes(10 * 2**20))
    attempt, server = client.one(
        serve, answers(answer("200 OK", "Content-Encoding: gzip", body=bomb))
    )
    assert attempt.outcome is Outcome.SUCCESS
    assert attempt.response_body == bomb[:BODY_LIMIT]
    assert b"accept-encoding: identity\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("response", "connections", "why"),
    [
        (EMPTY, 1, "no body"),
        (answer("200 OK", body=b"x" * BODY_LIMIT), 1, "exactly as much as is read"),
        (answer("200 OK", body=b"x" * 2**22), 2, "far more than is read"),
        (CHUNKED + b"2\r\nhi\r\n0\r\n\r\n", 1, "chunks to the end"),
        (answer("500 Oops", body=b"sorry"), 1, "a failure is no reason to dial again"),
        (answer("200 OK", "Connection: close"), 2, "the receiver wants it so"),
    ],
)
def test_a_connection_is_used_again_after_a_short_body(  # noqa: PLR0913, PLR0917  a row and three fixtures
    client, serve, answers, response, connections, why
):
    """A body that was read to its end leaves the connection for the next attempt."""
    first, second, server = client.two(serve, answers(response))
    assert (first.status, server.connections) == (second.status, connections), why
    assert len(first.response_body) <= BODY_LIMIT


def test_a_reused_connection_that_closes_is_not_tried_again(client, serve):
    """The second request was written and lost: that is an outcome, and no third request."""

    async def behaviour(exchange):
        await exchange.request()
        await exchange.write(EMPTY)
        await exchange.request()

    first, second, server = client.two(serve, behaviour)
    assert (first.outcome, second.outcome) == (Outcome.SUCCESS, Outcome.DISCONNECTED)
    assert (len(server.requests), server.connections) == (2, 1)


def test_cookies_are_not_kept(client, serve, answers):
    """What one answer sets never travels with the next attempt."""
    _, _, server = client.two(serve, answers(answer("200 OK", "Set-Cookie: a=b")))
    assert b"cookie" not in server.requests[1].lower()


def test_a_redirect_is_not_followed(client, serve, answers):
    """The place is named and nothing goes there."""
    attempt, server = client.one(serve, answers(answer("307 Elsewhere", "Location: /other")))
    assert (attempt.outcome, len(server.requests)) == (Outcome.REDIRECT, 1)
    assert "'/other': redirects are not followed" in attempt.error


def test_proxies_of_the_environment_are_ignored(client, serve, answers, monkeypatch, port):
    """A delivery goes where its URL says, whatever the shell was told."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    attempt, _ = client.one(serve, answers(EMPTY))
    assert attempt.outcome is Outcome.SUCCESS


def test_the_request_on_the_wire(client, serve, answers):
    """A POST with the caller's headers, the exact body, and nothing that aiohttp would add."""
    _, server = client.one(serve, answers(EMPTY))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    names = sorted(line.partition(":")[0].lower() for line in lines)
    assert start == "POST /hook HTTP/1.1"
    assert names == ["accept-encoding", "content-length", "content-type", "host", "webhook-id"]
    assert body == BODY


def test_a_large_body_goes_out_whole(client, serve, answers):
    """Two megabytes arrive as they are, without a warning of aiohttp's."""
    large = json.dumps({"notes": "x" * 2**21}).encode()

    async def run():
        async with serve(answers(EMPTY)) as server, client.transport(LONG) as transport:
            return await transport.attempt(server.url, HEADERS, large), server

    attempt, server = client.run(run())
    assert attempt.outcome is Outcome.SUCCESS
    assert server.requests[0].endswith(b"\r\n\r\n" + large)


def test_an_answer_before_the_body_was_taken_counts(client, serve):
    """A receiver may refuse a large body from its head alone."""

    async def behaviour(exchange):
        await exchange.reader.readuntil(b"\r\n\r\n")
        await exchange.write(answer("413 Too Large"))
        await asyncio.Event().wait()

    async def run():
        async with serve(behaviour) as server, client.transport(LONG) as transport:
            return await transport.attempt(server.url, HEADERS, bytes(64 * 2**20))

    assert client.run(run()).status == 413


def test_tls_with_a_trusted_certificate(client, serve, answers, certified, trusting):
    """The happy case, so that the failures below mean something."""
    attempt, _ = client.one(serve, answers(EMPTY), tls=certified("127.0.0.1"), ssl_context=trusting)
    assert attempt.outcome is Outcome.SUCCESS


def test_tls_with_an_unknown_authority(client, serve, answers, certified):
    """Nothing is sent to a server whose certificate nobody vouches for."""
    attempt, server = client.one(serve, answers(EMPTY), tls=certified("127.0.0.1"))
    assert (attempt.outcome, attempt.reached) == (Outcome.TLS_ERROR, False)
    assert "not trusted" in attempt.error
    assert server.requests == []


def test_tls_with_another_hosts_certificate(client, serve, answers, certified, trusting):
    """A trusted certificate for another name is not this host's."""
    tls = certified("other.example")
    attempt, server = client.one(serve, answers(EMPTY), tls=tls, ssl_context=trusting)
    assert attempt.outcome is Outcome.TLS_ERROR
    assert server.requests == []


def test_tls_to_a_plain_server(client, serve, answers):
    """A server that speaks plain HTTP on the port fails the handshake."""

    async def behaviour(exchange):
        await exchange.reader.read(1)
        await exchange.write(answer("400 Bad Request"))
        await exchange.gone()

    attempt, _ = client.one(serve, behaviour, scheme="https")
    assert (attempt.outcome, attempt.reached) == (Outcome.TLS_ERROR, False)


def test_tls_cut_off_in_the_handshake(client, serve):
    """A connection that closes before TLS stands is a failure of TLS."""

    async def behaviour(exchange):
        await exchange.reader.read(1)

    attempt, _ = client.one(serve, behaviour, scheme="https")
    assert (attempt.outcome, attempt.reached) == (Outcome.TLS_ERROR, False)


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


URLS = [
    ("ftp://host.example/", "another scheme"),
    ("host.example/path", "no scheme"),
    ("//host.example/path", "no scheme, with slashes"),
    ("", "nothing at all"),
    ("http:///path", "no host"),
    ("http://user:secret@host.example/", "a password would end up in logs"),
    ("http://user@host.example/", "a user name, too"),
    ("http://user:secret@host.example:99999/", "a password beside another fault"),
    ("http://host.example:99999/", "a port that is none"),
    ("http://host.example:0/", "nothing listens on port 0"),
    ("http://host.example:x/", "a port that is no number"),
    ("http://[::1/", "half an IPv6 address"),
    ("http://host example/", "white space"),
    ("http://host.example/\n", "a line break, which parsers drop without a word"),
    ("http://127.1/", "a short form of an address that readers disagree on"),
]


@pytest.mark.parametrize(("url", "why"), URLS)
def test_a_malformed_url_is_refused(client, url, why):
    """Wrong usage is an error with the remedy, not an outcome."""

    async def run():
        async with client.transport(LONG) as transport:
            await transport.attempt(url, HEADERS, BODY)

    with pytest.raises(InvalidURL) as caught:
        client.run(run())
    assert isinstance(caught.value, HookwrightError), why
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "https://host.example/path" in str(caught.value)


def test_a_transport_is_used_as_a_context_manager(client):
    """Outside of `async with` there is nothing to send with."""
    with pytest.raises(RuntimeError, match="async with"):
        client.run(client.transport().attempt("http://host.example/", HEADERS, BODY))
