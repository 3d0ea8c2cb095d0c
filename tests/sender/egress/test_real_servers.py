"""The same findings from name servers that other people wrote."""

import asyncio

import pytest

from hookwright_sender.egress.name_servers import NameServers
from hookwright_sender.egress.proof import Reason, look_up
from tests import dnsmasq, nsd

LONG = 30.0  # seconds: never reached, so that a slow machine changes no outcome
TOKEN = "aB3dE6gH9jK2mN5pQ8rS.tU1vW4xY7zA0bC3dE6fG"
RECORD = f"joturl-domain-verification={TOKEN}"
OTHER = "joturl-domain-verification=00000000000000000000.00000000000000000000"
LARGE = "\n".join(f'large TXT "{number:03}{"x" * 200}"' for number in range(12))

ZONE = f"""\
plain TXT "{RECORD}"
strings TXT "{RECORD[:20]}" "{RECORD[20:40]}" "{RECORD[40:]}"
several TXT "v=spf1 -all"
several TXT "{OTHER}"
several TXT "{RECORD}"
split TXT "{RECORD[:20]}"
split TXT "{RECORD[20:]}"
wrong TXT "{OTHER}"
bare A 127.0.0.1
sub.empty A 127.0.0.1
large TXT "{RECORD}"
{LARGE}
alias CNAME plain
_joturl-domain-verification.beside TXT "{RECORD}"
beside CNAME bare
_joturl-domain-verification.dangling TXT "{RECORD}"
dangling CNAME gone
_joturl-domain-verification.handed CNAME plain
handed CNAME bare
_joturl-domain-verification.bare TXT "{RECORD}"
*.wild TXT "{RECORD}"
tree DNAME other
x.other TXT "{RECORD}"
both A 127.0.0.1
both A 127.0.0.2
both AAAA ::1
way CNAME both
six AAAA ::1
"""

FINDINGS = [
    ("plain.test", Reason.VERIFIED, "the record"),
    ("strings.test", Reason.VERIFIED, "three strings in one record"),
    ("several.test", Reason.VERIFIED, "one of several records"),
    ("large.test", Reason.VERIFIED, "truncated over UDP"),
    ("split.test", Reason.NO_MATCH, "two records are not joined"),
    ("wrong.test", Reason.NO_MATCH, "another token"),
    ("bare.test", Reason.NO_TXT, "NODATA; the place beside a CNAME is not looked at"),
    ("empty.test", Reason.NO_TXT, "an empty name in the middle"),
    ("gone.test", Reason.NO_SUCH_HOST, "NXDOMAIN"),
    ("alias.test", Reason.NO_TXT, "the record of a CNAME's target"),
    ("beside.test", Reason.VERIFIED, "beside a CNAME"),
    ("dangling.test", Reason.VERIFIED, "beside a CNAME of nothing: NXDOMAIN with a CNAME in it"),
    ("handed.test", Reason.NO_TXT, "the place beside it is a CNAME itself"),
    ("any.wild.test", Reason.VERIFIED, "a wildcard stands at the host"),
    ("x.tree.test", Reason.NO_TXT, "a DNAME makes it an alias of somebody else's"),
    ("host.elsewhere", Reason.NO_ANSWER, "REFUSED: it is not this server's zone"),
]


@pytest.fixture(scope="module")
def server():
    """NSD with every case in one zone: its address."""
    with nsd.zone("test", ZONE) as address:
        yield address


@pytest.mark.parametrize(("host", "reason", "why"), FINDINGS)
def test_findings_at_nsd(server, host, reason, why):
    """A server that keeps to the book."""
    finding = asyncio.run(look_up(host, TOKEN, NameServers.parse([server]), LONG))
    assert finding.reason is reason, (why, finding)


ADDRESSES = [
    ("both.test", {"127.0.0.1", "127.0.0.2", "::1"}, "both families"),
    ("way.test", {"127.0.0.1", "127.0.0.2", "::1"}, "through an alias"),
    ("bare.test", {"127.0.0.1"}, "IPv4 alone"),
    ("six.test", {"::1"}, "IPv6 alone"),
]


@pytest.mark.parametrize(("host", "addresses", "why"), ADDRESSES)
def test_addresses_at_nsd(server, host, addresses, why):
    """Every address of the answer."""
    found = asyncio.run(NameServers.parse([server]).addresses(host, LONG))
    assert {str(address) for address in found} == addresses, why


DNSMASQ = [
    "--host-record=bare.test,127.0.0.1",
    f"--txt-record=plain.test,{RECORD}",
    f"--txt-record=strings.test,{RECORD[:20]},{RECORD[20:]}",
    f"--txt-record=several.test,{OTHER}",
    f"--txt-record=several.test,{RECORD}",
    *(f"--txt-record=large.test,{'x' * 200}{number}" for number in range(12)),
    f"--txt-record=large.test,{RECORD}",
    f"--txt-record=wrong.test,{OTHER}",
    "--cname=alias.test,plain.test",
    "--cname=beside.test,bare.test",
    f"--txt-record=_joturl-domain-verification.beside.test,{RECORD}",
]
AT_DNSMASQ = [
    ("plain.test", Reason.VERIFIED, "the record"),
    ("strings.test", Reason.VERIFIED, "two strings in one record"),
    ("several.test", Reason.VERIFIED, "one of several records"),
    ("large.test", Reason.VERIFIED, "truncated over UDP"),
    ("wrong.test", Reason.NO_MATCH, "another token"),
    ("bare.test", Reason.NO_TXT, "NODATA"),
    ("gone.test", Reason.NO_SUCH_HOST, "NXDOMAIN"),
    ("alias.test", Reason.NO_TXT, "the record of a CNAME's target"),
    ("beside.test", Reason.VERIFIED, "beside a CNAME"),
    ("host.elsewhere", Reason.NO_ANSWER, "REFUSED: it has nobody to ask"),
]


@pytest.fixture(scope="module")
def local():
    """Start dnsmasq as a developer would: its address."""
    with dnsmasq.running(DNSMASQ) as address:
        yield address


@pytest.mark.parametrize(("host", "reason", "why"), AT_DNSMASQ)
def test_findings_at_dnsmasq(local, host, reason, why):
    """The server that is at hand on a laptop."""
    finding = asyncio.run(look_up(host, TOKEN, NameServers.parse([local]), LONG))
    assert finding.reason is reason, (why, finding)


def test_two_real_servers_must_agree(server, local):
    """Each has `wrong` and `plain` alike, and `split` is known to one alone."""
    both = NameServers.parse([server, local])
    found = {
        host: asyncio.run(look_up(f"{host}.test", TOKEN, both, LONG)).reason
        for host in ("plain", "wrong", "split", "gone", "dangling")
    }
    assert found == {
        "plain": Reason.VERIFIED,
        "wrong": Reason.NO_MATCH,
        "split": Reason.NO_MATCH,
        "gone": Reason.NO_SUCH_HOST,
        "dangling": Reason.DISAGREEMENT,
    }
