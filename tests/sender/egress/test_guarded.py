"""Attempts under the egress policy, over real sockets and a real look-up."""

import asyncio
import socket
import ssl
from contextlib import contextmanager

import pytest
from yarl import URL

from hookwright_sender import HttpTransport, Outcome
from hookwright_sender.egress.name_servers import NameServers, parse_server
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.egress.system_names import SystemNames

LONG = 30.0  # seconds: never reached, so that a slow machine changes no outcome
SHORT = 1.0  # seconds: always reached, because the other side never does its part
HOST = "hooks.test"
BODY = b'{"a":1}'
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
HERE = ["127.0.0.1/32"]


def port_of(url):
    """Return the port that a test server got."""
    return URL(url).port


def policy(*ports, networks=HERE, allow_http=True):
    """Allow what a test needs: a network, ports, plain HTTP."""
    return EgressPolicy.parse(networks, [str(port) for port in ports], allow_http=allow_http)


def names(*servers):
    """Ask those test servers, with the patience of a slow machine."""
    asked = [parse_server(server.address) for server in servers]
    return NameServers(asked, patience=LONG, head_start=LONG)


@contextmanager
def victim(address="127.0.0.2", port=0):
    """Listen where nothing may arrive, and see that nothing did."""
    with socket.create_server((address, port)) as listener:
        listener.setblocking(False)
        yield listener
        with pytest.raises(BlockingIOError):
            listener.accept()


def attempts(serve, behaviour, name_server, count=1, **options):
    """Make attempts at `http://hooks.test:port/hook`, one after the other."""

    async def run():
        async with serve(behaviour, options.pop("tls", None)) as server:
            allowed = options.pop("policy", None) or policy(port_of(server.url))
            transport = HttpTransport(
                LONG, policy=allowed, name_servers=names(name_server), **options
            )
            url = str(URL(server.url).with_host(HOST))
            async with transport:
                made = [await transport.attempt(url, {}, BODY) for _ in range(count)]
            return made, server

    return asyncio.run(run())


def test_an_allowed_address_is_dialled(serve, answers, name_server):
    """The happy case: the name server decides where, `Host` is the name."""
    name_server.records[HOST] = ["A 127.0.0.1"]
    (attempt,), server = attempts(serve, answers(EMPTY), name_server)
    assert attempt.outcome is Outcome.SUCCESS, attempt
    port = port_of(server.url)
    assert f"\r\nhost: {HOST}:{port}\r\n".encode() in server.requests[0].lower()


FORBIDDEN = [
    (["A 127.0.0.2"], "loopback beside the allowed address"),
    (["A 127.0.0.1", "A 127.0.0.2"], "one forbidden address beside an allowed one"),
    (["A 127.0.0.1", "AAAA ::1"], "in the other family"),
    (["A 127.0.0.1", "AAAA ::ffff:127.0.0.2"], "mapped"),
    (["A 127.0.0.1", "AAAA 64:ff9b::a9fe:a9fe"], "the metadata service behind NAT64"),
    (["A 0.0.0.0"], "dialled as loopback by Linux"),
    (["A 169.254.169.254"], "the metadata service"),
    (["CNAME inner.test."], "behind an alias"),
]


@pytest.mark.parametrize(("records", "why"), FORBIDDEN)
def test_an_answer_with_a_forbidden_address_is_refused(serve, answers, name_server, records, why):
    """No connection to any of its addresses, and an outcome that is not tried again."""
    name_server.records |= {HOST: records, "inner.test": ["A 127.0.0.1", "A 10.0.0.1"]}
    (attempt,), server = attempts(serve, answers(EMPTY), name_server)
    assert (attempt.outcome, attempt.reached) == (Outcome.FORBIDDEN, False), why
    assert server.connections == 0
    assert f"deliveries to {HOST} at " in attempt.error
    assert "\n" not in attempt.error


def test_rebinding_does_not_get_through(serve, answers, name_server):
    """The answer changes with every question: what was checked is what is dialled, once each."""
    turns = iter(["A 127.0.0.1", "A 127.0.0.2", "A 127.0.0.1"])

    def answer(question):
        if question.kind == "A":
            name_server.records[HOST] = [next(turns)]
        return name_server.usual(question)

    name_server.answer = answer

    async def run():
        async with serve(answers(CLOSING, then="close")) as server:
            port = port_of(server.url)
            asking = HttpTransport(LONG, policy=policy(port), name_servers=names(name_server))
            with victim(port=port):
                async with asking as transport:
                    url = f"http://{HOST}:{port}/"
                    made = [await transport.attempt(url, {}, BODY) for _ in range(3)]
            return made, server

    made, server = asyncio.run(run())
    assert [attempt.outcome for attempt in made] == [
        Outcome.SUCCESS,
        Outcome.FORBIDDEN,
        Outcome.SUCCESS,
    ]
    assert server.connections == 2
    kinds = [kind for _, kind, _ in name_server.questions]
    assert kinds.count("A") == 3, "one look-up for each connection, and none between its check"


def test_a_connection_is_used_again_without_a_look_up(serve, answers, name_server):
    """It goes where it went: what the name says now is for the next connection."""
    name_server.records[HOST] = ["A 127.0.0.1"]
    made, server = attempts(serve, answers(EMPTY), name_server, count=3)
    assert {attempt.outcome for attempt in made} == {Outcome.SUCCESS}
    assert server.connections == 1
    assert len(name_server.questions) == 2


def test_a_connection_is_used_for_a_minute_at_most(serve, answers, name_server):
    """However busy it is; then the name is looked up and checked again."""
    name_server.records[HOST] = ["A 127.0.0.1"]
    now = 0.0

    async def run():
        nonlocal now
        async with serve(answers(EMPTY)) as server:
            port = port_of(server.url)
            asking = HttpTransport(
                LONG,
                policy=policy(port),
                name_servers=names(name_server),
                idle=100.0,
                monotonic=lambda: now,
            )
            seen = []
            async with asking as transport:
                for now in (0.0, 30.0, 59.9, 60.0, 119.9, 121.0):
                    if now == 121.0:
                        name_server.records[HOST] = ["A 127.0.0.2"]
                    attempt = await transport.attempt(f"http://{HOST}:{port}/", {}, BODY)
                    seen.append((attempt.outcome, server.connections))
            return seen

    assert asyncio.run(run()) == [
        (Outcome.SUCCESS, 1),
        (Outcome.SUCCESS, 1),
        (Outcome.SUCCESS, 1),
        (Outcome.SUCCESS, 2),
        (Outcome.SUCCESS, 2),
        (Outcome.FORBIDDEN, 2),
    ]


def test_a_connection_is_used_for_its_own_host_alone(serve, answers, name_server):
    """Two names of one address have a connection each."""
    name_server.records |= {HOST: ["A 127.0.0.1"], "other.test": ["A 127.0.0.1"]}

    async def run():
        async with serve(answers(EMPTY)) as server:
            port = port_of(server.url)
            asking = HttpTransport(LONG, policy=policy(port), name_servers=names(name_server))
            async with asking as transport:
                for host in (HOST, "other.test", HOST, "other.test"):
                    await transport.attempt(f"http://{host}:{port}/", {}, BODY)
            return server.connections

    assert asyncio.run(run()) == 2


def tls_of(certified, seen, *certificates):
    """Return a server's TLS context that notes the names it is asked for."""
    tls = certified(*certificates)

    def note(_socket, name, _context):
        seen.append(name)

    tls.sni_callback = note
    return tls


def secure(serve, answers, name_server, tls, trusting):
    """Make one attempt at `https://hooks.test:port/`."""
    name_server.records[HOST] = ["A 127.0.0.1"]

    async def run():
        async with serve(answers(EMPTY), tls) as server:
            port = port_of(server.url)
            asking = HttpTransport(
                LONG,
                ssl_context=trusting,
                policy=policy(port, allow_http=False),
                name_servers=names(name_server),
            )
            async with asking as transport:
                return await transport.attempt(f"https://{HOST}:{port}/", {}, BODY), server

    return asyncio.run(run())


def test_tls_asks_for_the_name(serve, answers, name_server, certified, trusting):
    """SNI and the certificate's check stay on the host, although its address was dialled."""
    seen = []
    tls = tls_of(certified, seen, HOST)
    attempt, server = secure(serve, answers, name_server, tls, trusting)
    assert attempt.outcome is Outcome.SUCCESS, attempt
    assert seen == [HOST]
    assert len(server.requests) == 1


@pytest.mark.parametrize("certificate", ["127.0.0.1", "other.test"])
def test_tls_checks_the_name(serve, answers, name_server, certified, trusting, certificate):  # noqa: PLR0913, PLR0917  five fixtures and a row
    """A certificate for the address that was dialled is not one for the host."""
    seen = []
    tls = tls_of(certified, seen, certificate)
    attempt, server = secure(serve, answers, name_server, tls, trusting)
    assert attempt.outcome is Outcome.TLS_ERROR, attempt
    assert (seen, server.requests) == ([HOST], [])


LITERALS = [
    ("127.0.0.2", "an address"),
    ("[::1]", "IPv6"),
    ("[::ffff:127.0.0.2]", "mapped"),
    ("[::ffff:7f00:2]", "mapped, in hexadecimal"),
    ("127.2", "a short form"),
    ("0x7f.2", "hexadecimal"),
    ("0x7f000002", "hexadecimal in one"),
    ("2130706434", "one number"),
    ("0177.0.0.2", "octal"),
    ("127.0.0.2.", "with a full stop"),
]


@pytest.mark.parametrize(("host", "why"), LITERALS)
def test_an_address_for_a_host_is_judged_too(name_server, host, why):
    """No look-up stands between such a host and a socket."""

    async def run():
        with victim() as listener:
            port = listener.getsockname()[1]
            asking = HttpTransport(LONG, policy=policy(port), name_servers=names(name_server))
            async with asking as transport:
                return await transport.attempt(f"http://{host}:{port}/", {}, BODY)

    attempt = asyncio.run(run())
    assert (attempt.outcome, attempt.reached) == (Outcome.FORBIDDEN, False), (why, attempt)
    assert name_server.questions == []


def test_an_allowed_address_for_a_host_is_dialled(serve, answers):
    """Ownership is somebody else's question."""

    async def run():
        async with (
            serve(answers(EMPTY)) as server,
            HttpTransport(LONG, policy=policy(port_of(server.url))) as transport,
        ):
            return await transport.attempt(server.url, {}, BODY)

    assert asyncio.run(run()).outcome is Outcome.SUCCESS


def test_a_literal_that_slips_past_the_url_is_caught_where_it_is_dialled(monkeypatch):
    """It needs no look-up, and is judged as what one would have answered."""
    monkeypatch.setattr(EgressPolicy, "check_url", lambda *_arguments: None)

    async def run():
        with victim() as listener:
            port = listener.getsockname()[1]
            async with HttpTransport(LONG, policy=policy(port)) as transport:
                return await transport.attempt(f"http://127.0.0.2:{port}/", {}, BODY)

    assert asyncio.run(run()).outcome is Outcome.FORBIDDEN


URLS = [
    (f"http://{HOST}/", "plain HTTP"),
    (f"https://{HOST}:2525/", "another port"),
]


@pytest.mark.parametrize(("url", "why"), URLS)
def test_a_forbidden_url_is_an_outcome(name_server, url, why):
    """One logged attempt, without a look-up: the settings may have changed since it was set."""

    async def run():
        asking = HttpTransport(LONG, policy=EgressPolicy(), name_servers=names(name_server))
        async with asking as transport:
            return await transport.attempt(f"{url}secret?secret", {}, BODY)

    attempt = asyncio.run(run())
    assert (attempt.outcome, attempt.status, attempt.reached) == (Outcome.FORBIDDEN, None, False)
    assert "secret" not in attempt.error, why
    assert name_server.questions == []


FAILURES = [
    ({}, "does not exist"),
    ({HOST: ["TXT x"]}, "has no address"),
    (None, "answered SERVFAIL"),
]


@pytest.mark.parametrize(("records", "text"), FAILURES)
def test_a_failed_look_up_is_temporary(serve, answers, name_server, records, text):
    """It is the outcome of a DNS failure, which is tried again, and not a refusal."""
    if records is None:
        name_server.failing("SERVFAIL")
    else:
        name_server.records |= records
    (attempt,), server = attempts(serve, answers(EMPTY), name_server)
    assert (attempt.outcome, attempt.reached) == (Outcome.DNS_ERROR, False)
    assert text in attempt.error
    assert HOST in attempt.error
    assert server.connections == 0


def test_silent_name_servers_are_told_from_a_silent_receiver(name_server):
    """The look-up has a share of the deadline, so that the attempt can say what failed."""
    name_server.silent()

    async def run():
        asking = HttpTransport(SHORT, policy=EgressPolicy(), name_servers=names(name_server))
        async with asking as transport:
            return await transport.attempt(f"https://{HOST}/", {}, BODY)

    attempt = asyncio.run(run())
    assert attempt.outcome is Outcome.DNS_ERROR
    assert f"{name_server.address} did not answer" in attempt.error


def test_a_redirect_to_a_forbidden_address_is_not_followed(serve, name_server, answers):
    """No redirect is, so nobody has to judge where it leads."""
    name_server.records[HOST] = ["A 127.0.0.1"]
    with victim() as listener:
        place = f"http://127.0.0.2:{listener.getsockname()[1]}/"
        redirect = f"HTTP/1.1 307 X\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
        (attempt,), server = attempts(serve, answers(redirect), name_server)
    assert attempt.outcome is Outcome.REDIRECT
    assert len(server.requests) == 1


def test_a_proxy_of_the_environment_is_ignored(serve, answers, name_server, monkeypatch):
    """It would resolve the name by itself, out of the policy's sight."""
    name_server.records[HOST] = ["A 127.0.0.1"]
    with victim("127.0.0.1") as listener:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{listener.getsockname()[1]}")
        (attempt,), _ = attempts(serve, answers(EMPTY), name_server)
    assert attempt.outcome is Outcome.SUCCESS


def test_without_a_policy_everything_is_dialled(serve, answers, name_server):
    """`send`, `check` and `demo` go where the person says, with name servers of their choice."""
    name_server.records[HOST] = ["A 127.0.0.1"]

    async def run():
        async with (
            serve(answers(EMPTY)) as server,
            HttpTransport(LONG, name_servers=names(name_server)) as transport,
        ):
            return await transport.attempt(str(URL(server.url).with_host(HOST)), {}, BODY)

    assert asyncio.run(run()).outcome is Outcome.SUCCESS


SHORT_FORMS = ["0x7f.1", "2130706433", "0177.0.0.1", "127.1"]


@pytest.mark.parametrize("form", SHORT_FORMS)
def test_what_the_systems_resolver_reads_as_loopback(form):
    """`getaddrinfo` takes such a form for an address: it is the answer that is judged."""
    asked = []

    def reads_it(host, *_arguments, **_options):
        asked.append(host)
        return socket.getaddrinfo(form, None, type=socket.SOCK_STREAM)

    async def run():
        with victim("127.0.0.1") as listener:
            port = listener.getsockname()[1]
            asking = HttpTransport(
                LONG, policy=policy(port, networks=[]), name_servers=SystemNames(reads_it)
            )
            async with asking as transport:
                return await transport.attempt(f"http://{HOST}:{port}/", {}, BODY)

    attempt = asyncio.run(run())
    assert (attempt.outcome, attempt.reached) == (Outcome.FORBIDDEN, False)
    assert "loopback" in attempt.error
    assert asked == [HOST]


def test_a_certificate_context_stays_strict(trusting):
    """What the tests above rely on."""
    assert trusting.check_hostname
    assert trusting.verify_mode is ssl.CERT_REQUIRED
