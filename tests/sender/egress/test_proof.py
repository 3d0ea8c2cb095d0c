"""Proof of a host's owner by a TXT record."""

import asyncio
import random
import re

import pytest

from hookwright_sender.egress.name_servers import NameServers, parse_server
from hookwright_sender.egress.proof import (
    Reason,
    Status,
    alias_place,
    look_up,
    new_token,
    record,
)
from tests.nameserver import zone

LONG = 30.0  # seconds: never reached, so that a slow machine changes no outcome
SHORT = 0.5  # seconds: always reached, because the other side never answers
HOST = "hooks.test"
PLACE = "_joturl-domain-verification.hooks.test"
TOKEN = "aB3dE6gH9jK2mN5pQ8rS.tU1vW4xY7zA0bC3dE6fG"
RECORD = f"joturl-domain-verification={TOKEN}"
OTHER = "joturl-domain-verification=00000000000000000000.00000000000000000000"


def find(*servers, host=HOST, deadline=LONG):
    """Look the proof up at those test servers."""
    name_servers = NameServers([parse_server(server.address) for server in servers])
    return asyncio.run(look_up(host, TOKEN, name_servers, deadline))


def test_a_token_has_the_documented_form():
    """20 letters or digits, a full stop, 20 more; no two alike."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9]{20}\.[A-Za-z0-9]{20}", token) for token in tokens)


def test_the_randomness_of_a_token_is_an_argument():
    """The same source gives the same token."""
    assert new_token(random.Random(1)) == new_token(random.Random(1))


def test_the_record_and_its_place():
    """As the page documents them; the prefix is the platform's."""
    assert record(TOKEN) == RECORD
    assert record("t", "other") == "other=t"
    assert alias_place(HOST) == PLACE


RECORDS = [
    ([f"TXT {RECORD}"], Reason.VERIFIED, "the record"),
    ([f'TXT "{RECORD[:30]}" "{RECORD[30:]}"'], Reason.VERIFIED, "in two strings"),
    ([f"TXT {' '.join(RECORD)}"], Reason.VERIFIED, "in strings of one character"),
    (["TXT v=spf1", f"TXT {RECORD}", "TXT z"], Reason.VERIFIED, "one among several is enough"),
    ([f"TXT {OTHER}", f"TXT {RECORD}"], Reason.VERIFIED, "beside another account's"),
    ([f"TXT {OTHER}"], Reason.NO_MATCH, "another token"),
    ([f'TXT "{RECORD[:30]}"', f'TXT "{RECORD[30:]}"'], Reason.NO_MATCH, "in two records"),
    ([f'TXT "{RECORD[:30]}" " {RECORD[30:]}"'], Reason.NO_MATCH, "with a space in the middle"),
    ([f'TXT "{RECORD} "'], Reason.NO_MATCH, "with a space at its end"),
    ([f'TXT "{RECORD}x"'], Reason.NO_MATCH, "with more behind it"),
    ([f'TXT "{RECORD[:-1]}"'], Reason.NO_MATCH, "with less"),
    ([f'TXT "{RECORD.lower()}"'], Reason.NO_MATCH, "in lower case"),
    ([f'TXT "\\"{RECORD}\\""'], Reason.NO_MATCH, "in quotation marks that were typed"),
    (['TXT ""'], Reason.NO_MATCH, "an empty one"),
    ([f'TXT "{TOKEN}"'], Reason.NO_MATCH, "the token alone"),
    (["A 192.0.2.1"], Reason.NO_TXT, "an address alone"),
    ([f'SPF "{RECORD}"'], Reason.NO_TXT, "another type with the same content"),
]


@pytest.mark.parametrize(("records", "reason", "why"), RECORDS)
def test_the_records_at_a_host(name_server, records, reason, why):
    """One record counts when it is the record, the whole record and nothing but the record."""
    name_server.records[HOST] = records
    finding = find(name_server)
    assert finding.reason is reason, (why, finding)
    assert (finding.status is Status.VERIFIED) is (reason is Reason.VERIFIED)


TREES = [
    ({}, Reason.NO_SUCH_HOST, "nothing at all"),
    ({PLACE: [f"TXT {RECORD}"]}, Reason.NO_TXT, "at the place of a CNAME, for a host that is none"),
    (
        {HOST: ["A 192.0.2.1"], PLACE: [f"TXT {RECORD}"]},
        Reason.NO_TXT,
        "the same, for a host with an address",
    ),
    ({f"www.{HOST}": [f"TXT {RECORD}"]}, Reason.NO_TXT, "at a host below"),
    ({"test": [f"TXT {RECORD}"]}, Reason.NO_SUCH_HOST, "at the host above"),
    (
        {HOST: ["CNAME other.test."], "other.test": [f"TXT {RECORD}"]},
        Reason.NO_TXT,
        "at a CNAME's target: it is not the host's owner who put it there",
    ),
    (
        {HOST: ["CNAME other.test."], "other.test": ["A 192.0.2.1"], PLACE: [f"TXT {RECORD}"]},
        Reason.VERIFIED,
        "beside a CNAME",
    ),
    (
        {HOST: ["CNAME gone.test."], PLACE: [f"TXT {RECORD}"]},
        Reason.VERIFIED,
        "beside a CNAME whose target does not exist",
    ),
    (
        {HOST: ["CNAME other.test."], "other.test": [f"TXT {RECORD}"], PLACE: [f"TXT {OTHER}"]},
        Reason.NO_MATCH,
        "another token beside a CNAME, the right one at its target",
    ),
    (
        {
            HOST: ["CNAME other.test."],
            PLACE: ["CNAME theirs.test."],
            "theirs.test": [f"TXT {RECORD}"],
        },
        Reason.NO_TXT,
        "at the target of a CNAME that stands at the place for the record",
    ),
]


@pytest.mark.parametrize(("records", "reason", "why"), TREES)
def test_where_the_record_stands(name_server, records, reason, why):
    """At the host itself, or beside it when it is a CNAME; nowhere else."""
    name_server.records |= records
    finding = find(name_server)
    assert finding.reason is reason, (why, finding)


MESSAGES = [
    ({}, [f"{HOST} does not exist", RECORD]),
    ({HOST: ["A 192.0.2.1"]}, [f"{HOST} exists and has no TXT record", RECORD]),
    ({HOST: ["TXT x"]}, [f"{HOST} has TXT records, but none", RECORD]),
    ({HOST: ["CNAME gone.test."]}, [f"{HOST} is a CNAME", f"{RECORD}, at {PLACE}"]),
    ({HOST: ["CNAME gone.test."], PLACE: ["TXT x"]}, [f"{PLACE} has TXT records", RECORD]),
]


@pytest.mark.parametrize(("records", "parts"), MESSAGES)
def test_a_failure_says_what_to_do(name_server, records, parts):
    """What was seen, and the record to add."""
    name_server.records |= records
    finding = find(name_server)
    assert finding.status is Status.FAILED
    assert all(part in finding.message for part in parts), finding.message
    assert "\n" not in finding.message


def test_records_that_do_not_match_are_shown(name_server):
    """Cut at 100 characters, with control characters escaped, at most 20 of them."""
    name_server.records[HOST] = [
        "TXT " + " ".join(['"' + "x" * 255 + '"'] * 2),
        'TXT "a\\000\\027[31m\\195\\188"',
    ]
    finding = find(name_server)
    assert finding.records == (r"a\x00\x1b[31m\xc3\xbc", "x" * 97 + "...")
    name_server.records[HOST] = [f"TXT {number}" for number in range(30)]
    assert len(find(name_server).records) == 20


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"])
def test_a_refusal_to_answer_is_unknown(name_server, rcode):
    """It neither verifies nor revokes, whatever stands in the zone."""
    name_server.records[HOST] = [f"TXT {RECORD}"]
    name_server.failing(rcode)
    finding = find(name_server)
    assert (finding.status, finding.reason) == (Status.UNKNOWN, Reason.NO_ANSWER)
    assert f"{name_server.address} answered {rcode}" in finding.message


def test_silence_is_unknown(name_server):
    """And ends with the deadline."""
    name_server.silent()
    finding = find(name_server, deadline=SHORT)
    assert (finding.status, finding.reason) == (Status.UNKNOWN, Reason.NO_ANSWER)


def test_silence_at_the_place_beside_a_cname_is_unknown(name_server):
    """Half an answer is none."""
    name_server.records |= {HOST: ["CNAME gone.test."], PLACE: [f"TXT {RECORD}"]}
    name_server.answer = lambda question: (
        None if question.name == PLACE else name_server.usual(question)
    )
    assert find(name_server, deadline=SHORT).reason is Reason.NO_ANSWER


def test_a_truncated_answer_is_asked_again_over_tcp(name_server):
    """Owners with many records are common."""
    name_server.records[HOST] = [f"TXT {RECORD}", *(f"TXT {'x' * 200}{n}" for n in range(9))]
    assert find(name_server).reason is Reason.VERIFIED
    assert name_server.questions == [(HOST, "TXT", "udp"), (HOST, "TXT", "tcp")]


def test_a_truncated_answer_without_tcp_is_unknown(name_server):
    """What fits in the packet may be the part that matters, or not."""
    name_server.records[HOST] = [f"TXT {RECORD}", *(f"TXT {'x' * 200}{n}" for n in range(9))]
    name_server.answer = lambda question: (
        None if question.protocol == "tcp" else name_server.usual(question)
    )
    assert find(name_server).reason is Reason.NO_ANSWER


PAIRS = [
    ([f"TXT {RECORD}"], [f"TXT {RECORD}"], Reason.VERIFIED, "both have it"),
    ([f"TXT {RECORD}"], ["TXT x"], Reason.DISAGREEMENT, "one has another record"),
    ([f"TXT {RECORD}"], ["A 192.0.2.1"], Reason.DISAGREEMENT, "one has none"),
    ([f"TXT {RECORD}"], None, Reason.DISAGREEMENT, "one does not know the host"),
    (["TXT x"], ["TXT y"], Reason.NO_MATCH, "neither has it, with other records"),
    (["A 192.0.2.1"], ["TXT y"], Reason.NO_MATCH, "neither has it: the one with records tells"),
    (None, ["A 192.0.2.1"], Reason.NO_TXT, "neither has it: one knows the host"),
    (None, None, Reason.NO_SUCH_HOST, "neither knows the host"),
    (["CNAME gone.test."], [f"TXT {RECORD}"], Reason.DISAGREEMENT, "a CNAME at one of them"),
]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("first", "second", "reason", "why"), PAIRS)
def test_all_servers_must_agree(name_server, first, second, reason, why, order):  # noqa: PLR0913, PLR0917  a row and two arguments
    """Each is asked, and their order does not matter."""
    with zone() as other:
        for server, records in ((name_server, first), (other, second)):
            if records is not None:
                server.records[HOST] = records
        finding = find(*(name_server, other)[::order])
        assert finding.reason is reason, (why, finding)
        if reason is Reason.DISAGREEMENT:
            assert finding.status is Status.UNKNOWN
            has = other if second == [f"TXT {RECORD}"] else name_server
            assert f"{has.address} has the record" in finding.message


@pytest.mark.parametrize("records", [[f"TXT {RECORD}"], ["TXT x"], ["A 192.0.2.1"]])
def test_one_server_without_an_answer_makes_it_unknown(name_server, records):
    """Whatever the others say."""
    name_server.records[HOST] = records
    with zone() as other:
        other.failing("SERVFAIL")
        finding = find(name_server, other)
    assert (finding.status, finding.reason) == (Status.UNKNOWN, Reason.NO_ANSWER)
    assert other.address in finding.message


def test_a_host_too_long_for_the_place_beside_it(name_server):
    """Such a CNAME cannot be proven, and nothing breaks."""
    host = ".".join(["a" * 60] * 4)
    name_server.records[host] = ["CNAME other.test."]
    assert find(name_server, host=host).reason is Reason.NO_TXT
