"""Which addresses no delivery may go to: egress-and-dns.md, "Addresses (SSRF)".

The ranges stand here and not in a call of `is_global`: that one lets several of them through,
and which ones depends on the version of Python.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

METADATA = "the metadata service of a cloud"

# The first that holds an address names the reason.
FORBIDDEN_IPV4 = (
    (IPv4Network("0.0.0.0/8"), "this network (RFC 1122)"),
    (IPv4Network("10.0.0.0/8"), "a private network (RFC 1918)"),
    (IPv4Network("100.64.0.0/10"), "shared by a carrier's customers (RFC 6598)"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), f"link-local (RFC 3927), with {METADATA}"),
    (IPv4Network("168.63.129.16/32"), METADATA),
    (IPv4Network("172.16.0.0/12"), "a private network (RFC 1918)"),
    (IPv4Network("192.0.0.0/24"), "reserved for protocols (RFC 6890)"),
    (IPv4Network("192.0.2.0/24"), "for documentation (RFC 5737)"),
    (IPv4Network("192.88.99.0/24"), "a relay of 6to4 (RFC 7526)"),
    (IPv4Network("192.168.0.0/16"), "a private network (RFC 1918)"),
    (IPv4Network("198.18.0.0/15"), "for benchmarks (RFC 2544)"),
    (IPv4Network("198.51.100.0/24"), "for documentation (RFC 5737)"),
    (IPv4Network("203.0.113.0/24"), "for documentation (RFC 5737)"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved, or broadcast (RFC 1112)"),
)
FORBIDDEN_IPV6 = (
    (IPv6Network("::/128"), "the unspecified address"),
    (IPv6Network("::1/128"), "loopback"),
    (IPv6Network("::/96"), "an embedded IPv4 address (RFC 4291)"),
    (IPv6Network("::ffff:0:0:0/96"), "an embedded IPv4 address (RFC 2765)"),
    (IPv6Network("64:ff9b:1::/48"), "a local translation to IPv4 (RFC 8215)"),
    (IPv6Network("100::/64"), "a black hole (RFC 6666)"),
    (IPv6Network("2001::/32"), "Teredo (RFC 4380)"),
    # Its parts that are global are no hosts: ORCHID, AMT, anycast of PCP and TURN.
    (IPv6Network("2001::/23"), "reserved for protocols (RFC 2928)"),
    (IPv6Network("2001:db8::/32"), "for documentation (RFC 3849)"),
    (IPv6Network("2002::/16"), "6to4 (RFC 7526)"),
    (IPv6Network("3fff::/20"), "for documentation (RFC 9637)"),
    (IPv6Network("5f00::/16"), "for segment routing (RFC 9602)"),
    (IPv6Network("fc00::/7"), "a private network (RFC 4193)"),
    (IPv6Network("fe80::/10"), "link-local (RFC 4291)"),
    (IPv6Network("fec0::/10"), "site-local (RFC 3879)"),
    (IPv6Network("ff00::/8"), "multicast"),
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
NOT_ASSIGNED = "not assigned to anybody (RFC 4291)"
# The prefix that a name server of an IPv6-only network puts before a public IPv4 address.
NAT64 = IPv6Network("64:ff9b::/96")


def unmapped(address: Address) -> Address:
    """Return the IPv4 address that the system dials for `::ffff:a.b.c.d`, or the address itself."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def forbidden(address: Address) -> str | None:
    """Return why no delivery may go to an address, or None where one may.

    The same on every version of Python. A NAT64 address is judged by the IPv4 address in it;
    every other form with one inside (6to4, Teredo, IPv4-compatible) is forbidden as such.
    """
    address = unmapped(address)
    if isinstance(address, IPv4Address):
        return next((why for network, why in FORBIDDEN_IPV4 if address in network), None)
    if address in NAT64:
        why = forbidden(IPv4Address(int(address) & 0xFFFFFFFF))
        return None if why is None else f"a translation (RFC 6052) of {why}"
    reasons = (why for network, why in FORBIDDEN_IPV6 if address in network)
    return next(reasons, None if address in GLOBAL_UNICAST else NOT_ASSIGNED)


def literal(host: str) -> Address | None:
    """Return the address that a URL's host is, or None for a name."""
    try:
        return ip_address(host.replace("%25", "%"))
    except ValueError:
        return None


def ends_in_a_number(host: str) -> bool:
    """Tell whether a host is an address to some reader: `127.1`, `0x7f.1`, `2130706433`.

    By the URL standard (https://url.spec.whatwg.org/#ends-in-a-number-checker) no name's last
    label is a number. `getaddrinfo` agrees, and dials it.
    """
    last = host.removesuffix(".").rpartition(".")[2]
    if last.isascii() and last.isdigit():
        return True
    digits = last[2:] if last[:2].lower() == "0x" else "-"
    return all(digit in "0123456789abcdefABCDEF" for digit in digits)
