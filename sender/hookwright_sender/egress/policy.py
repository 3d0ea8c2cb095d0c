"""What may be dialled: egress-and-dns.md, "Addresses (SSRF)"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_network
from typing import Self

from yarl import URL

from hookwright_sender.egress.addresses import (
    FORBIDDEN_IPV4,
    FORBIDDEN_IPV6,
    Address,
    Network,
    ends_in_a_number,
    forbidden,
    literal,
    unmapped,
)
from hookwright_sender.errors import ForbiddenAddress, ForbiddenURL, InvalidEntry

NETWORKS = "HOOKWRIGHT_ALLOW_NETWORKS"
PORTS = "HOOKWRIGHT_ALLOW_PORTS"
DEFAULT_PORTS = (443, 80)
LAST_PORT = 65535
# A network that is no wider than one of these opens one thing only; `0.0.0.0/0` is no such one.
OPENED_WHOLE = tuple(network for network, _ in (*FORBIDDEN_IPV4, *FORBIDDEN_IPV6))


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """The rules for deliveries; without arguments `https` to public addresses, ports 443 and 80.

    `allow_networks` may be dialled although they are not public, `allow_ports` beside 443 and
    80, and plain `http` with `allow_http`. Nothing turns all the rules off.
    """

    allow_networks: tuple[Network, ...] = ()
    allow_ports: tuple[int, ...] = ()
    allow_http: bool = False

    @classmethod
    def parse(
        cls, networks: Iterable[str] = (), ports: Iterable[str] = (), *, allow_http: bool = False
    ) -> Self:
        """Read the lists of the settings: CIDRs and ports; raises `InvalidEntry`."""
        return cls(
            tuple(_network(text) for text in networks),
            tuple(_port(text) for text in ports),
            allow_http,
        )

    def check_url(self, url: URL, *, ownership: bool = False) -> None:
        """Judge a URL as far as it can be without a look-up.

        With `ownership` an address is refused too: no TXT record can prove it. Raises
        `ForbiddenURL`, or `ForbiddenAddress` for a host that is a forbidden address.
        """
        # Without the path and the query, which may be secrets: an attempt's line is kept.
        text = str(url.origin())
        if url.scheme != "https" and not (self.allow_http and url.scheme == "http"):
            reason = "its scheme is not https"
            remedy = "Give one that starts with https://, or set HOOKWRIGHT_ALLOW_HTTP=true"
            raise ForbiddenURL(text, "scheme", reason, remedy)
        if url.raw_user is not None or url.raw_password is not None:
            reason = "it carries a user name or a password"
            raise ForbiddenURL(text, "user_info", reason, "Leave out what stands before the @")
        if url.port not in {*DEFAULT_PORTS, *self.allow_ports}:
            reason, remedy = f"its port is {url.port}", f"Use 443 or 80, or add it to {PORTS}"
            raise ForbiddenURL(text, "port", reason, remedy)
        host = url.raw_host or ""
        address = literal(host)
        if address is None and not ends_in_a_number(host):
            return
        if address is None or ownership:
            reason = "its host is an address and not a name"
            raise ForbiddenURL(text, "address", reason, "Use a host name that has this address")
        self.check_address(address)

    def check_address(self, address: Address, host: str | None = None) -> None:
        """Raise `ForbiddenAddress` unless an address may be dialled; `host` is for its text."""
        reason = forbidden(address)
        if reason is None:
            return
        dialled = unmapped(address)
        if not any(dialled in network for network in self.allow_networks):
            raise ForbiddenAddress(str(address) if host is None else host, str(address), reason)

    def check_answer(self, host: str, addresses: Sequence[Address]) -> None:
        """Raise `ForbiddenAddress` when any address of a look-up's answer may not be dialled."""
        for address in addresses:
            self.check_address(address, host)


def _network(text: str) -> Network:
    try:
        network = ip_network(text.strip())
    except ValueError as error:
        reason = "has bits of a host set" if "host bits" in str(error) else "is no network"
        raise InvalidEntry(NETWORKS, text, reason, "Give CIDRs such as 127.0.0.0/8") from None
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
        reason = "is an IPv4 network in IPv6 clothes"
        raise InvalidEntry(NETWORKS, text, reason, "Give the IPv4 network itself")
    if any(_within(whole, network) and whole != network for whole in OPENED_WHOLE):
        reason = "is wider than any one network that is not public"
        raise InvalidEntry(NETWORKS, text, reason, "Name the networks of your own one by one")
    return network


def _within(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and inner.network_address in outer
        and inner.broadcast_address in outer
    )


def _port(text: str) -> int:
    text = text.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len("65535") else 0
    if not 0 < number <= LAST_PORT:
        raise InvalidEntry(PORTS, text, "is no port", "Give numbers between 1 and 65535")
    return number
