"""Look-up, check, connect, TLS: each once for a connection."""

import asyncio
import contextlib
import socket

import pytest

from hookwright_sender import Outcome
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.wire import HttpTransport

LONG = 30.0
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Names:
    """Answers look-ups in turn, the last answer for ever, and counts them."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def addresses(self, host, _deadline=None):
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def send(  # noqa: PLR0913  all but the first by name
    loop, serve, behaviour, names, *, times=1, tls=None, host="hook.example", **options
):
    """Attempt some times to reach `host` at the server's port."""

    async def run():
        async with (
            serve(behaviour, tls) as server,
            HttpTransport(LONG, name_servers=names, **options) as transport,
        ):
            url = server.url.replace("127.0.0.1", host)
            return [await transport.attempt(url, {}, b"") for _ in range(times)], server

    return loop.run(run())


def allowing(port, *networks):
    """Return a policy for one port on plain HTTP."""
    return EgressPolicy.parse(networks, [str(port)], allow_http=True)


FORBIDDEN = [
    (["127.0.0.1"], "loopback"),
    (["::1"], "loopback"),
    (["::ffff:127.0.0.1"], "loopback in IPv6 clothes"),
    (["93.184.216.34", "127.0.0.1"], "one of several"),
    (["169.254.169.254"], "the metadata service"),
    (["fe80::1%lo"], "with a zone"),
    (["0x7f.1"], "as the system reads it, and no rule for texts does"),
]


@pytest.mark.parametrize(("addresses", "why"), FORBIDDEN)
def test_no_address_of_the_answer_may_be_forbidden(loop, addresses, why):
    """Every one is checked before the first is dialled, and nothing is retried elsewhere."""
    names = Names(addresses)

    async def run():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            port = listener.getsockname()[1]
            async with HttpTransport(LONG, name_servers=names, policy=allowing(port)) as transport:
                attempt = await transport.attempt(f"http://hook.example:{port}/", {}, b"")
            with pytest.raises(BlockingIOError):
                listener.accept()
            return attempt

    attempt = loop.run(run())
    assert (attempt.outcome, attempt.reached) == (Outcome.FORBIDDEN, False), why
    assert "hook.example" in attempt.error


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9/", "an address needs no look-up, and is checked all the same"),
        ("http://[::1]:9/", "also of the other family"),
        ("http://[::ffff:7f00:1]:9/", "also in IPv6 clothes"),
        ("http://127.1:9/", "also as nobody should write it"),
        ("http://0x7f.1:9/", "nor so"),
        ("http://hook.example:10/", "another port"),
    ],
)
def test_a_url_that_the_policy_refuses(loop, url, why):
    """Refused every time, before any look-up."""
    names = Names(["93.184.216.34"])

    async def run():
        async with HttpTransport(LONG, name_servers=names, policy=allowing(9)) as transport:
            return [await transport.attempt(url, {}, b"") for _ in range(2)]

    for attempt in loop.run(run()):
        assert (attempt.outcome, attempt.reached) == (Outcome.FORBIDDEN, False), why
    assert names.asked == []


def test_an_allowed_network_is_dialled(loop, serve, answers):
    """What is resolved and checked once is dialled, and not resolved again."""
    names = Names(["127.0.0.1"], ["10.0.0.1"])

    async def run():
        async with serve(answers(EMPTY)) as server:
            port = int(server.url.split(":")[2].split("/")[0])
            policy = allowing(port, "127.0.0.0/8")
            async with HttpTransport(LONG, name_servers=names, policy=policy) as transport:
                url = server.url.replace("127.0.0.1", "hook.example")
                return [await transport.attempt(url, {}, b"") for _ in range(2)], server

    attempts, server = loop.run(run())
    assert [attempt.outcome for attempt in attempts] == [Outcome.SUCCESS] * 2
    assert names.asked == ["hook.example"]
    assert server.requests[0].startswith(b"POST /hook HTTP/1.1\r\nHost: hook.example:")


def test_a_new_connection_is_a_new_look_up(loop, serve, answers):
    """A host that moves to a forbidden address is found out with the next connection."""
    names = Names(["127.0.0.1"], ["10.0.0.1"])

    async def run():
        async with serve(answers(EMPTY, then="close")) as server:
            port = int(server.url.split(":")[2].split("/")[0])
            policy = allowing(port, "127.0.0.0/8")
            async with HttpTransport(LONG, name_servers=names, policy=policy, reuse=0) as transport:
                url = server.url.replace("127.0.0.1", "hook.example")
                return [await transport.attempt(url, {}, b"") for _ in range(2)]

    outcomes = [attempt.outcome for attempt in loop.run(run())]
    assert outcomes == [Outcome.SUCCESS, Outcome.FORBIDDEN]


def test_the_next_address_is_dialled_when_one_refuses(loop, serve, answers):
    """A host with several addresses is up as long as one of them is."""
    (attempt,), server = send(
        loop, serve, answers(EMPTY), Names(["127.0.0.2", "127.0.0.3", "127.0.0.1"])
    )
    assert attempt.outcome is Outcome.SUCCESS
    assert len(server.requests) == 1


def test_every_address_refuses(loop):
    """Said in one line."""
    names = Names(["127.0.0.2", "127.0.0.3"])

    async def run():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            async with HttpTransport(LONG, name_servers=names) as transport:
                return await transport.attempt(f"http://hook.example:{port}/", {}, b"")

    attempt = loop.run(run())
    assert (attempt.outcome, attempt.reached) == (Outcome.REFUSED, False)
    assert attempt.error.startswith("no connection to hook.example:")


def test_an_address_where_nobody_answers_does_not_hold_up_the_others(loop, serve, answers):
    """The next one is tried beside it: the deadline is for all of them together."""
    with contextlib.ExitStack() as stack:

        async def run():
            async with serve(answers(EMPTY)) as server:
                port = int(server.url.split(":")[2].split("/")[0])
                hole = stack.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
                for _ in range(4):
                    filler = stack.enter_context(socket.socket())
                    filler.setblocking(False)
                    filler.connect_ex(hole.getsockname())
                names = Names(["127.0.0.2", "127.0.0.1"])
                async with HttpTransport(LONG, name_servers=names) as transport:
                    result = await transport.attempt(f"http://hook.example:{port}/", {}, b"")
                stack.close()
                return result

        assert loop.run(run()).outcome is Outcome.SUCCESS


def test_a_look_up_that_fails_for_a_while(loop, serve, answers):
    """Each attempt asks again."""
    failure = socket.gaierror(socket.EAI_AGAIN, "try again")
    names = Names(failure, failure, ["127.0.0.1"])
    attempts, _ = send(loop, serve, answers(EMPTY), names, times=3)
    outcomes = [attempt.outcome for attempt in attempts]
    assert outcomes == [Outcome.DNS_ERROR, Outcome.DNS_ERROR, Outcome.SUCCESS]
    assert attempts[0].error == "the host hook.example could not be resolved: try again"


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [
        ([], Outcome.DNS_ERROR, "no address at all"),
        (["nonsense"], Outcome.DNS_ERROR, "no address, but text"),
        (TimeoutError(), Outcome.TIMEOUT, "a resolver with a deadline of its own"),
    ],
)
def test_a_look_up_without_an_address(loop, serve, answers, answer, outcome, why):  # noqa: PLR0913, PLR0917  a row and three fixtures
    """Told as what it is."""
    (attempt,), server = send(loop, serve, answers(EMPTY), Names(answer))
    assert (attempt.outcome, attempt.reached, server.connections) == (outcome, False, 0), why


@pytest.mark.parametrize("host", ["hook.example", "hook.example."])
def test_tls_is_about_the_name(loop, serve, answers, certified, trusting, host):  # noqa: PLR0913, PLR0917  a value and four fixtures
    """The name goes into SNI and is what the certificate must be for, never the address."""
    tls = certified("hook.example")
    named = []
    tls.sni_callback = lambda _socket, name, _context: named.append(name)
    names = Names(["127.0.0.1"])
    (attempt,), server = send(
        loop, serve, answers(EMPTY), names, tls=tls, ssl_context=trusting, host=host
    )
    assert attempt.outcome is Outcome.SUCCESS
    assert names.asked == [host], "without its full stop a resolver would try search domains"
    assert named == ["hook.example"]
    assert b"\r\nHost: hook.example:" in server.requests[0]


def test_a_certificate_for_the_address_is_none_for_the_name(
    loop, serve, answers, certified, trusting
):
    """The other way around."""
    (attempt,), server = send(
        loop,
        serve,
        answers(EMPTY),
        Names(["127.0.0.1"]),
        tls=certified("127.0.0.1"),
        ssl_context=trusting,
    )
    assert (attempt.outcome, attempt.reached) == (Outcome.TLS_ERROR, False)
    assert "not trusted" in attempt.error
    assert server.requests == []


def test_the_next_address_when_tls_does_not_come_about(loop, serve, answers, certified, trusting):
    """Nothing of the message was sent, so that it is no second attempt."""

    async def drop(reader, writer):
        writer.close()

    async def run():
        async with serve(answers(EMPTY), certified("hook.example")) as server:
            port = int(server.url.split(":")[2].split("/")[0])
            broken = await asyncio.start_server(drop, "127.0.0.2", port)
            names = Names(["127.0.0.2", "127.0.0.1"])
            async with HttpTransport(LONG, name_servers=names, ssl_context=trusting) as transport:
                result = await transport.attempt(f"https://hook.example:{port}/", {}, b"")
            broken.close()
            await broken.wait_closed()
            return result

    assert loop.run(run()).outcome is Outcome.SUCCESS
