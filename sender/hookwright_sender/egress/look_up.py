"""The seam between a host name and its addresses."""

from collections.abc import Sequence
from typing import Protocol

from hookwright_sender.egress.addresses import Address


class LookUpFailed(OSError):  # noqa: N818  the name says what happened
    """A host without an address for now; `code` is `no_such_host`, `no_address` or `no_answer`.

    An `OSError`, as what `getaddrinfo` raises.
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
