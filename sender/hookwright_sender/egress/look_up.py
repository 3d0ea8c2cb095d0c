"""The seam between a host name and its addresses, and the one check that stands on it."""

from collections.abc import Sequence
from typing import Protocol

from yarl import URL

from hookwright_sender.egress.addresses import Address, literal
from hookwright_sender.egress.policy import EgressPolicy


class LookUpFailed(OSError):  # noqa: N818  the name says what happened
    """A host without an address for now; `code` is `no_such_host`, `no_address` or `no_answer`.

    An `OSError`, as what `getaddrinfo` raises and what aiohttp takes for a failed look-up.
    """

    def __init__(self, host: str, code: str, reason: str) -> None:
        self.host = host
        self.code = code
        super().__init__(reason)


class HostNames(Protocol):
    """Whatever knows the addresses of hosts: name servers, or the system's resolver."""

    async def addresses(self, host: str, deadline: float | None = None) -> Sequence[Address]:
        """Return every address of a host, at least one, within `deadline` seconds.

        Raises `OSError` (mostly `LookUpFailed`) when there is none to be had.
        """
        ...


async def addresses_to_dial(
    url: URL, names: HostNames, policy: EgressPolicy, deadline: float | None = None
) -> Sequence[Address]:
    """Return the checked addresses of a URL's host; a connection goes to one of these or nowhere.

    For every new connection once; `Host`, SNI and the certificate's check stay on the URL's host.
    Raises `ForbiddenURL`, `ForbiddenAddress` when any address is forbidden, and `OSError`.
    """
    policy.check_url(url)
    host = url.raw_host or ""
    address = literal(host)
    if address is not None:
        return (address,)
    addresses = await names.addresses(host, deadline)
    policy.check_answer(host, addresses)
    return addresses
