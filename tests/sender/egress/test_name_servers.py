"""Look-ups at name servers that behave and at name servers that do not."""

import asyncio
import contextlib
import socket
import threading
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.resolver
import dns.rrset
import pytest

from hookwright_sender.egress.look_up import LookUpFailed
from hookwright_sender.egress.name_server import SystemNameServer
from hookwright_sender.egress.name_servers import NameServers, TextAnswer, parse_server
from hookwright_sender.egress.system_names import SystemNames
from hookwright_sender.errors import InvalidEntry
from tests.nameserver import zone

LONG = 30.0  # seconds: never reached, so that a slow machine changes no outcome
SHORT = 0.5  # seconds: always reached, because the other side never answers
HOST = "hooks.test"
BOTH = ["A 192.0.2.1", "A 192.0.2.2", "AAAA 2001:db8::1"]


def asked(*servers, **options):
    """Return the name servers at those test servers; the patient ones of a slow machine."""
    options = {"patience": LONG, "head_start": LONG} | options
    return NameServers([parse_server(server.address) for server in servers], **options)


def look_up(name_servers, host=HOST, deadline=LONG):
    """Return the addresses as texts, sorted within their family, which a server need not do."""
    found = asyncio.run(name_servers.addresses(host, deadline))
    assert [one.version for one in found] == sorted(one.version for one in found)
    return [str(one) for one in sorted(found, key=lambda one: (one.version, one))]


def failure(name_servers, host=HOST, deadline=LONG):
    """Return the error of a look-up that finds nothing."""
    with pytest.raises(LookUpFailed) as caught:
        look_up(name_servers, host, deadline)
    assert isinstance(caught.value, OSError), "as any look-up that fails"
    return caught.value


def test_both_families_are_asked_for(name_server):
    """IPv4 comes first: a machine without IPv6 is common, and a deadline is short."""
    name_server.records[HOST] = BOTH
    assert look_up(asked(name_server)) == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]
    assert sorted(name_server.questions) == [(HOST, "A", "udp"), (HOST, "AAAA", "udp")]


def test_an_alias_is_followed(name_server):
    """The addresses are those at the end of the chain, case aside."""
    name_server.records |= {"alias.test": [f"CNAME {HOST}."], HOST: BOTH}
    assert look_up(asked(name_server), "Alias.Test") == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]


NOTHING = [
    ({}, HOST, "no_such_host", "NXDOMAIN"),
    ({f"sub.{HOST}": BOTH}, HOST, "no_address", "an empty name in the middle: NODATA"),
    ({HOST: ["TXT here"]}, HOST, "no_address", "other records only"),
    ({HOST: ["CNAME gone.test."]}, HOST, "no_address", "an alias of nothing"),
    ({}, "a" * 64 + ".test", "no_such_host", "a label that no packet can carry"),
    ({}, "..", "no_such_host", "no name"),
    ({}, "bücher.test", "no_such_host", "not an A-label, which the caller makes of it"),
]


@pytest.mark.parametrize(("records", "host", "code", "why"), NOTHING)
def test_a_host_without_addresses(name_server, records, host, code, why):
    """What the DNS said is told apart."""
    name_server.records |= records
    assert failure(asked(name_server), host).code == code, why


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NXDOMAIN"])
@pytest.mark.parametrize("family", ["A", "AAAA"])
def test_one_family_that_fails_does_not_fail_the_other(name_server, rcode, family):
    """Broken answers to AAAA are common."""
    name_server.records[HOST] = BOTH
    name_server.failing(rcode, family)
    found = look_up(asked(name_server))
    assert found == (["2001:db8::1"] if family == "A" else ["192.0.2.1", "192.0.2.2"])


@pytest.mark.parametrize("family", ["A", "AAAA"])
def test_one_family_that_is_silent_is_not_waited_for(name_server, family):
    """The deadline is the attempt's, and it has more to do."""
    name_server.records[HOST] = BOTH
    name_server.silent(family)
    found = look_up(asked(name_server, patience=0.01))
    assert found == (["2001:db8::1"] if family == "A" else ["192.0.2.1", "192.0.2.2"])


def test_one_family_that_fails_beside_one_that_is_empty(name_server):
    """Nothing is known of the host then: it is no reason to say that it has no address."""
    name_server.records[HOST] = ["TXT here"]
    name_server.failing("SERVFAIL", "AAAA")
    error = failure(asked(name_server))
    assert (error.code, str(error)) == ("no_answer", f"{name_server.address} answered SERVFAIL")


def test_silence_ends_with_the_deadline(name_server):
    """And is no `TimeoutError`, which would be taken for the receiver's."""
    name_server.silent()
    error = failure(asked(name_server), deadline=SHORT)
    assert error.code == "no_answer"
    assert "did not answer within" in str(error)


def test_the_next_server_is_asked_when_one_fails(name_server):
    """At once, whatever head start it had."""
    name_server.failing("SERVFAIL")
    with zone({HOST: BOTH}) as second:
        assert len(look_up(asked(name_server, second))) == 3


def test_the_next_server_is_asked_when_one_is_silent(name_server):
    """After the head start; the first answer counts, from whichever server."""
    name_server.silent()
    with zone({HOST: BOTH}) as second:
        assert len(look_up(asked(name_server, second, head_start=0.01))) == 3


def test_a_silent_server_has_the_rest_of_the_deadline(name_server):
    """The others having failed, it is the only one that may still answer."""
    name_server.silent()
    with zone() as second:
        second.failing("SERVFAIL")
        error = failure(asked(name_server, second, head_start=0.01), deadline=4 * SHORT)
    assert f"{second.address} answered SERVFAIL" in str(error)
    assert f"{name_server.address} did not answer" in str(error)


def test_an_answer_is_an_answer(name_server):
    """A server that says no has answered: the next one is not asked for another opinion."""
    with zone({HOST: BOTH}) as second:
        assert failure(asked(name_server, second)).code == "no_such_host"
        assert second.questions == []


def test_all_servers_failing_is_told_for_each(name_server):
    """The line says what each of them did."""
    name_server.failing("SERVFAIL")
    with zone() as second:
        second.failing("REFUSED")
        text = str(failure(asked(name_server, second)))
    assert text == (f"{name_server.address} answered SERVFAIL; {second.address} answered REFUSED")


def test_a_truncated_answer_is_asked_again_over_tcp(name_server):
    """A hundred addresses do not fit in a packet."""
    name_server.records[HOST] = [f"A 192.0.2.{number}" for number in range(1, 100)]
    assert len(look_up(asked(name_server))) == 99
    assert (HOST, "A", "tcp") in name_server.questions


def test_an_answer_cut_off_over_tcp_is_none(name_server):
    """Part of an answer may be the part without the address that is forbidden."""
    name_server.records[HOST] = BOTH

    def answer(question):
        response = name_server.usual(question)
        response.flags |= dns.flags.TC
        return response

    name_server.answer = answer
    assert "cut its answer off" in str(failure(asked(name_server)))


LIES = [
    (lambda _: b"\x00", "too short for a header"),
    (lambda _: b"garbage" * 20, "no DNS at all"),
    (lambda question: question.message.to_wire(), "the question itself"),
    (
        lambda question: dns.message.make_response(
            dns.message.make_query("other.test", question.kind)
        ).to_wire(),
        "an answer to another question, with another id",
    ),
]


@pytest.mark.parametrize(("lie", "why"), LIES)
def test_a_packet_that_is_no_answer_is_ignored(name_server, lie, why):
    """As if it had not come: it may be a forgery, with the true one right behind it."""
    name_server.answer = lie
    assert failure(asked(name_server), deadline=SHORT).code == "no_answer", why


def test_records_of_another_name_are_ignored(name_server):
    """What nobody asked for, in the answer's own packet."""
    name_server.records[HOST] = ["A 192.0.2.1"]

    def answer(question):
        response = name_server.usual(question)
        response.answer.append(dns.rrset.from_text("evil.test.", 1, "IN", "A", "192.0.2.66"))
        return response

    name_server.answer = answer
    assert look_up(asked(name_server)) == ["192.0.2.1"]


def test_a_chain_without_an_end_is_no_answer(name_server):
    """An alias of itself."""
    name_server.records |= {HOST: ["CNAME loop.test."], "loop.test": [f"CNAME {HOST}."]}
    assert failure(asked(name_server)).code == "no_answer"


def test_nothing_is_remembered(name_server):
    """No cache: a proof or an address that changed is seen at the next look-up."""
    name_servers = asked(name_server)
    name_server.records[HOST] = ["A 192.0.2.1"]
    assert look_up(name_servers) == ["192.0.2.1"]
    name_server.records[HOST] = ["A 192.0.2.2"]
    assert look_up(name_servers) == ["192.0.2.2"]


def test_a_look_up_that_is_given_up_leaves_nothing_behind(name_server):
    """The attempt's own deadline ends it from outside."""
    name_server.silent()

    async def run():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await asked(name_server).addresses(HOST, LONG)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run(), debug=True)


def text(name_servers, host=HOST, deadline=LONG):
    """Return the TXT answers of every server."""
    return asyncio.run(name_servers.txt(host, deadline))


def test_the_strings_of_a_record_are_joined_and_records_are_not(name_server):
    """Nothing between the strings; 255 bytes is the most that one of them holds."""
    name_server.records[HOST] = ['TXT "one" "two"', 'TXT "three"', "TXT four five", "A 192.0.2.1"]
    (answer,) = text(asked(name_server))
    assert answer == TextAnswer(
        name_server.address, exists=True, records=(b"fourfive", b"onetwo", b"three")
    )


TEXTS = [
    ({}, TextAnswer("", exists=False), "no such host"),
    ({HOST: ["A 192.0.2.1"]}, TextAnswer("", exists=True), "a host without TXT"),
    (
        {HOST: ["CNAME other.test."], "other.test": ["TXT theirs"]},
        TextAnswer("", exists=True, alias=True),
        "the target's TXT is not the host's",
    ),
    (
        {HOST: ["CNAME gone.test."]},
        TextAnswer("", exists=True, alias=True),
        "an alias of nothing is there all the same",
    ),
]


@pytest.mark.parametrize(("records", "expected", "why"), TEXTS)
def test_what_a_server_says_of_txt(name_server, records, expected, why):
    """Existence, alias and records are told apart."""
    name_server.records |= records
    (answer,) = text(asked(name_server))
    assert (answer.exists, answer.alias, answer.records, answer.failure) == (
        expected.exists,
        expected.alias,
        expected.records,
        None,
    ), why


def test_every_server_is_asked_for_txt(name_server):
    """In order, each with its own answer, and a failure is one."""
    name_server.failing("SERVFAIL")
    with zone({HOST: ["TXT here"]}) as second:
        first, other = text(asked(name_server, second))
    assert first.failure == f"{name_server.address} answered SERVFAIL"
    assert other == TextAnswer(second.address, exists=True, records=(b"here",))


def test_a_name_that_cannot_be_asked_for(name_server):
    """It does not exist, and no question goes out."""
    (answer,) = text(asked(name_server), "a" * 64 + ".test")
    assert answer == TextAnswer(name_server.address)
    assert name_server.questions == []


ENTRIES = [
    ("9.9.9.9", "9.9.9.9:53", "the usual port"),
    (" 127.0.0.1:5353 ", "127.0.0.1:5353", "white space around it"),
    ("::1", "[::1]:53", "IPv6 without a port needs no brackets"),
    ("2620:fe::fe:53", "[2620:fe::fe:53]:53", "all of it is the address"),
    ("[::1]", "[::1]:53", "and may have them"),
    ("[::1]:5353", "[::1]:5353", "with a port it must"),
]


@pytest.mark.parametrize(("entry", "label", "why"), ENTRIES)
def test_an_entry_of_the_setting(entry, label, why):
    """`ip[:port]`, as one would write it."""
    (server,) = NameServers.parse([entry]).servers
    assert server.label == label, why
    assert label in repr(server)


@pytest.mark.parametrize(
    "entry",
    ["", "localhost", "dns.example:53", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "[::1",
     "[127.0.0.1]:53", "127.0.0.1:٥٣", "127.1", "[::1]:x", ":53", "9.9.9.9 1.1.1.1"],
)  # fmt: skip
def test_an_entry_that_cannot_be_read(entry):
    """One line that names the setting."""
    with pytest.raises(InvalidEntry, match="HOOKWRIGHT_NAMESERVERS"):
        NameServers.parse([entry])


def test_without_entries_the_system_answers():
    """`/etc/hosts` for addresses, and not the network."""

    def getaddrinfo(*_arguments, **_options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]

    name_servers = NameServers(system=SystemNames(getaddrinfo))
    assert NameServers.parse([]).servers == ()
    assert look_up(name_servers) == ["192.0.2.7"]


def test_the_systems_txt_comes_from_its_configuration(name_server, monkeypatch, tmp_path):
    """By the file of name servers, whose format knows no port: the default one is moved here."""
    reset = dns.resolver.BaseResolver.reset

    def moved(resolver):
        reset(resolver)
        resolver.port = name_server.port

    monkeypatch.setattr("dns.resolver.BaseResolver.reset", moved)
    name_server.records[HOST] = ["TXT here"]
    configuration = tmp_path / "resolv.conf"
    configuration.write_text("search other.test\nnameserver 127.0.0.1\n", encoding="utf-8")
    name_servers = NameServers(system_server=SystemNameServer(str(configuration)))
    assert text(name_servers) == (
        TextAnswer("the system's name server", exists=True, records=(b"here",)),
    )
    assert name_server.questions == [(HOST, "TXT", "udp")], "the search list is for people"


def test_a_system_without_name_servers_gives_no_answer(tmp_path):
    """Unknown, with the remedy; never "no such host"."""
    name_servers = NameServers(system_server=SystemNameServer(str(tmp_path / "missing")))
    (answer,) = text(name_servers)
    assert "Set HOOKWRIGHT_NAMESERVERS" in answer.failure


def test_the_system_is_given_up_after_the_deadline():
    """Its own time-outs are longer than any attempt."""
    late = threading.Event()

    def getaddrinfo(*_arguments, **_options):
        late.wait(LONG)
        return []

    error = failure(NameServers(system=SystemNames(getaddrinfo)), deadline=0.01)
    late.set()
    assert (error.code, error.host) == ("no_answer", HOST)


def test_a_time_out_of_the_system_is_not_ours():
    """It stays what it is."""

    def getaddrinfo(*_arguments, **_options):
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        look_up(NameServers(system=SystemNames(getaddrinfo)))


def test_addresses_are_addresses(name_server):
    """Objects, so that nobody judges strings."""
    name_server.records[HOST] = ["A 192.0.2.1"]
    assert asyncio.run(asked(name_server).addresses(HOST)) == [ip_address("192.0.2.1")]
