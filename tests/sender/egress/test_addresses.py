"""Which addresses no delivery may go to."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_sender.egress.addresses import (
    FORBIDDEN_IPV4,
    FORBIDDEN_IPV6,
    ends_in_a_number,
    forbidden,
    literal,
)

FORBIDDEN = [
    ("0.0.0.0", "Linux dials the loopback for it"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("10.255.255.255", "the last private one of that range"),
    ("100.64.0.1", "carrier-grade NAT, which is_global and is_private both deny"),
    ("100.100.100.200", "Alibaba's metadata service"),
    ("100.127.255.255", "the last of carrier-grade NAT"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback is a whole /8"),
    ("168.63.129.16", "Azure's wire server; is_global says yes"),
    ("169.254.169.254", "the metadata service of most clouds"),
    ("169.254.170.2", "credentials of an ECS task"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "the last of it"),
    ("192.0.0.8", "IANA's dummy address; is_global says yes on Python 3.11"),
    ("192.0.0.9", "PCP anycast; is_global depends on the version of Python"),
    ("192.0.0.192", "Oracle's metadata service"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4 relay; is_global says yes"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "benchmarks"),
    ("198.19.255.255", "the last of it"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast; is_global says yes"),
    ("239.255.255.250", "SSDP"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::7f00:1", "IPv4-compatible loopback; is_global says yes"),
    ("::808:808", "IPv4-compatible, which nothing public uses"),
    ("::ffff:127.0.0.1", "mapped loopback: dialled as IPv4"),
    ("::ffff:169.254.169.254", "mapped metadata service"),
    ("::ffff:0:7f00:1", "SIIT-translated loopback"),
    ("64:ff9b::a9fe:a9fe", "NAT64 of the metadata service; is_global says yes"),
    ("64:ff9b::7f00:1", "NAT64 of loopback"),
    ("64:ff9b::6440:1", "NAT64 of carrier-grade NAT"),
    ("64:ff9b:1::1", "a network's own NAT64; is_global says yes on Python 3.11"),
    ("100::1", "discard"),
    ("2001::1", "Teredo"),
    ("2001:0:7f00:1::", "Teredo with loopback as its server"),
    ("2001:2::1", "benchmarks"),
    ("2001:10::1", "ORCHID"),
    ("2001:20::1", "ORCHIDv2; is_global depends on the version of Python"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::1", "6to4 of loopback; is_global says yes"),
    ("2002:808:808::1", "6to4 of a public address: its relays are gone"),
    ("3fff::1", "documentation; is_global says yes on Python 3.11"),
    ("4000::1", "not assigned; is_global says yes"),
    ("5f00::1", "segment routing; is_global says yes"),
    ("fc00::1", "unique local"),
    ("fd00:ec2::254", "Amazon's metadata service"),
    ("fd20:ce::254", "Google's metadata service"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local with its interface"),
    ("fec0::1", "site-local; is_global says yes"),
    ("ff02::1", "multicast"),
    ("ff0e::1", "multicast of global scope; is_global says yes"),
]
PUBLIC = [
    ("1.1.1.1", "a public address"),
    ("9.255.255.255", "just before 10/8"),
    ("11.0.0.0", "just after it"),
    ("100.63.255.255", "just before carrier-grade NAT"),
    ("100.128.0.0", "just after it"),
    ("172.15.255.255", "just before 172.16/12"),
    ("172.32.0.0", "just after it"),
    ("168.63.129.17", "a neighbour of Azure's"),
    ("192.0.1.0", "just after the protocols' /24"),
    ("198.17.255.255", "just before the benchmarks"),
    ("198.20.0.0", "just after them"),
    ("223.255.255.255", "just before multicast"),
    ("::ffff:1.1.1.1", "mapped public address"),
    ("64:ff9b::101:101", "NAT64 of a public address: what DNS64 answers in an IPv6-only network"),
    ("2001:200::1", "just after the protocols' /23"),
    ("2001:4860:4860::8888", "a public address"),
    ("2606:4700::1111", "a public address"),
    ("2a00:1450:4001::1", "a public address"),
]


@pytest.mark.parametrize(("address", "why"), FORBIDDEN)
def test_a_forbidden_address_has_a_reason(address, why):
    """The reason is a phrase that finishes `the address is ...`."""
    reason = forbidden(ip_address(address))
    assert reason, why
    assert reason.isprintable()


@pytest.mark.parametrize(("address", "why"), PUBLIC)
def test_a_public_address_is_free(address, why):
    """Also right beside a forbidden range."""
    assert forbidden(ip_address(address)) is None, why


def ends(networks):
    """Return the first and last address of each network."""
    return [edge for network, _ in networks for edge in (network[0], network[-1])]


addresses = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.sampled_from(ends(FORBIDDEN_IPV4) + ends(FORBIDDEN_IPV6)),
    st.sampled_from(FORBIDDEN_IPV4).flatmap(lambda row: st.ip_addresses(network=row[0])),
    st.sampled_from(FORBIDDEN_IPV6).flatmap(lambda row: st.ip_addresses(network=row[0])),
)


@given(addresses)
def test_what_is_not_global_is_forbidden(address):
    """Whatever version of Python says so: its list may be shorter than ours, never longer."""
    mapped = address.ipv4_mapped if address.version == 6 else None
    if not (mapped or address).is_global:
        assert forbidden(address)


@given(st.sampled_from(FORBIDDEN_IPV4).flatmap(lambda row: st.ip_addresses(network=row[0])))
def test_a_forbidden_address_is_forbidden_in_every_disguise(address):
    """Mapped, compatible, translated, 6to4, Teredo (whose client is inverted), both NAT64s."""
    bits = int(address)
    disguises = [
        ("::ffff:0:0", bits),
        ("::", bits),
        ("::ffff:0:0:0", bits),
        ("64:ff9b::", bits),
        ("64:ff9b:1::", bits),
        ("2002::", bits << 80),
        ("2001::", bits << 64),
        ("2001::", bits ^ 0xFFFFFFFF),
    ]
    for prefix, suffix in disguises:
        disguised = IPv6Address(int(IPv6Address(prefix)) | suffix)
        assert forbidden(disguised), disguised


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_the_address(address):
    """The system dials IPv4 for it."""
    assert forbidden(IPv6Address(f"::ffff:{address}")) == forbidden(address)


HOSTS = [
    ("127.0.0.1", True, True, "an address"),
    ("0x7f.1", False, True, "getaddrinfo: 127.0.0.1"),
    ("2130706433", False, True, "getaddrinfo: 127.0.0.1"),
    ("0177.0.0.1", False, True, "getaddrinfo: 127.0.0.1"),
    ("127.1", False, True, "getaddrinfo: 127.0.0.1"),
    ("127.1.", False, True, "with the full stop of the root"),
    ("host.0x", False, True, "a number by the URL standard"),
    ("host.0XaF", False, True, "a number in capitals"),
    ("host.0xfg", False, False, "no number"),
    ("hooks.example", False, False, "a name"),
    ("1.example", False, False, "numbers before the last label are names"),
    ("1password", False, False, "begins with a digit"),
    ("::1", True, False, "an address, in brackets in a URL"),
    ("fe80::1%25eth0", True, False, "an address with its interface, as a URL writes it"),
    ("", False, False, "nothing"),
]


@pytest.mark.parametrize(("host", "is_literal", "is_number", "why"), HOSTS)
def test_addresses_are_told_from_names(host, is_literal, is_number, why):
    """Also those that only some readers take for addresses."""
    assert (literal(host) is not None, ends_in_a_number(host)) == (is_literal, is_number), why


def test_the_first_reason_counts():
    """Narrower ranges come before those they lie in, so that none is hidden."""
    assert forbidden(IPv6Address("::1")) == "loopback"
    assert "Teredo" in forbidden(IPv6Address("2001::1"))
    assert forbidden(IPv6Address("64:ff9b::7f00:1")) == "a translation (RFC 6052) of loopback"
    assert "metadata" in forbidden(IPv4Address("169.254.169.254"))
